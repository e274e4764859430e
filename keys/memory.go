package keys

import (
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// InMemory returns the keys that p has in memory for h, without waiting and
// without a request of its own: for code that asks again whether a key is still
// there, as verifier.Watcher does for streams. complete reports whether that is
// the whole answer: then a key that is not among them was removed. Otherwise
// nothing is known about it, and [Provider.Find] may know more.
//
// Keys that are past their freshness but not yet too old are among them, so an
// outage takes none away before [WithMaxStale] has passed. From then on there are
// none. A refresh that is due starts in the background.
// InMemory looks through [Merge] and [ForIssuer]. Your own provider has nothing in
// memory, and neither has a nil p.
//
// The slice is shared and read-only, and may hold keys that do not fit h.
func InMemory(p Provider, h Hint) (ks []*Key, complete bool) {
	if s := sourceOf(p); s != nil && !absent.Is(p) {
		return s.peek(h)
	}
	return nil, false
}

func (s static) peek(h Hint) ([]*Key, bool) { return s.findNow(h) }
func (f *File) peek(h Hint) ([]*Key, bool)  { return f.findNow(h) }

// peek of an empty Set is complete: the program has removed every key.
func (s *Set) peek(h Hint) ([]*Key, bool) { return s.atHand(h), s != nil }

func (r *Remote) peek(h Hint) ([]*Key, bool) {
	if r.isZero() {
		return nil, false
	}
	return r.state.peek(h)
}

// peek never looks for an unknown key, so it costs no budget. A set that is past its
// freshness may be a seed, which is older than a key that it lacks, and where each
// key ID has a fetch of its own, others may have pushed the key out: then the
// answer is not complete.
func (r *remote) peek(h Hint) ([]*Key, bool) {
	v, now := r.published.Load(), r.config.now()
	if refresh.Reached(now, v.expiry) { // R3, or nothing was fetched yet
		return nil, false
	}
	known := v.has(h)
	if known {
		v.touch(h.KeyID, r.config)
		if now.Round(0).Before(v.from) || refresh.Reached(now, v.until) {
			h.Retry = false
			r.decide(h) // starts the fetch that is due
		}
	}
	return v.find(h), !refresh.Reached(now, v.stale) && (known || !r.perID)
}

func (m *merged) peek(h Hint) (ks []*Key, complete bool) {
	complete = true
	for _, s := range m.sources {
		if s == nil {
			complete = false
			continue
		}
		more, whole := s.peek(h)
		complete = complete && whole
		ks = union(h, ks, more)
	}
	return ks, complete
}

func (f *forIssuer) peek(h Hint) ([]*Key, bool) {
	if f.source == nil || h.foreign(f.issuer) {
		return nil, false
	}
	ks, complete := f.source.peek(h)
	return f.bind(ks), complete
}
