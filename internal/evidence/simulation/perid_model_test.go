package simulation_test

import (
	"maps"
	"math"
	"slices"
	"time"
)

// This file is the model of keys that are published one by one (R20). Like model_test.go
// it imports nothing of the library. It makes from what was asked and answered what is
// known at each moment, and perid_judge_test.go judges by that.

// A perKey is the model of such a source on one host.
type perKey struct {
	clock    *clockLog
	maxStale time.Duration
	began    time.Duration   // when the host was started
	fetches  []*fetch        // the last ones, in their order
	dropped  holding         // what was known before the first of them
	refresh  []time.Duration // when Refresh was called
	lookups  []*call         // that may cause a fetch
}

// A request is for the key of one ID.
type request struct {
	kid          int
	began, ended time.Duration
	pending      bool
	failed       bool
	there        bool // there is a key of that ID
	entry        entry
	fresh        time.Duration
	retryAfter   time.Duration
}

// A fetch is one request for an ID that is sought, or those for all known keys.
type fetch struct {
	began    time.Duration
	requests []*request
	kind     fetchKind // once it is judged
	judged   bool
	before   holding
	after    *holding // nil while it is under way
	ended    time.Duration
	failed   bool
}

type fetchKind int

const (
	single fetchKind = iota // for one ID
	all                     // for the known keys
	either                  // for the only key that is known, and nobody can say why
)

// An aging is what limits the age of all keys: that of one response.
type aging struct {
	from, fresh time.Duration
}

// A rest is how long after a failure no fetch may begin, at least and at most.
type rest struct {
	from, least, most time.Duration
}

// A holding is what a host knows from one moment on.
type holding struct {
	known   map[int]entry
	must    []aging // if all that is in doubt made the keys no younger
	may     []aging // and if it did
	missing map[int]time.Duration
	probed  map[int]time.Duration // when a known ID was asked for since a signature was bad
	perhaps map[int]time.Duration // or perhaps for another reason
	rests   []rest
	failed  [2]int           // fetches in a row, at least and at most
	paid    [2]time.Duration // the budget, as in source: at least and at most
	since   time.Duration    // when a fetch brought all keys last; a clock set back is noticed after that
	doubt   bool             // nobody can say which keys are known
}

func (h holding) clone() holding {
	h.known, h.missing, h.probed, h.perhaps = maps.Clone(h.known), maps.Clone(h.missing), maps.Clone(h.probed), maps.Clone(h.perhaps)
	h.must, h.may, h.rests = slices.Clone(h.must), slices.Clone(h.may), slices.Clone(h.rests)
	return h
}

func newPerKey(clock *clockLog, maxStale, now time.Duration) *perKey {
	return &perKey{clock: clock, maxStale: maxStale, began: now, dropped: holding{
		known: map[int]entry{}, missing: map[int]time.Duration{}, probed: map[int]time.Duration{}, perhaps: map[int]time.Duration{}, since: now,
	}}
}

// has reports whether the key of l is known.
func (h *holding) has(l lookup) bool {
	e, ok := h.known[l.kid]
	return ok && e.key == l.key && e.alg == l.alg
}

// mostOf reports whether some response may be older than part of its freshness and more.
func (p *perKey) mostOf(of []aging, at time.Duration, part float64, more time.Duration) bool {
	return slices.ContainsFunc(of, func(a aging) bool {
		return p.clock.most(a.from, at) >= time.Duration(part*float64(a.fresh))+more
	})
}

// leastOf reports whether some response is so old for sure.
func (p *perKey) leastOf(of []aging, at time.Duration, part float64, more time.Duration) bool {
	return slices.ContainsFunc(of, func(a aging) bool {
		return p.clock.least(a.from, at) >= time.Duration(part*float64(a.fresh))+more
	})
}

// mustLive reports whether the keys may be used for sure, and mayLive whether they may
// perhaps (R3).
func (p *perKey) mustLive(h *holding, at time.Duration) bool {
	return !p.mostOf(h.must, at, 1, p.maxStale)
}

func (p *perKey) mayLive(h *holding, at time.Duration) bool {
	return !p.leastOf(h.may, at, 1, p.maxStale)
}

// resting reports whether backoff may forbid a fetch at that time.
func (p *perKey) resting(h *holding, at time.Duration) bool {
	return slices.ContainsFunc(h.rests, func(r rest) bool { return p.clock.least(r.from, at) < r.most })
}

// spent reports whether the budget may be spent. What a clock that was set back makes
// a host ask for may cost it too, and cannot be seen where no key is known.
func (p *perKey) spent(h *holding, at time.Duration) bool {
	return p.clock.least(0, at) < h.paid[1]-(burst-1)*slot || len(h.known) == 0 && p.clock.setBack(h.since, at)
}

