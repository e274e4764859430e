package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// This file is the model. It imports nothing of the library. A source is told what its
// endpoint was asked and what it answered, and says what a lookup may find.

// An entry is a usable key of a set: number key of the pool, published with an ID.
type entry struct {
	key int
	kid int    // noID: without an ID
	alg string // of the key
}

const noID = -1

// A version is a set of keys as a host got it.
type version struct {
	from   time.Duration // its age counts from here: when it was asked for
	age    time.Duration // how old it was then
	fresh  time.Duration // how old it may be and count as fresh
	keys   []entry
	seeded bool // from a snapshot or seed, so that it was never fresh
}

// A try is one fetch of a set.
type try struct {
	began, ended time.Duration // ended is unset while pending
	pending      bool
	good         bool
	version
	retryAfter time.Duration
	charged    bool         // to the budget
	asked      map[int]bool // the key IDs that lookups sought meanwhile
}

// A source is the model of one remote key set on one host, from start to restart.
type source struct {
	clock    *clockLog
	maxStale time.Duration
	began    time.Duration // when the host was started
	first    *version      // what it started from, or nil
	tries    []*try
	refresh  []time.Duration // when Refresh was called
	paid     time.Duration   // the state of the budget: when all of it is paid back
	wanted   []int           // the key IDs that were sought over budget since the last try
}

const (
	burst, slot    = 3, 10 * time.Second
	forgetMissing  = 30 * time.Second
	forgetProbe    = time.Minute
	longestBackoff = time.Minute
	longestAsked   = time.Hour // of Retry-After
	earliest       = 0.72      // of the freshness, when the refresh is due
	latest         = 0.88
	patience       = time.Second // of a lookup of a known key, when the set is past its freshness
)

// An answers is a set of what may be answered.
type answers uint8

const (
	found   answers = 1 << iota
	none            // there is no such key: the token is invalid
	unknown         // nobody knows: the token is undecided
)

func (a answers) String() string {
	var s []string
	for i, word := range []string{"found", "none", "unknown"} {
		if a&(1<<i) != 0 {
			s = append(s, word)
		}
	}
	return strings.Join(s, "|")
}

// A lookup is one question for a key. The token was really signed with key; forged ones
// have a key that nobody publishes.
type lookup struct {
	kid, key               int
	alg                    string
	begin, end, patientFor time.Duration
	merged                 bool // it may last longer than what it asks of one source
}

func (l lookup) gaveUp() bool { return l.end >= l.begin+l.patientFor }

func (v *version) has(l lookup) bool {
	for _, e := range v.keys {
		if e.key == l.key && e.alg == l.alg && (e.kid == l.kid || e.kid == noID || l.kid == noID) {
			return true
		}
	}
	return false
}

// knows reports whether some key has the ID, which of the algorithm too if that is given.
func (v *version) knows(kid int, alg string) bool {
	for _, e := range v.keys {
		if (e.kid == kid || kid == noID) && (alg == "" || e.alg == alg) {
			return true
		}
	}
	return false
}

// count returns how many keys have the algorithm.
func (v *version) count(alg string) (n int) {
	for _, e := range v.keys {
		if e.alg == alg {
			n++
		}
	}
	return n
}

// fits reports whether a key without an ID has the algorithm.
func (v *version) fits(alg string) bool {
	for _, e := range v.keys {
		if e.kid == noID && e.alg == alg {
			return true
		}
	}
	return false
}

// mayMislead reports whether there is a key that fits the token and has not signed it.
func (v *version) mayMislead(l lookup) bool {
	return v != nil && slices.ContainsFunc(v.keys, func(e entry) bool {
		return e.alg == l.alg && e.key != l.key && (e.kid == l.kid || e.kid == noID || l.kid == noID)
	})
}

// mayMislead is that of the sets in force during the lookup.
func (s *source) mayMislead(l lookup) bool {
	return s.before(l.begin).mayMislead(l) || slices.ContainsFunc(s.during(l.begin, l.end), func(t *try) bool { return t.mayMislead(l) })
}

// leastAge and mostAge bound the age of v: by either clock, and by the one that runs
// fastest at every moment.
func (s *source) leastAge(v *version, at time.Duration) time.Duration {
	return v.age + s.clock.least(v.from, at)
}

func (s *source) mostAge(v *version, at time.Duration) time.Duration {
	return v.age + s.clock.most(v.from, at)
}

