package verifier

// CopyOf is the copy that a cache hit returns.
var CopyOf = copyOf

// Cached returns the number of tokens in the cache.
func (v *Keyed) Cached() (n int) {
	for i := range v.cache.shards {
		n += len(v.cache.shards[i].tokens)
	}
	return n
}

// CachedBytes returns the length of those tokens, their payloads and, with WithHeader,
// their headers.
func (v *Keyed) CachedBytes() (n int) {
	for i := range v.cache.shards {
		for _, e := range v.cache.shards[i].tokens {
			t := e.Value.(*signed)
			n += len(t.raw) + len(t.tok.Raw())
			if t.head != nil {
				n += len(t.head.Raw())
			}
		}
	}
	return n
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
