package keys

import (
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

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
