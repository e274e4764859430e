package keys

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A flight is one fetch that any number of look-ups wait for.
type flight struct {
	began  time.Time
	last   outcome       // of the fetches before
	sought string        // the unknown key ID that it is for; "" for none
	late   chan struct{} // closed when a look-up should wait no longer
	done   chan struct{} // closed at the end
	err    error         // readable then
}

// grace is how long past its timeout an unresponsive fetch is kept. A transport
// may not heed its context, and a logger or a disk may block.
const grace = 500 * time.Millisecond

var (
	errOverdue = errors.New("the fetch did not end at its timeout")
	errExit    = errors.New("the fetch ended its goroutine")
	errTooLong = errors.New("the fetch takes too long")
)

// launch starts a fetch, detached from whoever asked for it. The lock is held,
// and the plan knows.
func (r *remote) launch() {
	f := &flight{began: r.config.now(), last: *r.last, late: make(chan struct{}), done: make(chan struct{})}
	r.flight = f
	end := sync.OnceFunc(func() { close(f.done) })
	patience := time.AfterFunc(refresh.Patience, func() { close(f.late) })
	limit := time.AfterFunc(min(r.config.timeout, math.MaxInt64-grace)+grace, func() {
		tell := r.land(f, fetched{}, errOverdue)
		end()
		tell()
	})
	go func() {
		defer end()
		defer patience.Stop()
		defer limit.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), r.config.timeout)
		defer cancel()
		got, err := fetched{}, errExit
		defer func() { r.land(f, got, err)() }()
		got, err = r.fetch(ctx, f.last)
	}()
}

// wait returns nil when the flight has ended.
func (f *flight) wait(ctx context.Context, enough <-chan struct{}) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-enough:
		return errTooLong
	}
}

// fetch asks the origin, which fails, no more, when it panics.
func (r *remote) fetch(ctx context.Context, last outcome) (got fetched, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panickedFetch(p)
		}
		err = message.OneLine(err)
	}()
	return r.origin.fetch(ctx, last)
}

func panickedFetch(p any) error {
	return message.Foreign(fmt.Errorf("the fetch panicked: %v", p))
}
