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

// A ReplayStore remembers which proofs were used. Servers behind one URI share
// one; any database works that can insert a row only if it is new. Goroutines
// share it.
type ReplayStore interface {
	// Spend records s, and reports whether it is the first with this ID; of two
	// calls at the same time, only one may be. It is asked only about proofs that
	// hold. An error means that it cannot tell: the request is answered 503. ctx is
	// that of the request.
	Spend(ctx context.Context, s Spent) (first bool, err error)
}

// A ReplayStoreFunc is a function that is a [ReplayStore].
type ReplayStoreFunc func(ctx context.Context, s Spent) (first bool, err error)

// Spend calls f.
func (f ReplayStoreFunc) Spend(ctx context.Context, s Spent) (first bool, err error) {
	return f(ctx, s)
}

// A Spent describes a used proof. It holds hashes, which have a fixed size and
// contain nothing that a client wrote.
type Spent struct {
	Subject [sha256.Size]byte // hash of the token's issuer and subject; of the key if it has no subject
	Key     [sha256.Size]byte // hash of the key's thumbprint
	ID      [sha256.Size]byte // hash of the key's thumbprint and the jti: identifies the proof
	At      time.Time         // the current time
	Expiry  time.Time         // the proof may be forgotten after this
}

// Format writes when the proof expires, and nothing else, for every verb.
func (s Spent) Format(f fmt.State, _ rune) { io.WriteString(f, s.text()) }

// LogValue returns what Format writes.
func (s Spent) LogValue() slog.Value { return slog.StringValue(s.text()) }

func (s Spent) text() string {
	return "dpop: a proof that expires at " + s.Expiry.UTC().Format(time.RFC3339)
}

// ErrFull is returned when a [Memory] has no room left for this key, for this
// subject, or at all: 503.
var ErrFull = errors.New("dpop: too many proofs to remember")

// errForgotten is returned after the clock was set back.
var errForgotten = errors.New("dpop: the clock was set back to a time whose proofs are forgotten")

// A Memory is a [ReplayStore] in this process. It is bounded, and never lets a
// proof through that it may have forgotten: if there is no room, it returns
// [ErrFull]. Make one with [NewMemory].
//
// It shares its room fairly. No key gets more than perKey proofs. No subject,
// however many keys it has, gets more than an eighth of the room that is left,
// so the fuller the Memory is, the less each gets. One account cannot fill it,
// and many together still leave room for clients that seldom ask.
//
// It takes the time from [Spent] alone, and copes with a clock that steps.
// Expired proofs are remembered for a while longer, outside the bounds above, so
// that a replay is still found if the clock was ahead and is then corrected.
type Memory struct {
	total, perKey int

	mu        sync.Mutex
	ids       map[[sha256.Size]byte]struct{} // of the proofs in live and past
	keys      map[[sha256.Size]byte]*holder
	subjects  map[[sha256.Size]byte]*holder
	held      int           // proofs in live
	live      []*slot       // sorted by number; these count against the bounds
	past      []*slot       // sorted by number; expired
	kept      int           // proofs in past
	reach     time.Duration // the longest remaining life that any proof had
	forgotten numbers
}

// A slot holds the proofs that expire within the same 30 seconds. They are
// forgotten together, so that Spend never has to scan.
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
	share       = 8 // one subject gets at most 1/share of the room that is left
	// Expired proofs are kept for an hour, in at most 1/pastShare of the room.
	mostPast  = int(time.Hour / (slotSeconds * time.Second))
	pastShare = 4
)

// NewMemory returns a store for at most total proofs, of which one key gets at
// most perKey. A proof takes about 150 bytes until it expires. Of those that
// expired within the last hour, up to a quarter of total are kept as well.
//
// perKey bounds the rate of one client: with the defaults of [New], to about
// perKey/120 requests a second. It is an error unless perKey is positive and
// total is at least 16 times perKey.
func NewMemory(total, perKey int) (*Memory, error) {
	if perKey <= 0 || total/16 < perKey {
		return nil, fmt.Errorf("dpop: NewMemory: total is %d and perKey %d; perKey must be at least 1, and total at least 16 times perKey", total, perKey)
	}
	return newMemory(total, perKey), nil
}

func newMemory(total, perKey int) *Memory {
	return &Memory{
		total: total, perKey: perKey,
		ids: map[[sha256.Size]byte]struct{}{}, keys: map[[sha256.Size]byte]*holder{}, subjects: map[[sha256.Size]byte]*holder{},
	}
}

// Spend is the method of [ReplayStore]. It waits for nothing but its lock, and
// its cost does not depend on how many proofs are held. Proofs that have expired
// since the last call are moved by the next one. It fails with [ErrFull], or if
// the clock was set back further than the Memory remembers.
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
	if s.Subject == ([sha256.Size]byte{}) { // a caller of its own may leave it out
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

// slot returns the live slot with that number, and creates it if needed.
func (m *Memory) slot(number int64) *slot {
	i, found := slices.BinarySearchFunc(m.live, number, byNumber)
	if !found {
		m.live = slices.Insert(m.live, i, &slot{number: number})
	}
	return m.live[i]
}

func byNumber(s *slot, number int64) int { return cmp.Compare(s.number, number) }

// settle ends the slots that have expired. It also ends those further ahead than
// any proof reaches: they were made while the clock was ahead, and would take
// room until that time comes.
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

// end moves a live slot to the past, where it no longer counts.
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

// forget drops the proofs of a slot. From then on nothing may enter that slot:
// it could be a replay.
func (m *Memory) forget(s *slot) {
	for _, p := range s.proofs {
		delete(m.ids, p.id)
	}
	m.kept -= len(s.proofs)
	m.forgotten.add(s.number)
}

// Format writes how full m is, for every verb. A nil Memory prints too.
func (m *Memory) Format(f fmt.State, _ rune) { io.WriteString(f, m.text()) }

// LogValue returns what Format writes.
func (m *Memory) LogValue() slog.Value { return slog.StringValue(m.text()) }

func (m *Memory) text() string {
	if m == nil {
		return "dpop: no memory"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("dpop: a memory with %d of %d proofs", m.held, m.total)
}

// numbers are those of the slots that were forgotten last. Nothing enters these
// again. Slots that never held anything stay usable, so that a clock that is set
// back causes no more refusals than necessary.
type numbers struct {
	known map[int64]struct{}
	order []int64 // oldest first
}

const mostNumbers = 1024 // slots: about eight hours of use

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
