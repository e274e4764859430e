// Package refresh decides when a set of keys that somebody else publishes is
// fetched, and what a look-up does meanwhile. It is the rules alone: it does
// no I/O, starts nothing, and is told the time.
package refresh

import (
	"math/rand/v2"
	"strings"
	"time"
)

const (
	defaultFresh = 10 * time.Minute
	minFresh     = time.Minute
	maxFresh     = 24 * time.Hour

	firstRetry    = time.Second
	lastRetry     = time.Minute
	maxRetryAfter = time.Hour

	// Patience is how long a look-up waits for a set that is past its
	// freshness to be fetched, before it is served all the same.
	Patience = time.Second

	// stepBack is how far a clock may run backwards without being taken as
	// set back: goroutines do not reach the Schedule in the order of time.
	stepBack = time.Second
)

// A Policy is what the user of a set chooses.
type Policy struct {
	Every    time.Duration  // how long a set is fresh, whatever its answer says; 0: as it says
	MaxStale time.Duration  // how long past its freshness a set may serve
	Random   func() float64 // in [0, 1), for jitter; nil: math/rand
}

// A Lookup is what the Schedule has to know of one.
type Lookup struct {
	KeyID string
	Known bool // the set has keys for it
	Again bool // those keys did not verify
}

// A Verdict tells a look-up what to do.
type Verdict int

const (
	Serve       Verdict = iota + 1 // answer from the set as it is
	Wait                           // wait for the fetch, then answer
	WaitBriefly                    // wait for it, at most Patience, then answer
	Refuse                         // there is no answer now
)

// A Decision is the verdict, and whether the caller has to start a fetch. It
// must then report Succeeded or Failed.
type Decision struct {
	Verdict Verdict
	Fetch   bool
}

// A Schedule holds the state of one set. It is not safe for concurrent use.
type Schedule struct {
	policy Policy
	clock  clock

	loaded             bool      // there is a set
	due, stale, expiry time.Time // refresh from, past its freshness from, unusable from

	fetching bool
	charged  bool // the fetch was taken from the budget
	failures int
	retry    time.Time // backoff: no fetch before it
	wanted   time.Time // a fetch that found the budget empty; zero: none

	budget  budget
	missing memory   // key IDs that a fetch did not find
	probed  memory   // key IDs whose keys were looked up again
	probing []string // those of them that no fetch has answered yet
}

// New returns the Schedule of a set that was never fetched.
func New(p Policy) *Schedule {
	if p.Random == nil {
		p.Random = rand.Float64
	}
	return &Schedule{policy: p, missing: memory{ttl: 30 * time.Second}, probed: memory{ttl: time.Minute}}
}

// Seed says that there is a set from elsewhere, last seen at its source at
// seen, and then fresh as for Succeeded. It reports whether the set is young
// enough to serve.
func (s *Schedule) Seed(now, seen time.Time, fresh time.Duration) bool {
	t := s.clock.read(now)
	age := max(0, t.Sub(s.clock.shift(seen)))
	expiry := t.Add(s.fresh(fresh) - age).Add(s.policy.MaxStale) // the sum may be more than a Duration
	if !t.Before(expiry) {
		return false
	}
	s.loaded, s.due, s.stale, s.expiry = true, t, t, expiry
	return true
}

// Decide tells a look-up what to do.
func (s *Schedule) Decide(now time.Time, l Lookup) Decision {
	t := s.now(now)
	may := !t.Before(s.retry) // fetch
	switch {
	case !s.loaded || !t.Before(s.expiry):
		return s.wait(Wait, Refuse, may)
	case !t.Before(s.stale) && l.Known:
		return s.wait(WaitBriefly, Serve, may)
	case !t.Before(s.stale):
		return s.wait(Wait, Refuse, may)
	case l.Known && !l.Again:
		return Decision{Serve, s.background(t, may)}
	case l.Known && s.probed.has(t, l.KeyID), !l.Known && s.missing.has(t, l.KeyID):
		return Decision{Serve, s.background(t, may)}
	default:
		return s.look(t, l, may)
	}
}

// wait joins the fetch under way or starts one; while backoff forbids one, it
// is otherwise.
func (s *Schedule) wait(verdict, otherwise Verdict, may bool) Decision {
	switch {
	case s.fetching:
		return Decision{verdict, false}
	case may:
		return Decision{verdict, s.start(false)}
	default:
		return Decision{otherwise, false}
	}
}

// look is for a key that a fresh set does not have, or not rightly.
func (s *Schedule) look(t time.Time, l Lookup, may bool) Decision {
	if l.Known && (may || s.fetching) {
		s.probed.add(t, l.KeyID)
		s.probing = append(s.probing, strings.Clone(l.KeyID))
	}
	switch {
	case s.fetching:
		return Decision{Wait, false}
	case !may && l.Known:
		return Decision{Serve, false}
	case !may:
		return Decision{Refuse, false} // the last look failed: nobody knows
	case s.background(t, may):
		return Decision{Wait, true}
	case s.budget.take(t):
		return Decision{Wait, s.start(true)}
	}
	if s.wanted.IsZero() {
		s.wanted = s.budget.next()
	}
	if !l.Known && s.failures > 0 {
		return Decision{Refuse, false}
	}
	return Decision{Serve, false}
}

