package keys

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

const (
	maxPerID    = 64 // keys that are kept, and skipped ones that are remembered
	maxParallel = 8  // requests at a time
)

var errBusy = errors.New("too many unknown key IDs are looked up; this one was not yet")

// found is what the URL of one key ID says. With neither key nor reason, there is no
// such key.
type found struct {
	key    *Key
	reason string // why the key there is not used
	fresh  time.Duration
	err    error // nobody knows
}

// fetch gets the one key that is sought, else all that are known.
func (o *perID) fetch(ctx context.Context, a *attempt) (fetched, error) {
	defer o.client.Abandon()
	if a.single {
		return o.fetchOne(ctx, a)
	}
	return o.fetchKnown(ctx, a)
}

func (o *perID) fetchOne(ctx context.Context, a *attempt) (fetched, error) {
	f := o.ask(ctx, a.sought)
	if f.err != nil {
		return fetched{}, f.err
	}
	got := fetched{fresh: f.fresh}
	kept := slices.Clone(a.known.all)
	at := slices.IndexFunc(kept, func(k *Key) bool { return k.id == a.sought })
	switch {
	case at >= 0:
		kept = slices.Delete(kept, at, at+1)
	case f.key != nil && len(kept) >= maxPerID:
		at = a.known.leastUsed()
		kept = slices.Delete(kept, at, at+1)
	}
	got.add(a, a.sought, f, &kept)
	got.keys = kept
	for _, s := range a.known.skipped {
		if s.KeyID != a.sought && len(got.skipped) < maxPerID {
			got.skipped = append(got.skipped, s)
		}
	}
	return got, nil
}

// fetchKnown asks for every known key. It succeeds when each is there or gone for
// sure. Otherwise what is sure is in the result all the same, and the others stay
// as they are: unless all are too old, as one that cannot be had must not keep the
// others out for ever.
func (o *perID) fetchKnown(ctx context.Context, a *attempt) (fetched, error) {
	got := fetched{fresh: math.MaxInt64} // without keys, none grows old
	if len(a.known.all) == 0 {
		got.nothing, got.unchanged = true, true
		return got, nil
	}
	all := o.askAll(ctx, a.known.all)
	var failed error
	sure := 0
	for _, f := range all {
		if f.err == nil {
			sure++
		} else if failed == nil {
			failed = f.err
		}
	}
	for i, k := range a.known.all {
		switch f := all[i]; {
		case f.err == nil:
			got.add(a, k.id, f, &got.keys)
			if f.key == nil { // and does not grow old
				got.gone = append(got.gone, k.id)
			} else {
				got.fresh = min(got.fresh, f.lifetime())
			}
		case !a.expired || sure == 0:
			got.keys = append(got.keys, k)
		}
	}
	if failed != nil && (!a.expired || sure == 0) {
		got.partial = sure > 0
		return got, failed
	}
	got.unchanged = slices.Equal(got.keys, a.known.all) && slices.Equal(got.skipped, a.known.skipped)
	return got, nil
}

// add takes over what was found for an ID. An equal key stays the same pointer, so
// that caches of verified tokens stay warm.
func (g *fetched) add(a *attempt, keyID string, f found, keys *[]*Key) {
	switch {
	case f.key != nil:
		for _, k := range a.known.all {
			if k.Equal(f.key) {
				f.key = k
			}
		}
		*keys = append(*keys, f.key)
	case f.reason != "":
		g.skipped = append(g.skipped, Skipped{keyID, f.reason})
	}
}

// lifetime returns how long the key is fresh.
func (f found) lifetime() time.Duration {
	if f.fresh < 0 {
		return 10 * time.Minute // R1: not said
	}
	return f.fresh
}

// askAll asks for all of ks, a few at a time.
func (o *perID) askAll(ctx context.Context, ks []*Key) []found {
	all := make([]found, len(ks))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(maxParallel, len(ks)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(ks)); i = next.Add(1) - 1 {
				all[i] = o.askSafely(ctx, ks[i].id)
			}
		})
	}
	wg.Wait()
	return all
}

