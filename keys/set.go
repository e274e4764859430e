package keys

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Set is the rotating key set: keys are added, replaced and retired while
// tokens are being verified. Finding a key takes no lock. Goroutines may share
// a Set; the zero Set is empty and ready to use.
type Set struct {
	mu    sync.Mutex // held to change
	state atomic.Pointer[setState]
}

// setState is one state of a Set, never changed.
type setState struct {
	members []member
	index   *index
	next    time.Time // when the first of the members retires; zero when none does
}

type member struct {
	key     *Key
	retires time.Time // zero: it stays
}

// NewSet returns a Set of ks.
func NewSet(ks ...*Key) *Set {
	s := new(Set)
	s.Add(ks...)
	return s
}

// Add adds ks. A key that is in the set already, and may have been about to
// retire, stays. Nil keys are left out.
func (s *Set) Add(ks ...*Key) {
	s.change(func(ms []member, _ time.Time) []member { return add(ms, ks) })
}

// Replace makes ks the only keys of the set.
func (s *Set) Replace(ks ...*Key) {
	s.change(func([]member, time.Time) []member { return add(nil, ks) })
}

// Remove removes every key with that ID and reports whether there was one.
func (s *Set) Remove(keyID string) (removed bool) {
	s.change(func(ms []member, _ time.Time) []member {
		n := len(ms)
		ms = slices.DeleteFunc(ms, func(m member) bool { return m.key.id == keyID })
		removed = len(ms) < n
		return ms
	})
	return removed
}

// Rotate adds next and retires the other keys after grace: until then tokens
// by either are verified, from then on only those by next. With a grace of
// zero or less the others go at once. A key that was to retire earlier still
// does. A nil next changes nothing.
func (s *Set) Rotate(next *Key, grace time.Duration) {
	if next == nil {
		return
	}
	s.change(func(ms []member, now time.Time) []member {
		end := now.Add(grace)
		for i := range ms {
			if ms[i].retires.IsZero() || end.Before(ms[i].retires) {
				ms[i].retires = end
			}
		}
		return add(ms, []*Key{next})
	})
}

// Keys returns the keys that verify now, in the order they were added.
func (s *Set) Keys() []*Key {
	return slices.Clone(s.current().index.all)
}

// Find implements [Provider]. It never fails.
func (s *Set) Find(_ context.Context, h Hint) ([]*Key, error) {
	return s.current().index.find(h), nil
}

func (s *Set) findNow(h Hint) ([]*Key, bool) { return s.current().index.find(h), true }

// current is the state without those keys whose time is over.
func (s *Set) current() *setState {
	st := s.state.Load()
	if st == nil || !st.next.IsZero() && !time.Now().Before(st.next) {
		s.change(func(ms []member, _ time.Time) []member { return ms })
		st = s.state.Load()
	}
	return st
}

// change gives the members to edit, as a copy and without the retired ones.
func (s *Set) change(edit func(ms []member, now time.Time) []member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	over := func(m member) bool { return !m.retires.IsZero() && !now.Before(m.retires) }

	var ms []member
	if st := s.state.Load(); st != nil {
		ms = slices.DeleteFunc(slices.Clone(st.members), over)
	}
	ms = slices.DeleteFunc(edit(ms, now), over)

	next := &setState{members: ms}
	ks := make([]*Key, len(ms))
	for i, m := range ms {
		ks[i] = m.key
		if !m.retires.IsZero() && (next.next.IsZero() || m.retires.Before(next.next)) {
			next.next = m.retires
		}
	}
	next.index = newIndex(ks)
	s.state.Store(next)
}

// add appends ks, each once: one that is there already moves to the end.
func add(ms []member, ks []*Key) []member {
	latest := make(map[string][]*Key) // of ks, by ID
	for _, k := range ks {
		if k != nil {
			latest[k.id] = append(unlike(latest[k.id], k), k)
		}
	}
	ms = slices.DeleteFunc(ms, func(m member) bool {
		return slices.ContainsFunc(latest[m.key.id], m.key.Equal)
	})
	for _, k := range ks {
		if k != nil && slices.Contains(latest[k.id], k) {
			ms = append(ms, member{key: k})
			latest[k.id] = unlike(latest[k.id], k)
		}
	}
	return ms
}

// unlike is ks without those equal to k.
func unlike(ks []*Key, k *Key) []*Key {
	return slices.DeleteFunc(ks, k.Equal)
}
