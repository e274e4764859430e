package refresh

import (
	"strings"
	"time"
)

const (
	burst    = 3
	interval = 10 * time.Second
)

// A budget grants burst fetches at once and one each interval after, by the
// generic cell rate algorithm: the one time it keeps is when all is paid back.
type budget struct{ paid time.Time }

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

// refund gives back what was taken last.
func (b *budget) refund() { b.paid = b.paid.Add(-interval) }

// next is from when on one more is granted.
func (b *budget) next() time.Time { return b.paid.Add(-(burst - 1) * interval) }

// A memory remembers key IDs for a time, and not more than it can hold.
type memory struct {
	ttl time.Duration
	ids map[string]time.Time // until when
}

const maxMemory = 1024

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
	m.ids[strings.Clone(id)] = t.Add(m.ttl)
}

// shrink forgets what is over, and if that is not enough, everything: the
// budget still holds then.
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
