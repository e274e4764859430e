// Worker verifies the tokens of background jobs, each as of the time that its
// job was put into the queue.
//
//	worker [FILE]
//
// reads one job a line from FILE or standard input:
//
//	{"token": "eyJ…", "enqueued_at": "2026-11-23T10:00:00Z", "payload": {…}}
//
// and prints one verdict a line. JWT_KEYS, JWT_ISSUER and JWT_AUDIENCE say what
// to trust. A job without enqueued_at is a bad one: without it a token would be
// judged as of no time at all. A key that is unknown now may have been known
// when the job was put into the queue, and is reported apart. It exits with 1
// when a job could not be decided, and with 2 when it could not start.
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

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// Why keys are missing is said at the end, of jobs that need them.
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
		fmt.Fprintf(stderr, "worker: %d with an unknown key, which may have left the set since; verify at enqueue, or keep the keys as long as jobs wait\n", w.unknown)
	}
	if err != nil {
		fmt.Fprintln(stderr, "worker:", err)
		return 1
	}
	if undecided > 0 {
		fmt.Fprintf(stderr, "worker: %d undecided; put them back into the queue; the last because %v\n", undecided, w.why)
		return 1
	}
	return 0
}

// wait returns after d, or an error when ctx ends before.
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
