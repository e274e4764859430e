package keys

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A remote is the state of a Remote, behind a pointer so that a Remote can be
// printed without it. Lookups read the view alone; all else needs the lock.
type remote struct {
	config *config
	origin origin
	issuer string               // what the keys are bound to; "": nothing
	perID  bool                 // each key ID has a fetch of its own (R20)
	view   atomic.Pointer[view] // what lookups see
	disk   disk

	mu       sync.Mutex
	schedule *refresh.Schedule
	attempt  *attempt      // the fetch under way
	last     *fetchState   // the outcome of the last fetch; never nil
	next     time.Time     // when the schedule wants a fetch
	wake     chan struct{} // wakes run when next has changed
}

// A view is one state of the keys. It is never changed.
type view struct {
	*index
	from, until time.Time // between these, known keys need no decision
	stale       time.Time // from then on the keys are past their freshness
	expiry      time.Time // from then on they must not be used
}

// newRemote returns a Remote that starts from the snapshot or the seed, if there
// is one.
func newRemote(c *config, o origin) (*Remote, error) {
	_, each := o.(*perID)
	r := &remote{
		config:   c,
		origin:   o,
		issuer:   c.parser.issuer,
		perID:    each,
		schedule: refresh.New(refresh.Policy{Every: c.every, MaxStale: c.maxStale, PerID: each}),
		last:     new(fetchState),
		wake:     make(chan struct{}, 1),
	}
	r.view.Store(&view{index: newIndex(nil, nil)})
	if each { // it begins with no key, which is what is known
		now := c.now()
		r.schedule.Succeeded(now, 0, math.MaxInt64)
		r.setView(newIndex(nil, nil), now)
		return &Remote{r}, nil
	}
	if c.seed != nil || c.snapshot != "" {
		if err := r.preload(); err != nil {
			return nil, err
		}
	}
	return &Remote{r}, nil
}

// Find implements [Provider]. A known key is found in memory. For an unknown one,
// and before the first fetch, Find waits for the fetch or until ctx ends; ctx
// does not end the fetch, which others may wait for. Where the keys are past
// their freshness it waits for at most a second and then uses them. It does not
// wait again while the endpoint is down, unless there were no lookups for more than
// a minute.
//
// Find fails when no set was ever fetched, when the keys are too old, and when
// the key is unknown but the endpoint is down. With [Hint].Retry it waits until the
// fetch has ended, and fails when ctx ends first: the key may have changed. Its errors
// wrap [ErrUnavailable] and the cause.
func (r *Remote) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if r.isZero() {
		return nil, errZeroRemote
	}
	return r.state.find(ctx, h)
}

var errZeroRemote = fmt.Errorf("%w: the Remote is nil or zero; make it with NewRemote, NewOIDC, NewPerID or NewSource", ErrUnavailable)

func (r *Remote) isZero() bool { return r == nil || r.state == nil }

// find answers a lookup as the schedule decides: from memory, after the fetch
// under way, or with an error.
func (r *remote) find(ctx context.Context, h Hint) ([]*Key, error) {
	if ks, ok := r.findQuietly(h); ok {
		return ks, nil
	}
	for range maxRounds {
		d, a := r.decide(h)
		var late <-chan struct{}
		switch d.Verdict {
		case refresh.Serve:
			return r.view.Load().find(h), nil
		case refresh.Refuse:
			return nil, r.unavailable(r.whyRefused())
		case refresh.WaitBriefly:
			late = a.late
		}
		interrupted := a.wait(ctx, late)
		// Where one set has all keys, the first fetch has the answer. Where each key has a
		// fetch of its own (R20), only that of h has: after a bad signature (R9) the key at
		// hand is not it.
		if !r.perID || interrupted != nil || a.concerns(h) || !h.Retry && r.view.Load().has(h) {
			return r.answer(h, a, interrupted)
		}
	}
	return nil, r.unavailable(errBusy)
}

// maxRounds is how many fetches a lookup waits for at most. More than one are only
// needed where each is for another key ID (R20).
const maxRounds = 8

// findNow implements [source]. It may start a fetch in the background, and does
// not wait for it.
func (r *remote) findNow(h Hint) ([]*Key, bool) {
	if ks, ok := r.findQuietly(h); ok {
		return ks, true
	}
	if h.Retry || !r.view.Load().has(h) {
		return nil, false
	}
	if d, _ := r.decide(h); d.Verdict != refresh.Serve {
		return nil, false
	}
	return r.view.Load().find(h), true
}