// over returns when f ended, if it had by that time.
func (f *fetch) over(now time.Duration) (end time.Duration, ok bool) {
	limit := f.began + givenUp
	for _, r := range f.requests {
		if r.pending {
			return limit, now >= limit
		}
		end = max(end, r.ended)
	}
	return min(end, limit), now >= min(end, limit)
}

// state returns what is known after the last fetch that has ended.
func (p *perKey) state() *holding {
	for i := len(p.fetches) - 1; i >= 0; i-- {
		if h := p.fetches[i].after; h != nil {
			return h
		}
	}
	return &p.dropped
}

// begins notes a request, and says what is wrong with it: one fetch goes on at a time.
func (p *perKey) begins(kid int, at time.Duration) (r *request, wrong string) {
	r = &request{kid: kid, began: at, pending: true}
	if n := len(p.fetches); n > 0 && p.fetches[n-1].takes(kid, at) {
		f := p.fetches[n-1]
		f.requests = append(f.requests, r)
		return r, ""
	}
	if wrong = p.settle(at); wrong == "" && len(p.fetches) > 0 && p.fetches[len(p.fetches)-1].after == nil {
		wrong = "asked while a fetch is under way"
	}
	p.fetches = append(p.fetches, &fetch{began: at, requests: []*request{r}, before: p.state().clone()})
	return r, wrong
}

// takes reports whether a request is one more of f: each known key is asked for once, a
// few at a time.
func (f *fetch) takes(kid int, at time.Duration) bool {
	if end, ok := f.over(at); ok && end != at || f.after != nil || at >= f.began+givenUp {
		return false
	}
	for _, r := range f.requests {
		if _, known := f.before.known[r.kid]; !known || r.kid == kid {
			return false
		}
	}
	_, known := f.before.known[kid]
	return known && (at == f.began || len(f.requests) >= parallel)
}

const parallel = 8 // requests of one fetch

// settle takes over what has ended by then, and says what was wrong with it. A fetch is
// told from one of another kind by all of its requests, so they have to have begun.
func (p *perKey) settle(now time.Duration) (wrong string) {
	for _, f := range p.fetches {
		if f.after != nil {
			continue
		}
		if !f.judged {
			f.judged, f.kind = true, p.kindOf(f)
			if said := p.judge(f); wrong == "" {
				wrong = said
			}
		}
		end, ok := f.over(now)
		if !ok {
			break
		}
		f.ended = end
		h := p.outcome(f)
		f.after = &h
	}
	return wrong
}

// kindOf tells what f is for.
func (p *perKey) kindOf(f *fetch) fetchKind {
	h, kid := &f.before, f.requests[0].kid
	_, known := h.known[kid]
	switch {
	case !known, len(f.requests) == 1 && len(h.known) > 1 && !h.doubt:
		return single
	case len(f.requests) > 1, !p.suspects(kid, f), slices.Contains(p.refresh, f.began), p.leastOf(h.may, f.began, latest, 0):
		return all
	case !p.mostOf(h.must, f.began, earliest, 0) && !p.clock.setBack(h.since, f.began):
		return single
	}
	return either
}

// suspects reports whether a lookup may have found that a token is not signed with the
// key of its ID, or not with one that another source has. The key may have come since.
func (p *perKey) suspects(kid int, f *fetch) bool {
	return slices.ContainsFunc(p.lookups, func(c *call) bool {
		several := c.host.Shape == loose && len(c.feeds) > 1
		with := c.tok.signedWith()
		return c.seeks(kid, f.began) && (several || with != f.before.known[kid].key || with != p.at(c.begin).known[kid].key)
	})
}

// seeks reports whether c looks for the ID at that time.
func (c *call) seeks(kid int, at time.Duration) bool {
	return c.tok.kid == kid && c.begin <= at && (!c.over.Load() || at <= c.end)
}

// outcome returns what is known after f.
func (p *perKey) outcome(f *fetch) holding {
	h := f.before.clone()
	if f.kind != all || p.clock.setBack(h.since, f.began) {
		h.paid[1] = max(h.paid[1], p.clock.most(0, f.began)) + slot
	}
	// R10: the refresh that a clock set back makes wanted costs the budget also where no key
	// is known, and cannot be seen there.
	if len(h.known) == 0 && p.clock.setBack(h.since, f.began) {
		h.paid[1] += slot
	}
	switch f.kind {
	case single:
		h.paid[0] = max(h.paid[0], p.clock.least(0, f.began)) + slot
		p.one(&h, f)
	case all:
		p.every(&h, f)
	case either:
		o := h.clone()
		p.one(&h, f)
		p.every(&o, f)
		if at, ok := h.probed[f.requests[0].kid]; ok && at == f.ended {
			h.perhaps[f.requests[0].kid] = at
		}
		h.probed = o.probed
		for _, r := range o.rests {
			h.rests = append(h.rests, rest{r.from, 0, r.most})
		}
		h.may = o.may
		h.failed = [2]int{min(h.failed[0], o.failed[0]), max(h.failed[1], o.failed[1])}
	}
	return h
}

