package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An outcome is what Remote remembers of its fetches.
type outcome struct {
	jwksURL   string // where the set came from, its tag and text
	etag      string
	body      []byte
	skipped   []Skipped
	fetchedAt time.Time
	err       error // of the last fetch
}

// launch starts a fetch, detached from whoever asked for it. The lock is held,
// and the plan knows.
func (r *Remote) launch() *flight {
	f := &flight{done: make(chan struct{})}
	r.flight = f
	last := r.last
	go func() {
		defer close(f.done)
		ctx, cancel := context.WithTimeout(context.Background(), r.config.timeout)
		defer cancel()
		got, err := r.fetch(ctx, last)
		if f.err = r.land(got, err); f.err == nil {
			r.saveSnapshot(got.body)
		}
	}()
	return f
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
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the HTTP client panicked: %v", p)
		}
	}()
	if got.jwksURL, err = r.origin.locate(ctx, r.config.client); err != nil {
		return got, err
	}
	etag := ""
	if got.jwksURL == last.jwksURL {
		etag = last.etag
	}
	if got.response, err = get(ctx, r.config.client, got.jwksURL, etag); err != nil {
		return got, err
	}
	if got.unchanged {
		got.body = last.body
		return got, nil
	}
	got.keys, got.skipped, err = r.config.reading.json(got.body)
	return got, err
}

// land takes over what a fetch brought. A set without a usable key never
// replaces a good one.
func (r *Remote) land(got fetched, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.now()
	defer func() { r.flight = nil }()
	if err != nil {
		var status *statusError
		var retryAfter time.Duration
		if errors.As(err, &status) {
			retryAfter = status.retryAfter(now)
		}
		r.plan.Failed(now, retryAfter)
		r.logFailure(err)
		r.last.err = err
		r.show(r.view.Load().index, now)
		return err
	}
	r.plan.Succeeded(now, got.fresh)
	x := r.view.Load().index
	if !got.unchanged {
		next := newIndex(got.keys)
		r.logChange(x.all, next.all, got.skipped)
		x = next
		r.last.skipped = got.skipped
	}
	if r.last.err != nil {
		r.config.log.Info("keys: the endpoint answers again", "source", r.origin.name())
	}
	r.last.jwksURL, r.last.etag, r.last.body = got.jwksURL, got.etag, got.body
	r.last.fetchedAt, r.last.err = now, nil
	r.show(x, now)
	return nil
}

// logFailure logs the first failure in a row. The lock is held.
func (r *Remote) logFailure(err error) {
	if r.last.err == nil {
		r.config.log.Warn("keys: cannot be fetched; the last good ones serve", "source", r.origin.name(),
			"keys", len(r.view.Load().all), "until", r.plan.Expiry(), "error", err)
	}
}

// logChange logs a set that is not the one before. The lock is held.
func (r *Remote) logChange(before, after []*Key, skipped []Skipped) {
	if slices.EqualFunc(before, after, (*Key).Equal) && slices.Equal(skipped, r.last.skipped) {
		return
	}
	reasons := make([]string, len(skipped))
	for i, s := range skipped {
		reasons[i] = s.String()
	}
	r.config.log.Info("keys: the set has changed", "source", r.origin.name(),
		"keys", len(after), "added", missingFrom(before, after), "removed", missingFrom(after, before), "skipped", reasons)
}

// missingFrom lists the IDs of those of ks that are not in set.
func missingFrom(set, ks []*Key) (ids []string) {
	for _, k := range ks {
		if !slices.ContainsFunc(set, k.Equal) {
			ids = append(ids, k.id)
		}
	}
	return ids
}
