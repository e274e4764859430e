package simulation_test

import (
	"math"
	"slices"
	"time"
)

// This file judges by the model of keys that are published one by one.

// judge says what is wrong with a fetch (I4), when all of its requests have begun.
func (p *perKey) judge(f *fetch) string {
	h, at, kid := &f.before, f.began, f.requests[0].kid
	if slices.Contains(p.refresh, at) {
		return ""
	}
	for _, r := range h.rests {
		// A Refresh of no key succeeds, and cannot be seen.
		again := len(h.known) == 0 && slices.ContainsFunc(p.refresh, func(t time.Duration) bool { return r.from < t && t <= at })
		if f.kind != either && !h.doubt && !again && p.clock.most(r.from, at) < r.least {
			return "asked again before " + r.least.String() + " have passed since a failure"
		}
	}
	if f.kind == all && !p.mostOf(h.must, at, earliest, 0) && !p.clock.setBack(h.since, at) {
		return "the known keys are asked for before it is time"
	}
	if f.kind != single {
		return ""
	}
	_, known := h.known[kid]
	missing, wasMissing := h.missing[kid]
	probed, wasProbed := h.probed[kid]
	switch {
	case p.clock.most(0, at) < h.paid[0]-(burst-1)*slot:
		return "a key is asked for over budget"
	case !known && wasMissing && p.clock.most(missing, at) < forgetMissing: // R7
		return "an ID that was not found is asked for again"
	case known && wasProbed && p.clock.most(probed, at) < forgetProbe: // R9
		return "an ID is asked for again, which was since a signature was bad"
	case !slices.ContainsFunc(p.lookups, func(c *call) bool { return c.seeks(kid, at) }):
		return "an ID is asked for that nobody looks for"
	}
	return ""
}

// A moment is what was known during a part of a lookup.
type moment struct {
	*holding
	from, to time.Duration
}

// moments returns what was known during l, from its beginning on.
func (p *perKey) moments(l lookup) []moment {
	all := []moment{{&p.dropped, l.begin, l.end}}
	for _, f := range p.fetches {
		switch {
		case f.after == nil || f.ended > l.end:
		case f.ended < l.begin:
			all[0].holding = f.after
		default:
			all[len(all)-1].to = f.ended
			all = append(all, moment{f.after, f.ended, l.end})
		}
	}
	return all
}

// A course is what happened during a lookup.
type course struct {
	looked   *fetch // for its ID, with an answer that says for sure
	failed   bool   // one did that it waited for
	slow     bool   // one of all keys took longer than a lookup of a known key waits
	ended    int
	resting  bool // backoff may have forbidden it to ask
	spent    bool // and so may the budget
	suspects bool // it asked for the ID not long ago, since a signature was bad
}

// course follows l. Whoever waits for a fetch for its ID gets what that brings; backoff
// and budget are asked before.
func (p *perKey) course(l lookup, held []moment) (c course) {
	begins := time.Duration(math.MaxInt64) // the fetch for its ID that it waits for
	for _, f := range p.fetches {
		over := f.after != nil && f.ended <= l.end
		if f.began > l.end || over && f.ended < l.begin {
			continue
		}
		own := f.kind != all && f.requests[0].kid == l.kid
		if end := f.began + patience; f.kind != single && end <= l.end && !(over && f.ended < end) {
			c.slow = true
		}
		if !over {
			continue
		}
		c.ended++
		switch {
		case f.failed && (own || f.kind != single):
			c.failed = true
		case own && c.looked == nil:
			c.looked, begins = f, f.began
		}
	}
	for _, m := range held {
		if m.from < begins {
			c.resting = c.resting || p.resting(m.holding, m.from)
			c.spent = c.spent || p.spent(m.holding, m.from)
		}
		for _, probed := range []map[int]time.Duration{m.probed, m.perhaps} {
			if at, ok := probed[l.kid]; ok && p.clock.least(at, m.from) < forgetProbe {
				c.suspects = true
			}
		}
	}
	return c
}

