package dpop

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// ErrFull is returned when a [Memory] has no room left for this key, for this
// subject, or at all.
var ErrFull = errors.New("dpop: too many proofs to remember")

// errForgotten is for the time after the clock went back.
var errForgotten = errors.New("dpop: the clock went back to a time whose proofs are forgotten")

// A Memory is a [ReplayStore] in this process. It is bounded, and lets nothing
// through that it may have forgotten: when there is no room, it says [ErrFull].
//
// No key gets more than perKey of it, and no subject, whatever its keys, more
// than an eighth of the room that is left: the fuller it is, the less each gets.
// One account cannot fill it, and with many they leave room for those that ask
// seldom.
//
// It knows the time only from [Spent], and copes with a clock that steps. What
// has expired is remembered for a while longer, outside the bounds above, so
// that a replay is still one when the clock was ahead and is set right.
type Memory struct {
	total, perKey int

	mu        sync.Mutex
	ids       map[[sha256.Size]byte]struct{} // of all slots
	keys      map[[sha256.Size]byte]*holder
	subjects  map[[sha256.Size]byte]*holder
	held      int           // in live
	live      []*slot       // by number
	past      []*slot       // by number; no longer counted
	kept      int           // in past
	reach     time.Duration // the longest that a proof had left
	forgotten numbers
}

// A slot holds the proofs that expire in one span of time, to be forgotten
// together.
type slot struct {
	number int64
	proofs []remembered
}

type remembered struct {
	id           [sha256.Size]byte
	key, subject *holder
}

// A holder is a key or a subject that has proofs in live slots.
type holder struct {
	id   [sha256.Size]byte
	held int
}

const (
	slotSeconds = 30
	// share is the part of the room left that one subject gets.
	share = 8
	// How much is kept of what has ended, the latest of it: an hour, and a quarter
	// of the room.
	mostPast  = int(time.Hour / (slotSeconds * time.Second))
	pastShare = 4
)

// NewMemory returns a store of at most total proofs, perKey of one key. A proof
// takes about 150 bytes, for as long as it could be used; of those that expired
// in the last hour of use, up to a quarter of total are kept besides. perKey
// bounds how often one client can ask: with the ages of [New] it is about
// perKey/120 requests a second. It is an error unless perKey is positive and
// total at least sixteen times as much.
func NewMemory(total, perKey int) (*Memory, error) {
	if perKey <= 0 || total/16 < perKey {
		return nil, fmt.Errorf("dpop: NewMemory: %d in total, %d for a key; it takes at least 1 for a key, and 16 times that in total", total, perKey)
	}
	return newMemory(total, perKey), nil
}

func newMemory(total, perKey int) *Memory {
	return &Memory{
		total: total, perKey: perKey,
		ids: map[[sha256.Size]byte]struct{}{}, keys: map[[sha256.Size]byte]*holder{}, subjects: map[[sha256.Size]byte]*holder{},
	}
}

// Spend never waits for anything but its lock. How long it takes does not
// depend on how many proofs there are; what has expired since the last call is
// taken away by the next.
func (m *Memory) Spend(_ context.Context, s Spent) (first bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reach = max(m.reach, s.Expiry.Sub(s.At))
	m.settle(s.At)
	if _, used := m.ids[s.ID]; used {
		return false, nil
	}
	number := numberOf(s.Expiry)
	if m.forgotten.has(number) {
		return false, errForgotten
	}
	if s.Subject == ([sha256.Size]byte{}) {
		s.Subject = s.Key
	}
	room := m.total - m.held
	if room <= 0 || heldBy(m.keys, s.Key) >= m.perKey || heldBy(m.subjects, s.Subject) > (room-1)/share {
		return false, ErrFull
	}
	p := remembered{s.ID, take(m.keys, s.Key), take(m.subjects, s.Subject)}
	sl := m.slot(number)
	sl.proofs = append(sl.proofs, p)
	m.ids[s.ID] = struct{}{}
	m.held++
	return true, nil
}

func numberOf(t time.Time) int64 { return t.Unix() / slotSeconds }

func heldBy(all map[[sha256.Size]byte]*holder, id [sha256.Size]byte) int {
	if h := all[id]; h != nil {
		return h.held
	}
	return 0
}

func take(all map[[sha256.Size]byte]*holder, id [sha256.Size]byte) *holder {
	h := all[id]
	if h == nil {
		h = &holder{id: id}
		all[id] = h
	}
	h.held++
	return h
}

func (h *holder) release(all map[[sha256.Size]byte]*holder) {
	if h.held--; h.held == 0 {
		delete(all, h.id)
	}
}

// slot returns the live one of the number.
func (m *Memory) slot(number int64) *slot {
	i, found := slices.BinarySearchFunc(m.live, number, byNumber)
	if !found {
		m.live = slices.Insert(m.live, i, &slot{number: number})
	}
	return m.live[i]
}

func byNumber(s *slot, number int64) int { return cmp.Compare(s.number, number) }

// settle ends the slots whose time has passed, and those of a time so far ahead
// that the clock must have been: they would take the room until it comes.
func (m *Memory) settle(at time.Time) {
	first, last := numberOf(at), numberOf(at.Add(m.reach))
	for len(m.live) > 0 && m.live[0].number < first {
		m.end(m.live[0])
		m.live = slices.Delete(m.live, 0, 1)
	}
	for n := len(m.live) - 1; n >= 0 && m.live[n].number > last; n-- {
		m.end(m.live[n])
		m.live = slices.Delete(m.live, n, n+1)
	}
	for len(m.past) > mostPast || m.kept > m.total/pastShare {
		m.forget(m.past[0])
		m.past = slices.Delete(m.past, 0, 1)
	}
}

// end takes a live slot out of the count.
func (m *Memory) end(s *slot) {
	for _, p := range s.proofs {
		p.key.release(m.keys)
		p.subject.release(m.subjects)
	}
	m.held -= len(s.proofs)
	m.kept += len(s.proofs)
	i, _ := slices.BinarySearchFunc(m.past, s.number, byNumber)
	m.past = slices.Insert(m.past, i, s)
}

func (m *Memory) forget(s *slot) {
	for _, p := range s.proofs {
		delete(m.ids, p.id)
	}
	m.kept -= len(s.proofs)
	m.forgotten.add(s.number)
}

// Format writes how full m is, for every verb.
func (m *Memory) Format(f fmt.State, _ rune) { io.WriteString(f, m.text()) }

// LogValue is what Format writes.
func (m *Memory) LogValue() slog.Value { return slog.StringValue(m.text()) }

func (m *Memory) text() string {
	if m == nil {
		return "dpop: no memory"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("dpop: a memory with %d of %d proofs", m.held, m.total)
}

// numbers are the last slots that were forgotten: nothing gets into these
// again, so a clock that went back refuses no more than it must.
type numbers struct {
	known map[int64]struct{}
	order []int64
}

const mostNumbers = 1024 // about eight hours of use

func (n *numbers) has(number int64) bool {
	_, ok := n.known[number]
	return ok
}

func (n *numbers) add(number int64) {
	if n.has(number) {
		return
	}
	if n.known == nil {
		n.known = map[int64]struct{}{}
	}
	if len(n.order) == mostNumbers {
		delete(n.known, n.order[0])
		n.order = slices.Delete(n.order, 0, 1)
	}
	n.known[number] = struct{}{}
	n.order = append(n.order, number)
}
