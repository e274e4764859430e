package refresh

import (
	"math/rand/v2"
	"strings"
	"time"
)

const (
	defaultFresh = 10 * time.Minute // R1
	minFresh     = time.Minute      // R1
	maxFresh     = 24 * time.Hour   // R1

	firstRetry    = time.Second // R4
	lastRetry     = time.Minute // R4
	maxRetryAfter = time.Hour   // R4

	negativeTTL = 30 * time.Second // R7
	probeTTL    = time.Minute      // R9

	// Patience is how long a lookup of a known key waits for the refresh of a set
	// that is past its freshness (R2).
	Patience = time.Second

	// attention is for how long after a backoff, or past the freshness while a fetch
	// is under way, a lookup has nothing new to wait for.
	attention = time.Minute // R2

	// stepBack is how far a clock may run backwards without counting as set back:
	// goroutines do not reach the Schedule in the order in which they read it.
	stepBack = time.Second
)

// A Policy holds what the user of a set chooses.
type Policy struct {
	Every    time.Duration  // how long a set is fresh, regardless of its response; 0: as the response says
	MaxStale time.Duration  // how long past its freshness a set may be used
	PerID    bool           // a fetch for an unknown key ID brings that key alone
	Random   func() float64 // in [0, 1), for jitter; nil: the variable Random
}

// A Lookup holds what the Schedule has to know about one.
type Lookup struct {
	KeyID string
	Known bool // the set has keys for it
	Again bool // those keys did not verify the token
}

// A Verdict says what a lookup has to do. The zero Verdict is none of them.
type Verdict int

const (
	Serve       Verdict = iota + 1 // answer from the set as it is
	Wait                           // wait for the fetch, then answer
	WaitBriefly                    // wait for it, at most Patience, then answer
	Refuse                         // answer that nobody knows: ErrUnavailable
)

// A Decision is the Verdict, and whether the caller has to start a fetch. If so,
// it must report the end of that fetch by Succeeded or Failed.
type Decision struct {
	Verdict Verdict
	Fetch   bool
}

// A Schedule is the state of one set. It is not safe for concurrent use.
//
// Times are given and returned as time.Now returns them. Inside, they are times
// of its clock, which never runs backwards.
type Schedule struct {
	policy Policy
	clock  clock

	loaded             bool      // there is a set
	due, stale, expiry time.Time // from when it is refreshed, past its freshness, unusable

	fetching bool
	ahead    bool      // the fetch under way began while the set was fresh
	charged  bool      // the fetch under way was taken from the budget
	single   bool      // it is for the key ID of its lookup alone (R20)
	failures int       // in a row
	retry    time.Time // no fetch before it: backoff
	wanted   time.Time // a fetch that found the budget empty is due then; zero: none

	budget  budget
	missing memory          // key IDs that a fetch did not find
	probed  memory          // key IDs that were fetched again because a signature was bad
	probing map[string]bool // those whose fetch is under way or wanted
}

// Random is where a Policy without a Random takes its chance from. Only
// internal/evidence/simulation replaces it, so that its runs can be repeated.
var Random = rand.Float64

// New returns the Schedule of a set that was never fetched.
func New(p Policy) *Schedule {
	if p.Random == nil {
		p.Random = Random
	}
	return &Schedule{policy: p, missing: memory{ttl: negativeTTL}, probed: memory{ttl: probeTTL}, probing: map[string]bool{}}
}

// Seed installs a set from elsewhere (R12) and reports whether it is young enough
// to use. seen is when its source last published it, and fresh as for Succeeded.
// The set is used, and is past its freshness: the next lookup fetches.
func (s *Schedule) Seed(now, seen time.Time, fresh time.Duration) bool {
	t := s.clock.read(now)
	age := max(0, t.Sub(s.clock.toSchedule(seen)))
	expiry := t.Add(s.freshFor(fresh) - age).Add(s.policy.MaxStale) // two Adds: the sum may overflow a Duration
	if !t.Before(expiry) {
		return false
	}
	s.loaded, s.due, s.stale, s.expiry = true, t, t, expiry
	return true
}