// may returns what a lookup may find.
func (p *perKey) may(l lookup) (a answers) {
	if l.kid == noID {
		return none
	}
	held := p.moments(l)
	c := p.course(l, held)
	sure, lacks, other, expired, doubt := true, false, false, false, false
	for _, m := range held {
		e, known := m.known[l.kid]
		live := p.mayLive(m.holding, m.from)
		sure = sure && m.has(l) && p.mustLive(m.holding, l.end)
		expired = expired || !p.mustLive(m.holding, m.to)
		doubt = doubt || m.doubt
		missing, ok := m.missing[l.kid]
		switch {
		case !known:
			lacks = true
			if ok && p.clock.least(missing, m.from) < forgetMissing { // R7
				a |= none
			}
		case live && m.has(l):
			a |= found
		case live && e.alg != l.alg:
			a |= none
		case live:
			other = true
		}
	}
	switch {
	case doubt:
		return found | none | unknown
	case sure:
		return found
	}
	// R9: if it cannot be asked for, the key of that ID is the one there is.
	if other && (c.suspects || c.resting || c.spent || c.failed) {
		a |= none
	}
	if other && l.gaveUp() { // R9
		a |= unknown
	}
	if r := c.looked; r != nil && (!r.requests[0].there || r.requests[0].entry.key != l.key) {
		a |= none
	}
	stopped := c.failed || c.resting || l.gaveUp()
	switch {
	case (lacks || expired) && stopped, expired && c.slow: // R3, R8
		a |= unknown
	case lacks && c.spent, c.ended >= rounds: // R20
		a |= unknown
	case c.ended > 0 && !p.mustLive(held[len(held)-1].holding, l.end): // they grew too old meanwhile
		a |= unknown
	}
	return a
}

const rounds = 8 // fetches that a lookup waits for at most

// dawdles reports whether a lookup of a known key waited for longer than R2 says: not at
// all while all are fresh, else for a second at most.
func (p *perKey) dawdles(l lookup) bool {
	held := p.moments(l)
	for _, m := range held {
		if !m.has(l) || m.doubt || !p.mustLive(m.holding, l.end) {
			return false
		}
	}
	if p.mostOf(held[0].must, l.end, 1, 0) {
		return l.end-l.begin > patience
	}
	return l.end > l.begin
}

// mayMislead reports whether there is or was a key under the ID that has not signed the
// token.
func (p *perKey) mayMislead(l lookup) bool {
	return slices.ContainsFunc(p.moments(l), func(m moment) bool {
		e, known := m.known[l.kid]
		return known && e.key != l.key || m.doubt
	})
}

// troubled reports whether a fetch failed meanwhile, or none could begin.
func (p *perKey) troubled(l lookup) bool {
	c := p.course(l, p.moments(l))
	return c.failed || c.resting || c.spent
}

// at returns what was known just before that time.
func (p *perKey) at(at time.Duration) *holding {
	return p.moments(lookup{begin: at, end: at})[0].holding
}

func (p *perKey) restsAt(at time.Duration) bool { return p.resting(p.at(at), at) }

// overdue reports whether the known keys should have been asked for by that time (R1).
func (p *perKey) overdue(at time.Duration) bool {
	h := p.at(at)
	for _, f := range p.fetches {
		if f.began <= at && (f.after == nil || f.ended >= at) {
			return false
		}
	}
	return len(h.known) > 0 && !h.doubt && p.leastOf(h.may, at, latest, 0) && !p.resting(h, at)
}

// beganIn reports whether the known keys were asked for in that time.
func (p *perKey) beganIn(from, to time.Duration) bool {
	return slices.ContainsFunc(p.fetches, func(f *fetch) bool { return f.kind != single && from <= f.began && f.began <= to })
}

// refreshed reports whether a lookup of a known key has had all of them asked for, if it
// was time (I5).
func (p *perKey) refreshed(l lookup) bool {
	_, known := p.at(l.begin).known[l.kid]
	return !known || !p.overdue(l.begin) || p.beganIn(l.begin, l.begin)
}

// settleEach takes over what the fetches of f have brought.
func (w *world) settleEach(h *host, f *feed, now time.Duration) {
	if f.each == nil {
		return
	}
	if wrong := f.each.settle(now); wrong != "" {
		w.violated(4, "host %d, issuer %d: %s", h.n, f.is.n, wrong)
	}
	f.each.prune(now)
}
