package verifier

import (
	"slices"
)

// CopyOf is the copy that a cache hit returns.
var CopyOf = copyOf

// Cached returns the number of tokens in the cache.
func (v *Keyed) Cached() int { return len(v.remembered()) }

// CachedBytes returns the length of those tokens, their payloads and, with WithHeader,
// their headers.
func (v *Keyed) CachedBytes() (n int) {
	for _, t := range v.remembered() {
		n += len(t.raw) + len(t.tok.Raw())
		if t.head != nil {
			n += len(t.head.Raw())
		}
	}
	return n
}

// remembered returns the tokens that the cache finds.
func (v *Keyed) remembered() (all []*signed) {
	for i := range v.cache.places {
		for s := v.cache.places[i].Load(); s != nil; s = s.next.Load() {
			all = append(all, s)
		}
	}
	return all
}

// Remembers reports whether the cache finds raw.
func (v *Keyed) Remembers(raw string) bool {
	return slices.ContainsFunc(v.remembered(), func(s *signed) bool { return s.raw == raw })
}

// CachedCount returns the number of tokens that the cache has in its account.
func (v *Keyed) CachedCount() (n int) {
	for i := range v.cache.shards {
		s := &v.cache.shards[i]
		bytes := 0
		for e := s.queue.Front(); e != nil; e = e.Next() {
			bytes += e.Value.(*signed).size()
		}
		if bytes != s.bytes || bytes > s.most {
			return -1
		}
		n += s.queue.Len()
	}
	return n
}

// Collide gives the one token in the cache of v, which has one place, the hash of
// other.
func (v *Keyed) Collide(other string) {
	v.remembered()[0].hash = v.cache.hash(other)
}

// MaxIdle and the others are the bounds of a Router.
const (
	MaxIdle    = maxIdle
	MaxRunning = maxRunning
	CallTime   = callTime
	MaxRefused = maxRefused
	RefusedFor = refusedFor
	MaxChoice  = maxChoice
)

// Held returns how many verifiers, calls and refused choices a Router holds.
func (r *Router) Held() (kept, trial, calls, refused int) {
	s := r.tenants
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept), len(s.trial), len(s.calls), max(len(s.refused.times), len(s.refused.order))
}

// Held returns how many streams and keys a Watcher holds, and whether its timer
// runs.
func (w *Watcher) Held() (streams, keys int, armed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, list := range w.watched {
		keys += len(list)
	}
	return len(w.streams), keys, w.armed
}

// Rechecking is a Verifier whose tokens can be taken back, as revocation will do.
type Rechecking struct {
	Verifier
	Check func(*Token) error
}

func (r Rechecking) recheck(tok *Token) error { return r.Check(tok) }

// Unwrap lets a Watcher look through it.
func (r Rechecking) Unwrap() Verifier { return r.Verifier }

// StopTimer lets a benchmark call Look itself.
func (w *Watcher) StopTimer() { w.timer.Stop() }

// Look is what the timer calls.
func (w *Watcher) Look() { w.look() }
