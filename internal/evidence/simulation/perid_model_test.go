package simulation_test

import (
	"math"
	"slices"
	"time"
)

// This file is the model of keys that are published one by one. Like model_test.go it
// imports nothing of the library.

// A perKey is the model of such a source on one host.
type perKey struct {
	clock    *clockLog
	maxStale time.Duration
	asked    []*request
	paid     time.Duration // the state of the budget, as in source
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
}

func (r *request) has(l lookup) bool {
	return r.there && r.entry.key == l.key && r.entry.alg == l.alg && l.kid != noID
}

// last returns the last answer for an ID that says for sure, before that time.
func (p *perKey) last(kid int, at time.Duration) (last *request) {
	for _, r := range p.asked {
		if r.kid == kid && !r.pending && !r.failed && r.ended < at {
			last = r
		}
	}
	return last
}

// begins notes a request, and says what is wrong with it. Of known keys any number may be
// asked for together; of unknown ones it is three, and then one every ten seconds.
func (p *perKey) begins(kid int, at time.Duration) (r *request, wrong string) {
	last := p.last(kid, at+1)
	if last == nil || !last.there {
		if now := p.clock.most(0, at); now < p.paid-(burst-1)*slot {
			wrong = "an unknown key is asked for over budget"
		} else {
			p.paid = max(p.paid, now) + slot
		}
	}
	for _, o := range p.asked {
		if o.kid == kid && o.pending && o.began > at-givenUp {
			wrong = "a key is asked for twice at the same time"
		}
	}
	r = &request{kid: kid, began: at, pending: true}
	p.asked = append(p.asked, r)
	return r, wrong
}

// mayMislead reports whether there is or was a key under the ID that has not signed the
// token.
func (p *perKey) mayMislead(l lookup) bool {
	return slices.ContainsFunc(p.asked, func(r *request) bool { return r.kid == l.kid && r.there && r.entry.key != l.key && r.began <= l.end })
}

// troubled reports whether a request failed meanwhile, or had shortly before.
func (p *perKey) troubled(l lookup) bool {
	return slices.ContainsFunc(p.asked, func(r *request) bool {
		return (r.failed || r.pending) && r.began <= l.end && (r.pending || r.ended > l.begin-2*longestBackoff)
	})
}

// mustLive reports whether all known keys are fresh for sure; after that, the model does
// not know. A request for one key, before a refresh is due, makes it no younger.
func (p *perKey) mustLive(at, before time.Duration) bool {
	since := map[int]*request{}
	for _, r := range p.asked {
		if r.pending || r.failed || r.ended >= before {
			continue
		}
		if o := since[r.kid]; o != nil && o.there && r.there && p.clock.least(o.began, r.began) < time.Duration(latest*float64(o.fresh)) {
			continue
		}
		since[r.kid] = r
	}
	fresh := time.Duration(math.MaxInt64) // that of all is the shortest of theirs
	for _, r := range since {
		if r.there {
			fresh = min(fresh, r.fresh)
		}
	}
	for _, r := range since {
		if r.there && p.clock.most(r.began, at) >= fresh {
			return false
		}
	}
	return true
}

// may returns what a lookup may find.
func (p *perKey) may(l lookup) (a answers) {
	if l.kid == noID {
		return none
	}
	old := p.last(l.kid, l.begin)
	live := p.mustLive(l.end, l.begin)
	sure := old != nil && old.has(l) && live
	if old != nil && old.has(l) && p.clock.least(old.began, l.begin) < old.fresh+p.maxStale {
		a |= found
	}
	failed, recent, resting, looked, slow := false, 0, false, false, false
	for _, r := range p.asked {
		if r.began > l.begin-burst*slot && r.began <= l.end {
			recent++
		}
		slow = slow || r.began <= l.end-patience && (r.pending || r.ended > l.end)
		ended := min(r.ended, r.began+givenUp)
		if r.pending {
			ended = r.began + givenUp
		}
		switch during := l.begin <= ended && ended <= l.end; {
		case during && (r.failed || r.pending):
			failed = true
		case during && r.kid == l.kid:
			looked = true
			if r.has(l) {
				a |= found
			} else {
				a |= none
				sure = false
			}
		case r.failed && ended < l.begin && ended > l.begin-2*longestBackoff:
			resting = true
		}
	}
	if sure {
		return found
	}
	stepped := p.clock.offset(l.begin-1) != p.clock.offset(l.end) // all keys may be too old at once
	excused := stepped || failed || l.gaveUp() || resting || recent >= burst || slow && old != nil
	if old != nil && !old.has(l) {
		// What was not there is asked for again after half a minute; a key under whose
		// ID the token was not signed, after a minute.
		if ago := l.begin - old.ended; !old.there && ago < forgetMissing || old.there && (ago < forgetProbe || excused || old.entry.alg != l.alg) {
			a |= none
		}
	}
	if excused && (!looked || failed || stepped || l.gaveUp()) {
		a |= unknown
	}
	if a == 0 { // the model cannot place it
		return unknown
	}
	return a
}
