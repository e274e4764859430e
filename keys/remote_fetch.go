package keys

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
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

// An outcome is what Remote remembers of its fetches.
type outcome struct {
	jwksURL   string // where the set came from, its tag and lifetime
	etag      string
	fresh     time.Duration
	body      []byte // for the snapshot file
	fetchedAt time.Time
	err       error // of the last fetch
	trouble   trouble
}

// trouble is how bad it is, as the log was told.
type trouble int

const (
	none trouble = iota
	failing
	withoutKeys
)

// land takes over what a fetch brought, and returns what is to be told when
// the lock is free again: a logger may be slow, or ask for the Status.
func (r *remote) land(f *flight, got fetched, err error) (tell func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != f {
		return func() {} // it was given up
	}
	r.flight, f.err = nil, err
	now := r.config.now()
	if err != nil {
		return r.failed(now, err)
	}
	return r.succeeded(now, f, got)
}

// failed leaves the last good set where it is. The lock is held.
func (r *remote) failed(now time.Time, err error) func() {
	r.plan.Failed(now, fetch.RetryAfter(err, now))
	x := r.view.Load().index
	r.show(x, now)
	before := r.last.trouble
	r.last.err, r.last.trouble = err, failing
	r.last.etag = "" // perhaps it was the tag that it does not like
	if !now.Before(r.plan.Expiry()) {
		r.last.trouble = withoutKeys
	}
	if r.last.trouble == before {
		return func() {}
	}
	return r.tellFailure(r.last.trouble, len(x.all), r.plan.Expiry(), err)
}

// succeeded takes over a set, which has a usable key, or keeps the one that
// has not changed. The lock is held.
func (r *remote) succeeded(now time.Time, f *flight, got fetched) func() {
	before, was := r.view.Load().index, *r.last
	after := before
	took := refresh.Elapsed(f.began, now)
	r.last = &outcome{jwksURL: got.jwksURL, etag: got.etag, fresh: got.fresh, fetchedAt: now.Round(0).Add(-took)}
	if r.config.snapshot != "" {
		r.last.body = got.body
	}
	if got.unchanged {
		r.last.body = was.body
		if got.fresh < 0 { // RFC 9111 §4.3.4: what it does not say stays
			r.last.fresh = was.fresh
		}
	} else {
		after = newIndex(got.keys, got.skipped)
	}
	r.plan.SucceededAfter(now, took, r.last.fresh)
	if f.sought != "" && !after.knows(f.sought) {
		r.plan.Missing(now, f.sought)
	}
	r.show(after, now)
	return func() {
		if was.trouble != none {
			r.tellRecovery()
		}
		if after != before {
			r.tellChange(before, after)
		}
		r.saveSnapshot()
	}
}
