package verifier

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// tenants are the verifiers of a Router, by choice. A verifier goes through three
// places, each of which is bounded:
//
//   - calls: to is asked for it. A call exists as long as a token waits for it or
//     it runs, and the number of those that run is limited.
//   - trial: to has returned it. It stays while tokens use it, and after that among
//     the most recently used maxIdle.
//   - kept: it has accepted a token. Only another that has done so pushes it out.
//
// Whoever writes tokens without being able to sign them fills the first two only.
type tenants struct {
	to   func(context.Context, string) (Verifier, error)
	most int

	unknown, returning chan struct{} // each running call holds a place in one of them

	mu      sync.Mutex
	forgets uint64 // counts the calls of forget
	calls   map[string]*call
	trial   map[string]*tenant
	idle    list.List // of *tenant: those on trial that no token uses, the most recently used first
	kept    map[string]*tenant
	recent  list.List // of *tenant: those kept, the one that accepted a token last first
	refused memory    // choices that are not one of ours, for a short time
	proven  memory    // choices of which a token was accepted, kept or not

	forgotten memory // choices that were forgotten, and not asked for since
}

// A tenant is the verifier of one choice. The mutex of its tenants guards it, but
// for choice and v, which never change.
type tenant struct {
	choice string
	v      Verifier
	users  int           // tokens that use it; not counted any more once it is kept
	place  *list.Element // in recent if it is kept, in idle if it is on trial and unused
}

const (
	maxIdle    = 64
	maxRunning = 32 // calls in each of the two kinds
	callTime   = 10 * time.Second
	maxRefused = 1024
	refusedFor = 5 * time.Second
	// How many choices are remembered as proven: that many times the number kept,
	// but no more than maxProven.
	provenPerKept, maxProven = 16, 1 << 16
)

func newTenants(to func(context.Context, string) (Verifier, error), most int) *tenants {
	return &tenants{
		to: to, most: most,
		unknown: make(chan struct{}, maxRunning), returning: make(chan struct{}, maxRunning),
		calls: map[string]*call{}, trial: map[string]*tenant{}, kept: map[string]*tenant{},
		refused: memory{most: maxRefused}, proven: memory{most: min(most, maxProven/provenPerKept) * provenPerKept},
		forgotten: memory{most: maxRefused},
	}
}

// A use is that of one verifier for one token.
type use struct {
	*tenant
	onTrial bool   // it has to be released
	forgets uint64 // when the use began
}

// find returns the verifier of choice, and asks for it if need be. If it is on
// trial, the caller must release it. The error is errNoVerifier if the choice is
// not one of ours, errForgotten if it has to be asked again, and an outage
// otherwise.
func (s *tenants) find(ctx context.Context, choice string) (use, error) {
	s.mu.Lock()
	u := use{s.kept[choice], false, s.forgets}
	if u.tenant != nil {
		s.mu.Unlock()
		return u, nil
	}
	u.onTrial = true
	if t := s.trial[choice]; t != nil {
		if t.users++; t.place != nil {
			s.idle.Remove(t.place)
			t.place = nil
		}
		s.mu.Unlock()
		u.tenant = t
		return u, nil
	}
	if since, ok := s.refused.find(choice); ok && time.Since(since) < refusedFor {
		s.mu.Unlock()
		return use{}, errNoVerifier
	}
	c := s.join(choice)
	s.mu.Unlock()
	t, err := s.wait(ctx, c)
	if err != nil {
		return use{}, err
	}
	u.tenant = t
	return u, nil
}

// accept notes that the verifier has accepted the token: it is kept from now on, or
// counts as used. accept reports false if it was forgotten meanwhile, so that the
// token must not be returned.
//
// Only accepted tokens count as use. Others could be written to choose who leaves.
func (s *tenants) accept(u use) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch t := u.tenant; {
	case s.kept[t.choice] == t:
		s.recent.MoveToFront(t.place)
	case s.trial[t.choice] == t:
		delete(s.trial, t.choice)
		s.keep(t)
	default:
		// It was pushed out or forgotten. Which, only the count tells, and it counts
		// for all choices; a token too many that is verified again does no harm.
		return s.forgets == u.forgets
	}
	return true
}

// release ends the use of a verifier on trial.
func (s *tenants) release(t *tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(t)
}

// leave is release under the lock.
func (s *tenants) leave(t *tenant) {
	t.users--
	if t.users == 0 && s.trial[t.choice] == t {
		s.rest(t)
	}
}

// keep gives t a place among those kept.
func (s *tenants) keep(t *tenant) {
	s.proven.add(t.choice)
	s.kept[t.choice], t.place = t, s.recent.PushFront(t)
	if s.recent.Len() > s.most {
		delete(s.kept, s.recent.Remove(s.recent.Back()).(*tenant).choice)
	}
}

// rest holds t, which is on trial and unused, until others take its place.
func (s *tenants) rest(t *tenant) {
	t.place = s.idle.PushFront(t)
	if s.idle.Len() > maxIdle {
		delete(s.trial, s.idle.Remove(s.idle.Back()).(*tenant).choice)
	}
}

func (s *tenants) forget(choice string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgets++
	if t := s.kept[choice]; t != nil {
		s.recent.Remove(t.place)
		delete(s.kept, choice)
	}
	if t := s.trial[choice]; t != nil {
		if t.place != nil {
			s.idle.Remove(t.place)
		}
		delete(s.trial, choice)
	}
	delete(s.calls, choice) // its answer comes too late
	s.refused.remove(choice)
	s.proven.remove(choice)
	s.forgotten.add(choice)
}

// A memory holds the choices that were added last, at most most of them, and when.
// The zero time is not used.
type memory struct {
	most  int
	times map[string]time.Time
	order []string // a ring once it is full; may name one that was removed or added again
	next  int
}

func (m *memory) find(choice string) (time.Time, bool) {
	at, ok := m.times[choice]
	return at, ok
}

func (m *memory) add(choice string) {
	if m.times == nil {
		m.times = map[string]time.Time{}
	}
	_, known := m.times[choice]
	m.times[choice] = time.Now()
	switch {
	case known:
	case len(m.order) < m.most:
		m.order = append(m.order, choice)
	default:
		delete(m.times, m.order[m.next])
		m.order[m.next] = choice
		m.next = (m.next + 1) % m.most
	}
}

func (m *memory) remove(choice string) { delete(m.times, choice) }