func (s *source) mayLive(v *version, at time.Duration) bool {
	return v != nil && s.leastAge(v, at) < v.fresh+s.maxStale
}

func (s *source) mustLive(v *version, at time.Duration) bool {
	return v != nil && s.mostAge(v, at) < v.fresh+s.maxStale
}

// before returns the set in force just before that time, or nil.
func (s *source) before(at time.Duration) *version {
	v := s.first
	for _, t := range s.tries {
		if t.good && !t.pending && t.ended < at {
			v = &t.version
		}
	}
	return v
}

// during returns the tries that ended in that time.
func (s *source) during(begin, end time.Duration) (ts []*try) {
	for _, t := range s.tries {
		if !t.pending && begin <= t.ended && t.ended <= end {
			ts = append(ts, t)
		}
	}
	return ts
}

// failures returns the last try that had ended before that time, and how many in a row
// had failed.
func (s *source) failures(at time.Duration) (last *try, n int) {
	for _, t := range s.tries {
		switch {
		case t.pending || t.ended >= at:
		case t.good:
			last, n = t, 0
		default:
			last, n = t, n+1
		}
	}
	return last, n
}

// backoff returns the bounds of the delay after n failures, of which t was the last.
func (s *source) backoff(t *try, n int) (least, most time.Duration) {
	most = min(time.Second<<min(n-1, 10), longestBackoff)
	least = most / 2
	left := [2]time.Duration{}
	if v := s.before(t.ended); v != nil {
		left[0] = v.fresh + s.maxStale - s.mostAge(v, t.ended)
		left[1] = v.fresh + s.maxStale - s.leastAge(v, t.ended)
	}
	for i := range left {
		left[i] = max(longestBackoff, min(longestAsked, left[i]+longestBackoff))
	}
	return max(least, min(t.retryAfter, left[0])), max(most, min(t.retryAfter, left[1]))
}

// resting reports whether backoff may forbid a fetch at that time.
func (s *source) resting(at time.Duration) bool {
	t, n := s.failures(at)
	if n == 0 {
		return false
	}
	_, most := s.backoff(t, n)
	return at < t.ended+most
}

// spent reports whether the budget may be spent: three fetches in the last 30 seconds.
func (s *source) spent(at time.Duration) bool {
	n := 0
	for _, t := range s.tries {
		if t.began > at-burst*slot && t.began <= at && (t.pending || t.ended > at || t.good) {
			n++
		}
	}
	return n >= burst
}

// soughtBefore reports whether there was a fetch less than that long ago, in which the ID
// was sought.
func (s *source) soughtBefore(l lookup, ago time.Duration) bool {
	return slices.ContainsFunc(s.tries, func(t *try) bool {
		return t.good && !t.pending && t.ended < l.begin && t.ended > l.begin-ago && t.asked[l.kid]
	})
}

// troubled reports whether a fetch failed meanwhile, or backoff kept it from beginning.
func (s *source) troubled(l lookup) bool {
	return s.resting(l.begin) || slices.ContainsFunc(s.during(l.begin, l.end), func(t *try) bool { return !t.good })
}

// outlasts reports whether a fetch is under way that has taken longer than a lookup of a
// known key waits.
func (s *source) outlasts(at time.Duration) bool {
	return slices.ContainsFunc(s.tries, func(t *try) bool { return t.began <= at-patience && (t.pending || t.ended > at) })
}

