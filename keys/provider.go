package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// ErrUnavailable is returned when a provider could not look: it knows neither
// that there is a key nor that there is none. The error wraps the cause too.
// Trying again later may help; the token is not to blame.
var ErrUnavailable = errors.New("keys: unavailable")

// A Provider finds the keys that may verify a token.
//
// No keys and a nil error mean that it looked and found none: the token is
// refused. An error means that it could not look; it should wrap
// [ErrUnavailable], and no keys come with it: the token stays undecided. Telling
// these apart is the heart of the contract, and package keystest checks it.
//
// Find is called by many goroutines, for every token, so a provider that asks
// over a network should cache; [NewSource] does. It should return when ctx ends.
// The slice it returns is shared and read-only.
//
// Keys that do not fit the hint may be among those returned: the verifier
// leaves them out. When no key fits, return keys with the right ID and another
// algorithm if there are any, so that the verifier can say what is wrong with
// the token.
type Provider interface {
	Find(ctx context.Context, h Hint) ([]*Key, error)
}

// ProviderFunc makes a function a [Provider].
type ProviderFunc func(ctx context.Context, h Hint) ([]*Key, error)

// Find calls f. The Find of a nil f fails with [ErrUnavailable].
func (f ProviderFunc) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if f == nil {
		return nil, errNilProvider
	}
	return f(ctx, h)
}

// HMAC provides one secret that the signer knows too, as a key without an ID:
// it is tried for every token of its algorithm. alg is HS256, HS384 or HS512.
// HMAC fails as [NewSecret] does, such as for a secret shorter than the hash.
//
// Anyone who can verify with a secret can also sign with it. Where the signer is
// another party, use its public keys instead.
func HMAC(alg Algorithm, secret []byte) (Provider, error) {
	k, err := NewSecret("", alg, secret)
	if err != nil {
		return nil, err
	}
	return Static(k), nil
}

// Static provides ks, which never change. Nil and zero keys are left out. When
// none is left, Find and [Refresh] fail with [ErrUnavailable].
func Static(ks ...*Key) Provider { return static{newIndex(ks, nil)} }

// newStatic is Static for the keys of a document, which remembers why some of
// its keys are not used.
func newStatic(ks []*Key, skipped []Skipped) Provider { return static{newIndex(ks, skipped)} }

type static struct{ *index }

var errNoStatic = fmt.Errorf("%w: Static was given no key; give it at least one", ErrUnavailable)

func (s static) Find(_ context.Context, h Hint) ([]*Key, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.find(h), nil
}

// check fails when there is nothing to verify with: that is a mistake in the
// program, not in a token.
func (s static) check() error {
	if len(s.all) == 0 {
		return errNoStatic
	}
	return nil
}

func (s static) findNow(h Hint) ([]*Key, bool) { return s.find(h), len(s.all) > 0 }
func (s static) atHand(h Hint) []*Key          { return s.find(h) }
func (s static) boundTo() []string             { return nil }

// A broken provider stands for one that could not be made, where the constructor
// has no error to return. It fails every lookup, so the mistake shows at the first
// Refresh or token and never as an accepted one.
type broken struct{ err error }

func (b broken) Find(context.Context, Hint) ([]*Key, error) { return nil, b.err }
func (b broken) Refresh(context.Context) error              { return b.err }
func (b broken) Status() Status                             { return Status{Err: b.err} }

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
	if s := sourceOf(p); s != nil && !absent.Is(p) {
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
	if s := sourceOf(p); s != nil && !absent.Is(p) && keyID != "" {
		return s.unused(keyID)
	}
	return "", false
}

// findFrom calls Find of p and drops keys that come with an error: p could not
// look, so those keys may have been withdrawn.
func findFrom(ctx context.Context, p Provider, h Hint) ([]*Key, error) {
	ks, err := p.Find(ctx, h)
	if err != nil {
		return nil, err
	}
	return ks, nil
}
