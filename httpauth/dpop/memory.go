package dpop

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrFull: a [Memory] has no room left for this key, or at all.
var ErrFull = errors.New("dpop: too many proofs to remember")

// A Memory is a [ReplayStore] in this process. It is bounded, and forgets
// nothing before its time: when there is no room, it says [ErrFull].
//
// No key gets more than perKey of it, nor more than an eighth of the room that
// is left: the fuller it is, the less each key gets. One client cannot fill it,
// and with many keys it leaves room for those that ask seldom.
type Memory struct {
	total, perKey int

	mu      sync.Mutex
	slots   []*slot // by time
	held    int
	byKey   map[[sha256.Size]byte]int
	horizon int64 // of the last slot that was forgotten
}

// A slot holds the proofs that expire in one span of time, to be forgotten at
// once.
type slot struct {
	number int64
	ids    map[[sha256.Size]byte]struct{}
	byKey  map[[sha256.Size]byte]int
}

const slotSeconds = 30

// share is the part of the room left that one key gets.
const share = 8

// NewMemory returns a store of at most total proofs, perKey of one key. A proof
// takes about 150 bytes, for as long as it could be used. perKey bounds how
// often one client can ask: with the ages of [New] it is about perKey/120
// requests a second. It is an error unless perKey is positive and total at
// least sixteen times as much.
func NewMemory(total, perKey int) (*Memory, error) {
	if perKey <= 0 || total/16 < perKey {
		return nil, fmt.Errorf("dpop: NewMemory: %d in total, %d for a key; it takes at least 1 for a key, and 16 times that in total", total, perKey)
	}
	return newMemory(total, perKey), nil
}

func newMemory(total, perKey int) *Memory {
	return &Memory{total: total, perKey: perKey, byKey: map[[sha256.Size]byte]int{}}
}

// Spend never waits for anything but its lock.
func (m *Memory) Spend(_ context.Context, s Spent) (first bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(s.At)
	number := s.Expiry.Unix() / slotSeconds
	if number <= m.horizon {
		// The clock went back: it may have been forgotten already.
		return false, fmt.Errorf("%w: the clock went back", ErrFull)
	}
	for _, sl := range m.slots {
		if _, used := sl.ids[s.ID]; used {
			return false, nil
		}
	}
	if most := min(m.perKey, (m.total-m.held+share-1)/share); m.byKey[s.Key] >= most {
		return false, ErrFull
	}
	sl := m.slot(number)
	sl.ids[s.ID] = struct{}{}
	sl.byKey[s.Key]++
	m.byKey[s.Key]++
	m.held++
	return true, nil
}

// slot returns that of the number.
func (m *Memory) slot(number int64) *slot {
	i, found := slices.BinarySearchFunc(m.slots, number, func(s *slot, n int64) int { return int(s.number - n) })
	if !found {
		m.slots = slices.Insert(m.slots, i, &slot{number, map[[sha256.Size]byte]struct{}{}, map[[sha256.Size]byte]int{}})
	}
	return m.slots[i]
}

// forget drops the slots whose time has passed.
func (m *Memory) forget(at time.Time) {
	for len(m.slots) > 0 && m.slots[0].number < at.Unix()/slotSeconds {
		old := m.slots[0]
		m.slots = m.slots[1:]
		m.held -= len(old.ids)
		m.horizon = old.number
		for key, n := range old.byKey {
			if m.byKey[key] -= n; m.byKey[key] == 0 {
				delete(m.byKey, key)
			}
		}
	}
}
