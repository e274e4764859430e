package resilience

import (
	"slices"
	"sync"
	"time"
)

// A tally is what became of tokens.
type tally struct {
	mu       sync.Mutex
	sent     int
	accepted int
	waits    []time.Duration
	first    time.Duration // when the first one was accepted, from the start
}

func (t *tally) add(began time.Time, start time.Time, err error) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	t.waits = append(t.waits, now.Sub(began))
	if err == nil {
		if t.accepted == 0 || now.Sub(start) < t.first {
			t.first = now.Sub(start)
		}
		t.accepted++
	}
}

func (t *tally) failed() int { return t.sent - t.accepted }

func (t *tally) longest() time.Duration {
	if len(t.waits) == 0 {
		return 0
	}
	return slices.Max(t.waits)
}

func (t *tally) p99() time.Duration {
	if len(t.waits) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.waits))
	return sorted[(len(sorted)-1)*99/100]
}

// A stream is tokens that arrive at a steady rate, regardless of how long earlier
// ones take, as requests do.
type stream struct {
	tokens []string // used in turn
	n      int
	every  time.Duration
}

// send sends a stream, and returns when the last answer is there. When stop is
// closed, no further token is sent.
func (k *Kit) send(s *service, st stream, stop <-chan struct{}) *tally {
	var t tally
	var callers sync.WaitGroup
	begin := time.Now()
	tick := time.NewTicker(st.every)
	defer tick.Stop()
sending:
	for i := 0; st.n == 0 || i < st.n; i++ {
		raw := st.tokens[i%len(st.tokens)]
		callers.Go(func() {
			began := time.Now()
			t.add(began, begin, s.verify(raw, k.Deadline, k.Patience))
		})
		select {
		case <-tick.C:
		case <-stop:
			break sending
		}
	}
	callers.Wait()
	return &t
}

// together sends every token of one list at the same moment.
func (k *Kit) together(s *service, tokens []string) *tally {
	var t tally
	var callers sync.WaitGroup
	gate := make(chan struct{})
	for _, raw := range tokens {
		callers.Go(func() {
			<-gate
			began := time.Now()
			t.add(began, began, s.verify(raw, k.Deadline, k.Patience))
		})
	}
	close(gate)
	callers.Wait()
	return &t
}

// until asks for one token again and again, and returns after how long the answer
// was the wanted one; false when that took longer than limit.
func (k *Kit) until(s *service, raw string, accepted bool, limit time.Duration) (time.Duration, bool) {
	begin := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for time.Since(begin) < limit && s.err() == nil {
		if (s.verify(raw, k.Deadline, k.Patience) == nil) == accepted {
			return time.Since(begin), true
		}
		<-tick.C
	}
	return limit, false
}
