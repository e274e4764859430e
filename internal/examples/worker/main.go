// Worker verifies the tokens of background jobs, each as of the time when its job
// was enqueued.
//
//	worker [FILE]
//
// It reads one job per line from FILE or standard input,
//
//	{"token": "eyJ…", "enqueued_at": "2026-11-23T10:00:00Z", "payload": {…}}
//
// and prints one verdict per line. JWT_ISSUERS says what to trust, or JWT_KEYS,
// JWT_ISSUER and JWT_AUDIENCE do. A job without enqueued_at is invalid. An unknown key
// is reported separately, since it may have been known when the job was enqueued.
//
// The exit status is 1 if a job could not be decided, and 2 if the worker could not
// start.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jwtverify/jwtverify/internal/examples/fromenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without its effects on the process. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// If keys are missing, the jobs that need them say why at the end. A log would
	// only repeat it.
	c, err := fromenv.Load(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(stderr, "worker:", err)
		return 2
	}
	if len(args) > 1 {
		fmt.Fprintln(stderr, "worker: give one file, or none for standard input")
		return 2
	}
	if len(args) == 1 {
		f, err := os.Open(args[0])
		if err != nil {
			fmt.Fprintln(stderr, "worker:", err)
			return 2
		}
		defer f.Close()
		stdin = f
	}
	w := &worker{verifier: c.Verifier, out: stdout, pauses: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, wait: wait}
	undecided, err := w.work(ctx, stdin)
	if w.unknown > 0 {
		fmt.Fprintf(stderr, "worker: %d with an unknown key, which may have left the set since; verify when enqueuing, or keep keys as long as jobs wait\n", w.unknown)
	}
	if err != nil {
		fmt.Fprintln(stderr, "worker:", err)
		return 1
	}
	if undecided > 0 {
		fmt.Fprintf(stderr, "worker: %d undecided; put them back into the queue; the last one because: %v\n", undecided, w.why)
		return 1
	}
	return 0
}

// wait waits for d. It returns an error if ctx ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
