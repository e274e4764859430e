package keys

import (
	"slices"

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
//
// InMemory looks through [Merge] and [ForIssuer]. Your own provider has nothing in
// memory, and neither has a nil p.
//
// The slice is shared and read-only, and may hold keys that do not fit h.
func InMemory(p Provider, h Hint) (ks []*Key, complete bool) {
	if s := sourceOf(p); s != nil {
		return s.peek(h)
	}
	return nil, false
}

// A source is a provider of this package. Beside Find it has methods that do no
// I/O, which let Merge and ForIssuer answer without waiting.
type source interface {
	// itself returns the provider: the one whose methods these are, also where
	// another type embeds it.
	itself() Provider
	// findNow answers from memory, without waiting for anything. When ok is
	// false, the answer would need a wait or is a failure: call Find.
	findNow(h Hint) (ks []*Key, ok bool)
	// peek is InMemory for one source.
	peek(h Hint) (ks []*Key, complete bool)
	// atHand returns what is in memory for h, even for an issuer that the
	// source is not bound to.
	atHand(h Hint) []*Key
	// boundTo is BoundTo for one source.
	boundTo() []string
	// unused is Unused for one source.
	unused(keyID string) (reason string, ok bool)
}

// sourceOf returns p when it is a provider of this package, else nil. A type
// that embeds one has these methods too, but may have its own Find, which they
// would bypass. Naming the types instead would link the HTTP client into every
// program.
func sourceOf(p Provider) source {
	if absent.Is(p) {
		return nil
	}
	if s, ok := p.(source); ok && s.itself() == p {
		return s
	}
	return nil
}

func (s static) itself() Provider     { return s }
func (s *Set) itself() Provider       { return s }
func (f *File) itself() Provider      { return f }
func (r *Remote) itself() Provider    { return r }
func (m *merged) itself() Provider    { return m }
func (f *forIssuer) itself() Provider { return f }

// BoundTo lists the issuers that the sources in p are bound to, looking through
// [Merge] and [ForIssuer]: no key that p ever finds verifies a token of another
// issuer. It is nil when any source is bound to none; your own provider counts
// as unbound until you wrap it in [ForIssuer]. BoundTo makes no request.
func BoundTo(p Provider) []string {
	if s := sourceOf(p); s != nil {
		return slices.Clone(s.boundTo())
	}
	return nil
}

// Unused returns why a key that a source in p publishes under keyID is not used,
// such as that it is weak or for encryption. It answers the question why a token
// is refused although its key is published. ok is false when there is no such key,
// or when keyID is empty. Unused looks through [Merge] and [ForIssuer], makes no
// request, and knows nothing about your own providers.
func Unused(p Provider, keyID string) (reason string, ok bool) {
	if s := sourceOf(p); s != nil && keyID != "" {
		return s.unused(keyID)
	}
	return "", false
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
	v, now := r.view.Load(), r.config.now()
	if refresh.Reached(now, v.expiry) { // R3, or nothing was fetched yet
		return nil, false
	}
	known := v.has(h)
	if known {
		if r.perID {
			v.touch(h.KeyID, r.config)
		}
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
