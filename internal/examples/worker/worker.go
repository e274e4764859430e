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

	line int
}

// A worker decides job after job.
type worker struct {
	verifier *verifier.Local
	out      io.Writer
	pauses   []time.Duration // before each new attempt at what was undecided
	wait     func(context.Context, time.Duration) error

	unknown int   // how many jobs had an unknown key
	why     error // of the last job that was undecided
}

const maxLine = 1 << 20

// work decides every job, and those that it cannot decide again after each
// pause. It returns how many are left.
func (w *worker) work(ctx context.Context, in io.Reader) (undecided int, err error) {
	open, err := w.readAll(ctx, in)
	for _, pause := range w.pauses {
		if len(open) == 0 || w.wait(ctx, pause) != nil {
			break
		}
		left := open[:0]
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

// readAll makes the first attempt at each job and returns what is undecided.
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
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return open, fmt.Errorf("a line is longer than %d bytes; nothing after it was read", maxLine)
	}
	return open, lines.Err()
}

// decide prints the verdict on j, unless there is none.
func (w *worker) decide(ctx context.Context, j job) error {
	tok, err := w.verifier.VerifyAt(ctx, j.Token, j.EnqueuedAt)
	switch verdict := verifier.Classify(err); verdict {
	case verifier.Trusted:
		// Here the payload would be worked on, in the name of tok.Subject.
		fmt.Fprintf(w.out, "job=%d verdict=%s sub=%q\n", j.line, verdict, tok.Subject)
	case verifier.Undecided:
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