// askSafely is ask for a goroutine of its own, where a panic would end the program.
func (o *perID) askSafely(ctx context.Context, keyID string) (f found) {
	f.err = errExit
	defer func() {
		if p := recover(); p != nil {
			f.err = panickedFetch(p)
		}
	}()
	return o.ask(ctx, keyID)
}

// ask gets the key of one ID.
func (o *perID) ask(ctx context.Context, keyID string) found {
	resp, err := o.client.Get(ctx, o.url(keyID), "")
	switch fetch.Status(err) {
	case http.StatusNotFound, http.StatusForbidden, http.StatusGone: // stores without a list permission answer 403
		return found{fresh: -1}
	}
	if err != nil {
		return found{err: reached(err)}
	}
	k, reason, err := o.parser.single(resp.Body, keyID)
	if err != nil {
		return found{err: fmt.Errorf("the key %s: %s", message.Plain(keyID), message.Bare(err))}
	}
	return found{key: k, reason: reason, fresh: resp.Fresh}
}

// finishSingle takes over what a fetch for one key ID brought. The lock is held.
func (r *remote) finishSingle(now time.Time, a *attempt, got fetched, err error) event {
	before, was := r.view.Load().index, *r.last
	if err != nil {
		r.schedule.FailedOne(now, fetch.RetryAfter(err, now))
		r.setView(before, now)
		return r.failedSingle(before, err)
	}
	after, took := before, refresh.Elapsed(a.began, now)
	if !slices.Equal(got.keys, before.all) || !slices.Equal(got.skipped, before.skipped) {
		after = r.indexOf(got, before)
	}
	switch {
	case !after.knows(a.sought):
		r.schedule.FoundNone(now)
		r.schedule.Missing(now, a.sought)
	case len(before.all) == 0: // nothing else has an age
		r.schedule.Succeeded(now, took, got.fresh)
	default:
		r.schedule.FoundOne(now, took, got.fresh)
	}
	r.last.fetchedAt = now.Round(0).Add(-took)
	if was.single {
		r.last.err, r.last.condition, r.last.single = nil, sound, false
	}
	r.setView(after, now)
	return event{good: true, recovered: was.single && was.condition != sound, before: before, after: after}
}

// failedSingle records a failed fetch for one key ID, unless the known keys cannot
// be fetched either, which matters more. The lock is held.
func (r *remote) failedSingle(x *index, err error) event {
	if r.last.err != nil && !r.last.single {
		return event{}
	}
	condition := failing
	switch {
	case errors.Is(err, ErrConfiguration):
		condition = misconfigured
	case len(x.all) == 0:
		condition = outOfKeys
	}
	before := r.last.condition
	r.last.err, r.last.condition, r.last.single = err, condition, true
	if before == condition {
		return event{}
	}
	return event{condition: condition, err: err, until: r.schedule.Expiry(), after: x}
}

// concerns reports whether the outcome of a is an answer for h, where each key ID
// has a fetch of its own.
func (a *attempt) concerns(h Hint) bool {
	if a.single {
		return a.sought == h.KeyID
	}
	return a.err != nil
}

// leastUsed returns the place of the key whose last lookup is the longest ago. Of
// several it is the youngest, so that a flood of new keys displaces itself.
func (x *index) leastUsed() (at int) {
	for i, k := range x.all {
		if x.used[k.id].Load() <= x.used[x.all[at].id].Load() {
			at = i
		}
	}
	return at
}

// countFrom notes from now on when a key of x is looked up, to keep those that are
// used (R20). It goes on where before stopped.
func (x *index) countFrom(before *index, c *config) {
	x.used = make(map[string]*atomic.Int64, len(x.all))
	for _, k := range x.all {
		if x.used[k.id] = before.used[k.id]; x.used[k.id] == nil {
			x.used[k.id] = new(atomic.Int64)
			x.touch(k.id, c)
		}
	}
}

// touch counts a lookup of a key, by the minute, so that a busy key is rarely
// written to.
func (x *index) touch(keyID string, c *config) {
	used, minute := x.used[keyID], c.now().Unix()/60
	if used != nil && used.Load() != minute {
		used.Store(minute)
	}
}