// may returns what a lookup may find.
func (s *source) may(l lookup) (a answers) {
	old := s.before(l.begin)
	failed, looked := false, false
	unheard := !s.mustLive(old, l.end) || !old.knows(l.kid, "") // the ID
	sure := s.mustLive(old, l.end) && old.has(l)
	if s.mayLive(old, l.begin) && old.has(l) {
		a |= found
	}
	lacks := s.mayLive(old, l.begin) && !old.has(l)
	isKnown, otherAlg := old != nil && (old.knows(l.kid, "") || old.fits(l.alg)), old != nil && old.knows(l.kid, "") && !old.knows(l.kid, l.alg) && !old.fits(l.alg)
	fresh := s.mayLive(old, l.begin) && !old.seeded && s.leastAge(old, l.begin) < old.fresh
	for _, t := range s.during(l.begin, l.end) {
		if !t.good {
			failed = true
			continue
		}
		if s.mustLive(&t.version, l.end) {
			looked = true
		} else { // the machine slept meanwhile
			failed = true
		}
		unheard = unheard || !t.knows(l.kid, "")
		if t.has(l) && s.mayLive(&t.version, t.ended) {
			a |= found
		}
		if !t.has(l) && s.mayLive(&t.version, t.ended) {
			lacks = true
			a |= none // it looked
		}
		sure = sure && t.has(l) && s.mustLive(&t.version, l.end)
		isKnown = isKnown || t.knows(l.kid, "") || t.fits(l.alg)
		otherAlg = otherAlg || t.knows(l.kid, "") && !t.knows(l.kid, l.alg)
	}
	if sure {
		return found
	}
	resting := s.resting(l.begin)
	_, n := s.failures(l.begin)
	if lacks {
		switch {
		case isKnown && (failed || resting): // the same keys as before
			a |= none
		case isKnown && (s.soughtBefore(l, forgetProbe) || s.spent(l.begin) || otherAlg):
			a |= none
		case fresh && (s.soughtBefore(l, forgetMissing) || s.spent(l.begin)):
			a |= none
		}
	}
	if lacks && isKnown && l.gaveUp() { // R9
		a |= unknown
	}
	excused := failed || l.gaveUp() || (!looked || l.merged) && (resting || n > 0 && s.spent(l.begin))
	if (excused || s.outlasts(l.end)) && unheard {
		a |= unknown
	}
	return a
}

// begins notes that a fetch begins, and says what is wrong with that.
func (s *source) begins(at time.Duration) (t *try, wrong string) {
	last, n := s.failures(at + 1)
	forced := slices.Contains(s.refresh, at)
	if n > 0 && !forced {
		if least, _ := s.backoff(last, n); s.clock.most(last.ended, at) < least {
			wrong = fmt.Sprintf("asked again %v after failure %d, before %v have passed", at-last.ended, n, least)
		}
	}
	s.prune()
	t = &try{began: at, pending: true, asked: map[int]bool{}}
	for _, kid := range s.wanted {
		t.asked[kid] = true
	}
	s.wanted = nil
	s.tries = append(s.tries, t)
	v := s.before(at + 1)
	due := v == nil || v.seeded || s.mostAge(v, at) >= time.Duration(earliest*float64(v.fresh))
	if forced || due {
		return t, wrong
	}
	// The budget refills by the clock that runs fastest.
	now := s.clock.most(0, at)
	if now < s.paid-(burst-1)*slot {
		return t, "asked over budget"
	}
	s.paid, t.charged = max(s.paid, now)+slot, true
	return t, wrong
}

// prune forgets tries that are too long ago to matter.
func (s *source) prune() {
	const most, keep = 60, 30
	if len(s.tries) < most {
		return
	}
	for _, t := range s.tries[:len(s.tries)-keep] {
		if t.good {
			s.first = &t.version
		}
	}
	s.tries = slices.Delete(s.tries, 0, len(s.tries)-keep)
}

// ends notes that a fetch has ended, with a set unless it failed.
func (s *source) ends(t *try, at time.Duration, v *version, retryAfter time.Duration) {
	t.ended, t.pending, t.good, t.retryAfter = at, false, v != nil, retryAfter
	if v != nil {
		t.version = *v
		t.from = t.began
	} else if t.charged { // it costs nothing
		s.paid -= slot
		t.charged = false
	}
}

// overdue reports whether a refresh should have begun by that time.
func (s *source) overdue(at time.Duration) bool {
	if s.resting(at) {
		return false
	}
	for _, t := range s.tries {
		if t.began <= at && (t.pending || t.ended >= at) {
			return false
		}
	}
	v := s.before(at)
	return v == nil || v.seeded || s.leastAge(v, at) >= time.Duration(latest*float64(v.fresh))
}

// overdueAll reports whether a refresh was overdue all that time: what a clock showed until
// it was set back, nobody may have seen.
func (s *source) overdueAll(from, to time.Duration) bool {
	return s.overdue(from) && !slices.ContainsFunc(s.clock.jumps, func(j jump) bool {
		return from < j.at && j.at <= to && !s.overdue(j.at)
	})
}

// beganIn reports whether a fetch began in that time.
func (s *source) beganIn(from, to time.Duration) bool {
	return slices.ContainsFunc(s.tries, func(t *try) bool { return from <= t.began && t.began <= to })
}
