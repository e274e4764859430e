package verifier

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/observe"
	"github.com/jwtverify/jwtverify/keys"
)

// WithObserver calls f once for each token that Verify or VerifyAt decides, for
// metrics, traces and audits. f runs before they return, in the same goroutine and
// with the same context, so it should be quick. Goroutines call it concurrently. A
// nil f is an error of New.
//
// f decides nothing. If it panics, the panic is recovered and the answer stands: a
// mistake in an observer must neither end a background job nor refuse a token. The
// first panic is logged by [WithLogger].
//
// A [Router] or [Var] around the verifier does not make it two Events, and what f
// gets is the final decision: if a Router refuses a token that its verifier
// accepted, f gets that refusal. Tokens that a Router refuses itself, such as those of
// an unknown issuer, are for the WithObserver of [Route]. [ByIssuer] and [RouteMap]
// take no options: there it is the observer of the first of their verifiers, in the
// order of their choices, that has one. Explain calls no observer.
func WithObserver(f func(context.Context, Event)) Option {
	o := observe.New("verifier", f)
	return func(c *config) {
		if f == nil {
			c.fail("WithObserver: the function is nil")
		}
		c.observer = o
	}
}

type observer = observe.Observer[context.Context, Event]

// A sighting is what is seen of a token on its way, for the one Event about it. The
// methods of a nil sighting do nothing.
type sighting struct {
	began    time.Time // zero as long as nobody wants to know
	to       *observer // nil: nobody so far
	log      *slog.Logger
	orphan   bool    // refused by a verifier that can have no observer, or has none
	passedOn *Router // the last that has passed on a refusal
	header   keys.Hint
	typ      string    // "typ"
	key      *keys.Key // that verified it; nil if none did
	claims   *claims.Set
	verified bool
	cached   bool
}

// start is called by a verifier that has an observer, or nil.
func (s *sighting) start(o *observer) {
	if s != nil && o != nil && s.began.IsZero() {
		s.began = time.Now()
	}
}

// decidedBy is called for the verifier that decides, before it does. What a verifier
// has seen that was forgotten meanwhile does not count.
func (s *sighting) decidedBy(o *observer, log *slog.Logger) {
	if s != nil {
		s.start(o)
		*s = sighting{began: s.began, to: o, log: log}
	}
}

// read notes the header of the token.
func (s *sighting) read(h jws.Header) {
	if s != nil {
		s.header, s.typ = hintOf(h, ""), h.Type
	}
}

// parsed reports whether the header was read.
func (s *sighting) parsed() bool { return s.header.Algorithm != "" }

// head returns the header that was read.
func (s *sighting) head() jws.Header {
	return jws.Header{Algorithm: string(s.header.Algorithm), KeyID: s.header.KeyID, Type: s.typ}
}

// signed notes that key verifies the token. set are the claims, or nil if they cannot
// be read.
func (s *sighting) signed(key *keys.Key, set *claims.Set) {
	if s != nil {
		s.verified, s.key, s.claims = true, key, set
	}
}

// found notes that the cache knew the token. set is a copy of its claims.
func (s *sighting) found(known *signed, set *claims.Set) {
	if s != nil {
		s.header, s.typ, s.cached = known.hint, known.tok.Type, true
		s.signed(known.key, set)
	}
}

// passOn notes that r passes on a refusal of the verifier that it chose.
func (s *sighting) passOn(r *Router) {
	if s != nil {
		s.passedOn = r
	}
}

// abandon notes a refusal by a verifier that has no observer.
func (s *sighting) abandon() {
	if s != nil {
		s.orphan = true
	}
}

// refusedBy notes that r refuses the token, itself or because its verifier did.
func (s *sighting) refusedBy(r *Router) {
	switch own := s != nil && s.passedOn != r; {
	case s == nil, !own && (!s.orphan || r.observer == nil):
		return
	case own:
		// The claims belong to nobody: nothing that was accepted may be seen in them.
		s.claims, s.verified, s.cached = nil, false, false
		s.orphan = r.observer == nil && s.to == nil
	}
	if r.observer != nil {
		s.to, s.log, s.orphan = r.observer, nil, false
	}
}

// report calls the observer, if there is one.
func (s *sighting) report(ctx context.Context, err error) {
	if s.to == nil {
		return
	}
	s.to.Call(s.log, ctx, Event{
		Err: err, Claims: s.claims, Verified: s.verified, Cached: s.cached,
		KeyID: s.header.KeyID, Algorithm: s.header.Algorithm, Duration: time.Since(s.began),
	})
}

// observerOf returns the observer of v, or nil. depth counts the verifiers around v.
func observerOf(v Verifier, depth int) *observer {
	switch v := v.(type) {
	case *Keyed:
		return v.observer
	case *Router:
		return v.observer
	case *Var:
		if depth < maxDepth {
			return observerOf(v.Load(), depth+1)
		}
	}
	return nil
}

// firstObserver returns the observer of the first of vs that has one, or nil.
func firstObserver(vs map[string]Verifier) *observer {
	for _, choice := range slices.Sorted(maps.Keys(vs)) {
		if o := observerOf(vs[choice], 0); o != nil {
			return o
		}
	}
	return nil
}