// background starts a fetch that is due without anybody waiting for it.
func (s *Schedule) background(t time.Time, may bool) bool {
	switch {
	case s.fetching || !may:
		return false
	case !t.Before(s.due):
		return s.start(false)
	case s.wanted.IsZero() || t.Before(s.wanted):
		return false
	case s.budget.take(t):
		return s.start(true)
	}
	s.wanted = s.budget.next()
	return false
}

func (s *Schedule) start(charged bool) bool {
	s.fetching, s.charged = true, charged
	return true
}

// Due starts the fetch whose time has come, without a look-up that asks for
// it, and reports whether there is one.
func (s *Schedule) Due(now time.Time) bool {
	t := s.now(now)
	return s.background(t, !t.Before(s.retry))
}

// Start starts a fetch whatever the backoff says. It is false when one is
// under way.
func (s *Schedule) Start(now time.Time) bool {
	s.now(now)
	return !s.fetching && s.start(false)
}

// Succeeded says that the fetch brought a good set, or that the set is still
// the same. fresh is how long the source lets it be kept; negative: it does
// not say.
func (s *Schedule) Succeeded(now time.Time, fresh time.Duration) {
	s.SucceededAfter(now, 0, fresh)
}

// SucceededAfter is Succeeded for a fetch that took a while: the set may be as
// old as the request (RFC 9111 §4.2.3), which is hours when the machine slept.
func (s *Schedule) SucceededAfter(now time.Time, took, fresh time.Duration) {
	t := s.now(now).Add(-max(0, took))
	fresh = s.fresh(fresh)
	ahead := 0.8 * (0.9 + 0.2*s.policy.Random())
	s.due = t.Add(time.Duration(ahead * float64(fresh)))
	s.stale = t.Add(fresh)
	s.expiry = s.stale.Add(s.policy.MaxStale)
	s.loaded, s.fetching, s.failures, s.probing = true, false, 0, nil
	s.retry, s.wanted = time.Time{}, time.Time{}
}

// fresh is how long a set is fresh when its source says said.
func (s *Schedule) fresh(said time.Duration) time.Duration {
	switch {
	case s.policy.Every > 0:
		return s.policy.Every
	case said < 0:
		return defaultFresh
	}
	return min(max(said, minFresh), maxFresh)
}

// Failed says that the fetch brought nothing. retryAfter is when the source
// wants to be asked again; 0: it does not say.
func (s *Schedule) Failed(now time.Time, retryAfter time.Duration) {
	t := s.now(now)
	if s.charged {
		s.budget.refund()
	}
	for _, id := range s.probing { // they were not looked up
		delete(s.probed.ids, id)
	}
	delay := lastRetry
	if s.failures < 6 {
		delay = firstRetry << s.failures
	}
	delay = time.Duration(float64(min(delay, lastRetry)) * (0.5 + 0.5*s.policy.Random()))
	s.retry = t.Add(max(delay, min(retryAfter, s.patience(t))))
	s.fetching, s.probing = false, nil
	s.failures++
}

// patience is how long the source may hold back the next fetch: an hour, and no
// longer than a backoff may while there is no set to serve.
func (s *Schedule) patience(t time.Time) time.Duration {
	if !s.loaded {
		return lastRetry
	}
	return max(lastRetry, min(maxRetryAfter, s.expiry.Sub(t)+lastRetry))
}

// Missing says that a fetch succeeded and there is no key of that ID.
func (s *Schedule) Missing(now time.Time, keyID string) {
	s.missing.add(s.now(now), keyID)
}

// Next is when the next fetch is due, whoever asks.
func (s *Schedule) Next() time.Time {
	next := s.due
	if !s.wanted.IsZero() && s.wanted.Before(next) {
		next = s.wanted
	}
	if next.Before(s.retry) {
		next = s.retry
	}
	return s.clock.unshift(next)
}

// Quiet is until when look-ups of known keys need not ask: they are served,
// and start nothing.
func (s *Schedule) Quiet() time.Time {
	quiet := s.clock.shift(s.Next())
	if s.fetching {
		quiet = s.stale
	}
	if s.expiry.Before(quiet) {
		quiet = s.expiry
	}
	return s.clock.unshift(quiet)
}

// Stale is from when the set is past its freshness; zero without a set.
func (s *Schedule) Stale() time.Time { return s.clock.unshift(s.stale) }

// Expiry is from when the set may not serve; zero without a set.
func (s *Schedule) Expiry() time.Time { return s.clock.unshift(s.expiry) }

// now reads the clock. When it was set back, ages are kept as they were and a
// refresh is wanted, within the budget: a clock may go back and forth.
func (s *Schedule) now(now time.Time) time.Time {
	steps := s.clock.steps
	t := s.clock.read(now)
	if s.clock.steps != steps && s.loaded {
		s.wanted = t
	}
	return t
}
