package keys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A flight is one fetch that any number of look-ups wait for.
type flight struct {
	last   outcome       // of the fetches before
	sought string        // the unknown key ID that it is for; "" for none
	late   chan struct{} // closed when a look-up should wait no longer
	done   chan struct{} // closed at the end
	err    error         // readable then
}

// grace is how long after its timeout a fetch is given up that does not heed
// it. A transport may not, and a logger or a disk may block.
const grace = 500 * time.Millisecond

var (
	errOverdue = errors.New("the HTTP client does not heed its timeout")
	errExit    = errors.New("the HTTP client ended its goroutine")
	errTooLong = errors.New("the fetch takes too long")
)

// launch starts a fetch, detached from whoever asked for it. The lock is held,
// and the plan knows.
func (r *Remote) launch() {
	f := &flight{last: r.last, late: make(chan struct{}), done: make(chan struct{})}
	r.flight = f
	end := sync.OnceFunc(func() { close(f.done) })
	patience := time.AfterFunc(refresh.Patience, func() { close(f.late) })
	limit := time.AfterFunc(r.config.timeout+grace, func() {
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

// fetched is what a fetch brought.
type fetched struct {
	jwksURL string
	*response
	keys    []*Key
	skipped []Skipped
}

// fetch asks the origin and reads the answer. A transport that panics has
// failed, no more.
func (r *Remote) fetch(ctx context.Context, last outcome) (got fetched, err error) {
	defer r.client.abandon()
	defer func() {
		if p := recover(); p != nil {
			err = withoutURL(fmt.Errorf("the HTTP client panicked: %v", p), got.jwksURL)
		}
		err = message.OneLine(err)
	}()
	if got.jwksURL, err = r.origin.locate(ctx, r.client.Client); err != nil {
		return got, err
	}
	etag := ""
	if got.jwksURL == last.jwksURL {
		etag = last.etag
	}
	if got.response, err = get(ctx, r.client.Client, got.jwksURL, etag); err != nil || got.unchanged {
		return got, err
	}
	got.keys, got.skipped, err = r.config.reading.json(got.body)
	if err != nil {
		err = errors.New(reason(err))
	}
	return got, err
}
