package keys

import (
	"context"
	"slices"
	"time"
)

// Refresh fetches now, or waits for the fetch under way, whatever the backoff
// says: to warm up, or to fail fast at start. Its errors wrap [ErrUnavailable].
func (r *Remote) Refresh(ctx context.Context) error {
	r.mu.Lock()
	if r.plan.Start(r.config.now()) {
		r.launch()
	}
	f := r.flight
	r.mu.Unlock()
	if err := f.wait(ctx, nil); err != nil {
		return r.unavailable(err)
	}
	if f.err != nil {
		return r.unavailable(f.err)
	}
	return nil
}

// Run keeps the keys fresh until ctx ends and then returns nil, so that no
// look-up ever finds them stale. It waits in real time.
func (r *Remote) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		f, delay := r.due()
		if f != nil {
			f.wait(ctx, nil)
			continue
		}
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.wake:
		}
		timer.Stop()
	}
	return nil
}

// due returns the fetch under way, started if it is time, or how long until
// then.
func (r *Remote) due() (*flight, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.now()
	if r.plan.Due(now) {
		r.launch()
	}
	return r.flight, r.plan.Next().Sub(now)
}

// Status tells how the provider is doing.
func (r *Remote) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.now()
	s := Status{
		Source:      r.origin.name(),
		Skipped:     slices.Clone(r.last.skipped),
		FetchedAt:   r.last.fetchedAt,
		NextRefresh: r.plan.Next(),
		Stale:       !now.Before(r.plan.Stale()),
	}
	if r.last.err != nil {
		s.Err = r.unavailable(r.last.err)
	}
	if now.Before(r.plan.Expiry()) {
		s.Keys = slices.Clone(r.view.Load().all)
	}
	return s
}
