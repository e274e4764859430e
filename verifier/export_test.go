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
