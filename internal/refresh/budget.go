package refresh

import (
	"strings"
	"time"
)

const (
	burst    = 3                // R5
	interval = 10 * time.Second // R5
)

// A budget grants burst fetches together and one more per interval. It is the
// generic cell rate algorithm: its only state is when all grants are paid back.
// The zero budget is full.
type budget struct{ paid time.Time }

// take spends one grant. It reports false, and spends nothing, if none is left.
func (b *budget) take(t time.Time) bool {
	if t.Before(b.next()) {
		return false
	}
	if b.paid.Before(t) {
		b.paid = t
	}
	b.paid = b.paid.Add(interval)
	return true
}

// refund returns one grant.
func (b *budget) refund() { b.paid = b.paid.Add(-interval) }

// next returns when take succeeds again.
func (b *budget) next() time.Time { return b.paid.Add(-(burst - 1) * interval) }

// A memory holds key IDs, each for ttl and at most maxMemory of them: the IDs
// come from tokens that nobody has verified.
type memory struct {
	ttl time.Duration
	ids map[string]time.Time // when each is forgotten
}

const maxMemory = 1024 // R7

func (m *memory) has(t time.Time, id string) bool {
	return t.Before(m.ids[id])
}

func (m *memory) add(t time.Time, id string) {
	if m.ids == nil {
		m.ids = make(map[string]time.Time)
	}
	if len(m.ids) >= maxMemory {
		m.shrink(t)
	}
	m.ids[strings.Clone(id)] = t.Add(m.ttl) // a clone, so as not to keep the whole token
}

// shrink drops what has expired and, if that makes no room, everything. The
// budget still bounds the fetches then.
func (m *memory) shrink(t time.Time) {
	for id, until := range m.ids {
		if !t.Before(until) {
			delete(m.ids, id)
		}
	}
	if len(m.ids) >= maxMemory {
		clear(m.ids)
	}
}