// findQuietly answers without a lock when the schedule has nothing to decide.
// That includes a token of another issuer than the keys are bound to: it is
// refused anyway, so it must neither cost a fetch nor wait for one.
func (r *remote) findQuietly(h Hint) ([]*Key, bool) {
	switch {
	case len(h.KeyID) > jws.MaxKeyID:
		return nil, true // no key with such an ID is ever taken
	case r.perID && !isPerID(h.KeyID):
		return nil, true
	case h.foreign(r.issuer):
		return r.atHand(h), true
	}
	v := r.view.Load()
	if h.Retry || !v.has(h) {
		return nil, false
	}
	if r.perID {
		v.touch(h.KeyID, r.config)
	}
	// Round(0) drops the monotonic reading: a clock that was set back is before from.
	if now := r.config.now(); now.Round(0).Before(v.from) || refresh.Reached(now, v.until) {
		return nil, false
	}
	return v.find(h), true
}

// atHand implements [source]. Keys that are too old are not at hand.
func (r *remote) atHand(h Hint) []*Key {
	v := r.view.Load()
	if refresh.Reached(r.config.now(), v.expiry) || r.perID && !isPerID(h.KeyID) {
		return nil
	}
	return v.find(h)
}

// decide asks the schedule what to do, and starts the fetch that it wants.
func (r *remote) decide(h Hint) (refresh.Decision, *attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, now := r.view.Load(), r.config.now()
	known := v.has(h)
	d := r.schedule.Decide(now, refresh.Lookup{KeyID: h.KeyID, Known: known, Again: h.Retry})
	if d.Fetch {
		keyID, single := r.sought(h, known)
		r.launch(now, keyID, single)
	}
	r.setView(v.index, now)
	return d, r.attempt
}

// sought returns the unknown key ID that a fetch for h is to find, or "", and whether
// the fetch is for this ID alone. A refresh, also one that a lookup of it set off, is for
// all keys.
func (r *remote) sought(h Hint, known bool) (keyID string, single bool) {
	single = r.schedule.Single()
	if single || !r.perID && !known {
		keyID = strings.Clone(h.KeyID) // h.KeyID may be part of a whole token
	}
	return keyID, single
}

// answer answers a lookup that has waited for a. interrupted is why it did not
// wait to the end, or nil.
func (r *remote) answer(h Hint, a *attempt, interrupted error) ([]*Key, error) {
	v := r.view.Load()
	alive := !refresh.Reached(r.config.now(), v.expiry) || r.perID && len(v.all) == 0 // R20: without keys, none is too old
	switch {
	case h.Retry && interrupted != nil: // R9: nobody knows yet whether the key was replaced
		return nil, r.unavailable(interrupted)
	case alive && v.has(h):
		return v.find(h), nil
	case interrupted != nil:
		return nil, r.unavailable(interrupted)
	case a.err != nil || !alive: // the key may be there: undecided, not unknown
		return nil, r.unavailable(a.err)
	}
	return v.find(h), nil
}

// has reports whether the view answers h without a fetch: it has a key of that
// ID, whatever its algorithm, or one without ID that was not tried before.
func (v *view) has(h Hint) bool {
	switch {
	case h.KeyID == "":
		return len(v.all) > 0
	case v.knows(h.KeyID):
		return true
	}
	for _, k := range v.anonymous {
		if !h.Retry && h.Fits(k) {
			return true
		}
	}
	return false
}

// setView makes x what lookups see, with the times that the schedule sets, and
// wakes run when its next fetch is due at another time. It stores nothing when
// nothing has changed, so that lookups keep their cache lines. The lock is held.
func (r *remote) setView(x *index, now time.Time) {
	if next := r.schedule.Next(); !next.Equal(r.next) {
		r.next = next
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	v := &view{
		index: x, from: now.Round(0),
		until: onBothClocks(now, r.schedule.Quiet()), stale: onBothClocks(now, r.schedule.Stale()), expiry: onBothClocks(now, r.schedule.Expiry()),
	}
	if old := r.view.Load(); old.index == x && sameDay(old.until, v.until) && sameDay(old.expiry, v.expiry) && !v.from.Before(old.from) {
		return
	}
	r.view.Store(v)
}

// onBothClocks returns t, a time of day, with the monotonic reading that belongs
// to it, if now has one. A zero time stays zero.
func onBothClocks(now, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return now.Add(t.Sub(now.Round(0)))
}

// sameDay reports whether a and b are the same time of day.
func sameDay(a, b time.Time) bool { return a.Round(0).Equal(b.Round(0)) }

// whyRefused returns why a lookup is refused without a fetch of its own.
func (r *remote) whyRefused() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.perID && r.last.err == nil:
		return errBusy
	case r.last.single: // perhaps of another ID
		return fmt.Errorf("%w; the last fetch failed: %w", errBusy, r.last.err)
	}
	return r.last.err
}

// unavailable returns an error that wraps ErrUnavailable and the cause, and names
// the origin. Without a failed fetch as the cause, the keys are too old.
func (r *remote) unavailable(cause error) error {
	if cause == nil {
		cause = errors.New("the keys are too old")
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, r.origin.name(), cause)
}