// one takes over what a fetch for one ID brought.
func (p *perKey) one(h *holding, f *fetch) {
	r := f.requests[0]
	_, known := h.known[r.kid]
	switch {
	case !f.brought(r):
		f.failed = true
		if until := min(r.retryAfter, longestBackoff); until > 0 && !r.pending && r.ended == f.ended {
			h.rests = append(h.rests, rest{f.ended, until, until})
		}
		return
	case known:
		h.probed[r.kid] = f.ended
	}
	if !r.there {
		delete(h.known, r.kid)
		h.missing[r.kid] = f.ended
		if len(h.known) == 0 { // a fetch of no key succeeds, and cannot be seen
			h.failed[0] = 0
		}
		return
	}
	if len(h.known) == 0 { // nothing else has an age
		h.must, h.may, h.rests, h.failed, h.since = nil, nil, nil, [2]int{}, f.ended
	}
	h.known[r.kid] = r.entry
	h.must, h.may = append(h.must, aging{f.began, r.fresh}), append(h.may, aging{f.began, r.fresh})
}

// brought reports whether r has an answer that says for sure, before f was given up.
func (f *fetch) brought(r *request) bool {
	return !r.pending && !r.failed && r.ended < f.began+givenUp && f.ended < f.began+givenUp
}

// every takes over what a fetch of all known keys brought. What says for sure counts also
// where other requests failed. Keys that are too old go, where others can be had.
func (p *perKey) every(h *holding, f *fetch) {
	for kid := range h.known {
		if p.suspects(kid, f) {
			h.perhaps[kid] = f.ended
		}
	}
	sure, retry := 0, [2]time.Duration{math.MaxInt64, 0}
	failed := map[int]bool{}
	for kid := range h.known {
		asked := slices.ContainsFunc(f.requests, func(r *request) bool { return r.kid == kid })
		switch {
		case asked:
			failed[kid] = true
		case h.doubt && len(f.requests) < parallel:
			delete(h.known, kid) // it was not known
		default: // the time was over before its turn came
			failed[kid], retry[0] = true, 0
		}
	}
	for _, r := range f.requests {
		if f.brought(r) {
			delete(failed, r.kid)
			sure++
			continue
		}
		retry[0], retry[1] = min(retry[0], r.retryAfter), max(retry[1], r.retryAfter)
	}
	expired := p.leastOf(h.may, f.began, 1, p.maxStale)
	h.doubt = len(failed) > 0 && sure > 0 && expired != p.mostOf(h.must, f.began, 1, p.maxStale)
	young := []aging{}
	for _, r := range f.requests {
		switch {
		case !f.brought(r):
		case r.there:
			h.known[r.kid] = r.entry
			young = append(young, aging{f.began, r.fresh})
		default:
			delete(h.known, r.kid)
			h.missing[r.kid] = f.ended
		}
	}
	if f.failed = len(failed) > 0 && (sure == 0 || !expired); f.failed {
		p.fails(h, f, retry)
		return
	}
	for kid := range failed {
		delete(h.known, kid)
	}
	h.must, h.may, h.rests, h.failed, h.since = young, young, nil, [2]int{}, f.ended
}

// fails notes a failure of a fetch of all keys (R4).
func (p *perKey) fails(h *holding, f *fetch, retry [2]time.Duration) {
	if f.ended >= f.began+givenUp {
		retry = [2]time.Duration{}
	}
	h.failed[0], h.failed[1] = h.failed[0]+1, h.failed[1]+1
	left := [2]time.Duration{math.MaxInt64 / 2, math.MaxInt64 / 2}
	for _, a := range h.must {
		left[0] = min(left[0], a.fresh+p.maxStale-p.clock.most(a.from, f.ended))
	}
	for _, a := range h.may {
		left[1] = min(left[1], a.fresh+p.maxStale-p.clock.least(a.from, f.ended))
	}
	for i := range left {
		left[i] = max(longestBackoff, min(longestAsked, left[i]+longestBackoff))
	}
	delay := func(n int) time.Duration { return min(time.Second<<min(n-1, 10), longestBackoff) }
	h.rests = []rest{{f.ended, max(delay(h.failed[0])/2, min(retry[0], left[0])), max(delay(h.failed[1]), min(retry[1], left[1]))}}
}

// prune forgets what is too long ago to matter.
func (p *perKey) prune(now time.Duration) {
	const keep = 30
	old := 0
	for old < len(p.fetches)-keep && p.fetches[old].after != nil && p.fetches[old].ended < now-5*time.Minute {
		p.dropped = *p.fetches[old].after
		old++
	}
	p.fetches = slices.Delete(p.fetches, 0, old)
	p.lookups = slices.DeleteFunc(p.lookups, func(c *call) bool { return c.over.Load() && c.end < now-time.Minute })
}