// Decide says what a lookup has to do.
func (s *Schedule) Decide(now time.Time, l Lookup) Decision {
	t := s.tick(now)
	switch {
	case !s.loaded || !t.Before(s.expiry): // R12: a cold start; R3: an outage
		return s.wait(t, Wait, Refuse)
	case !t.Before(s.stale) && l.Known && !l.Again && s.attended(t): // R2: there is nothing new to wait for
		return Decision{Serve, s.startDue(t)}
	case !t.Before(s.stale) && l.Known && l.Again: // R9: it may bring another key
		return s.wait(t, Wait, Serve)
	case !t.Before(s.stale) && l.Known: // R2: past its freshness
		return s.wait(t, WaitBriefly, Serve)
	case !t.Before(s.stale): // R8: nobody knows
		return s.wait(t, Wait, Refuse)
	case l.Known && !l.Again:
		return Decision{Serve, s.startDue(t)}
	case l.Known && s.fetching && s.probing[l.KeyID]: // R9: shared
		return Decision{Wait, false}
	case l.Known && s.probed.has(t, l.KeyID), !l.Known && s.missing.has(t, l.KeyID): // R9, R7: looked for not long ago
		return Decision{Serve, s.startDue(t)}
	default:
		return s.search(t, l)
	}
}

// StartDue starts the fetch whose time has come, without a lookup that asks for
// it. It reports whether there is one: then the caller has to fetch.
func (s *Schedule) StartDue(now time.Time) bool {
	return s.startDue(s.tick(now))
}

// StartNow starts a fetch regardless of backoff and budget. It reports false if
// one is under way; otherwise the caller has to fetch.
func (s *Schedule) StartNow(now time.Time) bool {
	t := s.tick(now)
	if s.fetching {
		return false
	}
	s.start(t, free)
	return true
}

// wait decides on a lookup that needs the fetch under way or a new one: verdict is
// how it waits, and blocked is its answer while backoff allows no fetch.
func (s *Schedule) wait(t time.Time, verdict, blocked Verdict) Decision {
	switch {
	case s.fetching:
		return Decision{verdict, false}
	case s.inBackoff(t):
		return Decision{blocked, false}
	}
	s.start(t, free)
	return Decision{verdict, true}
}

// search decides on a key that a fresh set does not have (R5), or whose
// signature is bad (R9).
func (s *Schedule) search(t time.Time, l Lookup) Decision {
	mayFetch := !s.inBackoff(t)
	switch {
	case s.fetching: // R5: all who wait share it
		if !s.policy.PerID { // R20: else it may be for another ID
			s.probe(l)
		}
		return Decision{Wait, false}
	case !mayFetch && l.Known:
		return Decision{Serve, false}
	case !mayFetch: // R8: the last fetch failed
		return Decision{Refuse, false}
	case s.startDue(t):
		s.probe(l)
		return Decision{Wait, true}
	case s.budget.take(t):
		s.start(t, charged)
		s.single = s.policy.PerID
		s.probe(l)
		return Decision{Wait, true}
	}
	if s.policy.PerID { // R20: no fetch but its own finds the key, so nobody knows
		if l.Known {
			return Decision{Serve, false}
		}
		return Decision{Refuse, false}
	}
	if s.wanted.IsZero() { // R5: the next slot
		s.wanted = s.budget.next()
	}
	s.probe(l)                      // by the wanted fetch
	if !l.Known && s.failures > 0 { // R8
		return Decision{Refuse, false}
	}
	return Decision{Serve, false}
}

// probe notes that the fetch under way or wanted looks for a key whose signature was
// bad. It counts once it has succeeded (R9).
func (s *Schedule) probe(l Lookup) {
	if l.Known && !s.probing[l.KeyID] {
		s.probing[strings.Clone(l.KeyID)] = true // a clone, so as not to keep the whole token
	}
}

// probesEnd notes that the fetch has succeeded.
func (s *Schedule) probesEnd(t time.Time) {
	for id := range s.probing {
		s.probed.add(t, id)
	}
	clear(s.probing)
}

// startDue starts the fetch that is due or wanted, if there is one and backoff allows
// it. It reports whether it did. Nobody has to wait for that fetch.
func (s *Schedule) startDue(t time.Time) bool {
	switch {
	case s.fetching || s.inBackoff(t):
		return false
	case !t.Before(s.due): // R1: a refresh is due; R6: it is not charged
		s.start(t, free)
		return true
	case s.wanted.IsZero() || t.Before(s.wanted):
		return false
	case s.budget.take(t):
		s.start(t, charged)
		return true
	}
	s.wanted = s.budget.next()
	return false
}

