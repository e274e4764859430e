package keys

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Set is a rotating key set: the program adds, replaces and retires keys while
// tokens are being verified. It suits a service that makes its own keys; for keys
// that somebody else publishes use a [Remote].
//
// Finding a key takes no lock. Goroutines may share a Set; the zero Set is empty
// and ready to use. A Set must not be copied. A nil *Set finds nothing.
//
// While a Set is empty, Find and [Refresh] fail with [ErrUnavailable]: without
// any key nobody can say whether a token is good.
type Set struct {
	mu    sync.Mutex // held to change the state, not to read it
	state atomic.Pointer[setState]
	clock func() time.Time // nil: time.Now
}

// setState is one state of a Set. It is never changed: each change stores a new
// one, so that readers need no lock.
type setState struct {
	members []member
	index   *index
	next    deadline // when the first member retires
}

type member struct {
	key     *Key
	retires deadline // zero: never
}

// A deadline is reached when either clock says so: the time of day, which goes on
// while the machine sleeps, or the monotonic clock, which nobody can set back.
// The zero deadline is never reached.
type deadline struct{ day, awake time.Time }

// at returns the deadline at t. Round(0) drops the monotonic reading.
func at(t time.Time) deadline { return deadline{t.Round(0), t} }

func (d deadline) reached(now time.Time) bool {
	return !d.day.IsZero() && (!now.Round(0).Before(d.day) || !now.Before(d.awake))
}

// earlier returns the earlier of d and other, on each clock.
func (d deadline) earlier(other deadline) deadline {
	if d.day.IsZero() || !other.day.IsZero() && other.day.Before(d.day) {
		d.day = other.day
	}
	if d.awake.IsZero() || !other.awake.IsZero() && other.awake.Before(d.awake) {
		d.awake = other.awake
	}
	return d
}

// NewSet returns a Set of ks. Nil and zero keys are left out.
func NewSet(ks ...*Key) *Set {
	s := new(Set)
	s.Add(ks...)
	return s
}

// Add adds ks. A key that equals one in the set replaces it, and no longer
// retires if it was about to. Nil keys are left out.
func (s *Set) Add(ks ...*Key) {
	s.change(func(ms []member, _ time.Time) []member { return add(ms, ks) })
}

// Replace makes ks the only keys of the set, in one step: no lookup sees the set
// without keys. To let old tokens verify for a while, use [Set.Rotate].
func (s *Set) Replace(ks ...*Key) {
	s.change(func([]member, time.Time) []member { return add(nil, ks) })
}

// Remove removes every key with that ID and reports whether there was one. With
// "" it removes the keys that have no ID. The next lookup no longer finds them.
func (s *Set) Remove(keyID string) (removed bool) {
	s.change(func(ms []member, _ time.Time) []member {
		n := len(ms)
		ms = slices.DeleteFunc(ms, func(m member) bool { return m.key.id == keyID })
		removed = len(ms) < n
		return ms
	})
	return removed
}

// Rotate adds next and retires the other keys after grace. Until then the old
// keys still verify; from then on only next does. Choose a grace of at least the
// lifetime of a token, plus the leeway of the verifier. With a grace of zero or
// less the other keys are removed immediately.
//
// A key that was to retire earlier still does. The grace includes the time that
// the machine sleeps, and setting the clock back does not extend it. A nil next
// changes nothing.
func (s *Set) Rotate(next *Key, grace time.Duration) {
	if next == nil {
		return
	}
	s.change(func(ms []member, now time.Time) []member {
		end := at(now.Add(grace))
		for i := range ms {
			ms[i].retires = ms[i].retires.earlier(end)
		}
		return add(ms, []*Key{next})
	})
}

// Keys returns the keys that verify now, in the order in which they were added.
// The slice is the caller's.
func (s *Set) Keys() []*Key {
	return slices.Clone(s.current().index.all)
}

var errEmptySet = fmt.Errorf("%w: the Set is empty; Add a key to it", ErrUnavailable)

// Find implements [Provider]. It fails only while the Set is empty or nil, with
// [ErrUnavailable].
func (s *Set) Find(_ context.Context, h Hint) ([]*Key, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.atHand(h), nil
}

func (s *Set) check() error {
	if s == nil || len(s.current().index.all) == 0 {
		return errEmptySet
	}
	return nil
}

func (s *Set) findNow(h Hint) ([]*Key, bool) { return s.atHand(h), s.check() == nil }
func (s *Set) boundTo() []string             { return nil }
func (s *Set) unused(string) (string, bool)  { return "", false }

func (s *Set) atHand(h Hint) []*Key {
	if s == nil {
		return nil
	}
	return s.current().index.find(h)
}

func (s *Set) now() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	return time.Now()
}

// current returns the state without retired keys. Nothing runs in the background:
// the first lookup after a deadline removes them.
func (s *Set) current() *setState {
	st := s.state.Load()
	if st == nil || st.next != (deadline{}) && st.next.reached(s.now()) {
		s.change(func(ms []member, _ time.Time) []member { return ms })
		st = s.state.Load()
	}
	return st
}

// change stores what edit makes of the members. edit gets a copy that it may
// change, without the retired ones.
func (s *Set) change(edit func(ms []member, now time.Time) []member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	over := func(m member) bool { return m.retires.reached(now) }

	var ms []member
	if st := s.state.Load(); st != nil {
		ms = slices.DeleteFunc(slices.Clone(st.members), over)
	}
	ms = slices.DeleteFunc(edit(ms, now), over)

	next := &setState{members: ms}
	ks := make([]*Key, len(ms))
	for i, m := range ms {
		ks[i] = m.key
		next.next = next.next.earlier(m.retires)
	}
	next.index = newIndex(ks, nil)
	s.state.Store(next)
}

// add appends ks, each once: one that is there already moves to the end. Keys are
// compared within one ID only, so that adding many keys takes linear time.
func add(ms []member, ks []*Key) []member {
	latest := make(map[string][]*Key) // the last of equal keys in ks, by ID
	for _, k := range ks {
		if k != nil {
			latest[k.id] = append(except(latest[k.id], k), k)
		}
	}
	ms = slices.DeleteFunc(ms, func(m member) bool {
		return slices.ContainsFunc(latest[m.key.id], m.key.Equal)
	})
	for _, k := range ks {
		if k != nil && slices.Contains(latest[k.id], k) {
			ms = append(ms, member{key: k})
			latest[k.id] = except(latest[k.id], k)
		}
	}
	return ms
}

// except returns ks without the keys that equal k. It changes ks.
func except(ks []*Key, k *Key) []*Key {
	return slices.DeleteFunc(ks, k.Equal)
}
