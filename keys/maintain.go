package keys

import (
	"context"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

// refresh fetches now, or waits for the fetch under way, whatever the backoff
// says.
func (r *remote) refresh(ctx context.Context) error {
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

// A nap is how long run sleeps at most: timers stand still while the machine
// sleeps, and the keys grow old.
const nap = time.Minute

// run keeps the keys fresh until ctx ends.
func (r *remote) run(ctx context.Context) {
	for ctx.Err() == nil {
		f, delay := r.due()
		if f != nil {
			f.wait(ctx, nil)
			continue
		}
		timer := time.NewTimer(min(delay, nap))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.wake:
		}
		timer.Stop()
	}
}

// due returns the fetch under way, started if it is time, or how long until
// then.
func (r *remote) due() (*flight, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.now()
	if r.plan.Due(now) {
		r.launch()
	}
	return r.flight, r.plan.Next().Sub(now)
}

func (r *remote) status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, v := r.config.now(), r.view.Load()
	s := Status{
		Source:      r.origin.name(),
		Skipped:     slices.Clone(v.skipped),
		FetchedAt:   r.last.fetchedAt,
		NextRefresh: r.plan.Next(),
		Stale:       refresh.Reached(now, v.stale),
	}
	if r.last.err != nil {
		s.Err = r.unavailable(r.last.err)
	}
	if !refresh.Reached(now, v.expiry) {
		s.Keys = slices.Clone(v.all)
	}
	return s
}