// inBackoff reports whether no fetch may start, since the last one failed (R4).
func (s *Schedule) inBackoff(t time.Time) bool { return t.Before(s.retry) }

// A price says whether a fetch is taken from the budget (R6).
type price bool

const (
	free    price = false
	charged price = true
)

// start notes that a fetch is under way.
func (s *Schedule) start(t time.Time, p price) {
	s.fetching, s.ahead, s.charged, s.single = true, t.Before(s.stale), p == charged, false
}

// attended reports whether the refresh of a set that is past its freshness was tried
// only just now, or is under way since before (R2). Otherwise nobody has looked for a
// while, and its keys may have been rotated long ago.
func (s *Schedule) attended(t time.Time) bool {
	if s.fetching && s.ahead {
		return t.Before(s.stale.Add(attention))
	}
	return t.Before(s.retry.Add(attention))
}

// tick turns a reading of time.Now into the time of the Schedule, and lets that pass.
// When the clock was set back, ages stay as they were and a refresh is wanted (R10):
// within the budget, as it may go back and forth.
func (s *Schedule) tick(now time.Time) time.Time {
	steps := s.clock.steps
	t := s.clock.read(now)
	if s.clock.steps != steps && s.loaded {
		s.wanted = t
	}
	return t
}

// Succeeded reports that the fetch, which took that long, brought a good set, or that
// the set has not changed. The set may be as old as the request (RFC 9111 §4.2.3),
// which is hours if the machine slept. fresh is how long the response lets it be
// kept; negative if it does not say.
func (s *Schedule) Succeeded(now time.Time, took, fresh time.Duration) {
	t := s.tick(now)
	s.probesEnd(t)
	t = t.Add(-max(0, took))
	s.due, s.stale = s.span(t, s.freshFor(fresh))
	s.expiry = s.stale.Add(s.policy.MaxStale) // R3
	s.loaded, s.fetching, s.failures = true, false, 0
	s.retry, s.wanted = time.Time{}, time.Time{}
}

// span returns when a set that was fetched at t is refreshed, and when it is past
// its freshness.
func (s *Schedule) span(t time.Time, fresh time.Duration) (due, stale time.Time) {
	ahead := 0.8 * (0.9 + 0.2*s.policy.Random()) // R1: 80 % ± 10 % of it
	return t.Add(time.Duration(ahead * float64(fresh))), t.Add(fresh)
}

// freshFor returns how long a set is fresh whose response allows said (R1).
func (s *Schedule) freshFor(said time.Duration) time.Duration {
	switch {
	case s.policy.Every > 0:
		return s.policy.Every
	case said < 0:
		return defaultFresh
	}
	return min(max(said, minFresh), maxFresh)
}

// Failed reports that the fetch brought no set. retryAfter is how long the
// response asks to wait before the next one; 0 if it does not say.
func (s *Schedule) Failed(now time.Time, retryAfter time.Duration) {
	t := s.tick(now)
	if s.charged { // R6
		s.budget.refund()
	}
	delay := lastRetry
	if s.failures < 6 { // 2^6 s is more than lastRetry, and a larger shift may overflow
		delay = firstRetry << s.failures
	}
	delay = time.Duration(float64(min(delay, lastRetry)) * (0.5 + 0.5*s.policy.Random()))
	s.retry = t.Add(max(delay, min(retryAfter, s.longestRetryAfter(t))))
	s.fetching = false
	clear(s.probing) // R9: a failed fetch is not a probe
	s.failures++
}

// longestRetryAfter returns for how long the source may put off the next fetch
// (R4): an hour, but not until there has been no set to use for longer than a
// backoff takes.
func (s *Schedule) longestRetryAfter(t time.Time) time.Duration {
	if !s.loaded {
		return lastRetry
	}
	return max(lastRetry, min(maxRetryAfter, s.expiry.Sub(t)+lastRetry))
}

// Missing reports that a fetch succeeded and found no key of that ID (R7).
func (s *Schedule) Missing(now time.Time, keyID string) {
	s.missing.add(s.tick(now), keyID)
}
