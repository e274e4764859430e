package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// A job is one line of input.
type job struct {
	Token      string          `json:"token"`
	EnqueuedAt time.Time       `json:"enqueued_at"`
	Payload    json.RawMessage `json:"payload"`

	line int // where in the input, from 1
}

// A worker decides one job after the other.
type worker struct {
	verifier verifier.Verifier
	out      io.Writer
	pauses   []time.Duration // before each further attempt at the undecided jobs
	wait     func(context.Context, time.Duration) error

	unknown int   // how many jobs had an unknown key
	why     error // why the last undecided job was undecided
}

// maxLine is the largest line of input, in bytes. A token has at most 16 KiB; the
// rest is for the payload.
const maxLine = 1 << 20

// work decides every job. After each pause it tries the undecided ones again, since
// an outage may have ended. It returns how many are still undecided.
func (w *worker) work(ctx context.Context, in io.Reader) (undecided int, err error) {
	open, err := w.readAll(ctx, in)
	for _, pause := range w.pauses {
		if len(open) == 0 || w.wait(ctx, pause) != nil {
			break
		}
		left := open[:0] // reuses the array of open, which is not needed any more
		for _, j := range open {
			if err := w.decide(ctx, j); verifier.Classify(err) == verifier.Undecided {
				left = append(left, j)
			}
		}
		open = left
	}
	for _, j := range open {
		fmt.Fprintf(w.out, "job=%d verdict=%s reason=unavailable\n", j.line, verifier.Undecided)
	}
	return len(open), err
}

// readAll makes the first attempt at each job and returns the undecided ones. A line
// that is not a job with a time is reported and not tried again: without a time, the
// token would be judged as of no time at all.
func (w *worker) readAll(ctx context.Context, in io.Reader) (open []job, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		j := job{line: n}
		if json.Unmarshal(text, &j) != nil || j.Token == "" || j.EnqueuedAt.IsZero() {
			fmt.Fprintf(w.out, "job=%d verdict=%s reason=bad_job\n", n, verifier.Invalid)
			continue
		}
		if err := w.decide(ctx, j); verifier.Classify(err) == verifier.Undecided {
			open = append(open, j)
		}
	}
	// A Scanner cannot go on after a line that is too long, so the jobs after it are
	// not decided. The caller must not take them for done.
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return open, fmt.Errorf("a line is longer than %d bytes; nothing after it was read", maxLine)
	}
	return open, lines.Err()
}

// decide prints the verdict on j, unless it is undecided. It returns the error of the
// verifier.
func (w *worker) decide(ctx context.Context, j job) error {
	tok, err := verifier.VerifyAt(ctx, w.verifier, j.Token, j.EnqueuedAt)
	switch verdict := verifier.Classify(err); verdict {
	case verifier.Trusted:
		// A real worker would do the job here, on behalf of tok.Subject.
		fmt.Fprintf(w.out, "job=%d verdict=%s sub=%q\n", j.line, verdict, tok.Subject)
	case verifier.Undecided: // an outage: print nothing, and try again later
		w.why = err
	default:
		note := ""
		if errors.Is(err, verifier.ErrUnknownKey) {
			w.unknown++
			note = ` note="the key may have left the set since"`
		}
		fmt.Fprintf(w.out, "job=%d verdict=%s reason=%s%s\n", j.line, verdict, verifier.Reason(err), note)
	}
	return err
}
