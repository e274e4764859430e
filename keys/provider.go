package keys

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnavailable is returned when a provider could not look: it knows neither
// that there is a key nor that there is none. The error wraps the cause too.
// Trying again later may help; the token is not to blame.
var ErrUnavailable = errors.New("keys: unavailable")

// A Hint is what a token says about its key, before anything in it is trusted.
// It selects among the keys that a [Provider] has; it never supplies one. The
// zero Hint selects nothing, since every key needs an algorithm.
type Hint struct {
	// KeyID is the "kid" of the token (RFC 7515 §4.1.4), or "" when it has none.
	KeyID string
	// Algorithm is the "alg" of the token (RFC 7515 §4.1.1).
	Algorithm Algorithm
	// Issuer is the "iss" of the token, or "" when it has none or nobody has
	// read it yet. It is not verified, so it only narrows the choice: keys bound
	// to another issuer are left out, and a source bound to another issuer does
	// not fetch. "" narrows nothing.
	Issuer string
	// Retry is true when the keys found before did not verify the token: the
	// issuer may have replaced a key without changing its ID. A provider that
	// can look again does so, within its limits; others return the same keys.
	Retry bool
}

// Fits reports whether k may verify the token: it accepts the algorithm, the key
// IDs are equal or one is missing, and it is not bound to an issuer other than
// h.Issuer. A nil key does not fit.
func (h Hint) Fits(k *Key) bool {
	return k != nil && k.Accepts(h.Algorithm) && h.names(k) && (h.Issuer == "" || k.VouchesFor(h.Issuer)) // rule 5: only a key that fits
}

// names reports whether the key IDs are equal, or one is missing.
func (h Hint) names(k *Key) bool {
	return h.KeyID == "" || k.id == "" || h.KeyID == k.id
}

// foreign reports whether the token of h names an issuer other than issuer.
func (h Hint) foreign(issuer string) bool {
	return issuer != "" && h.Issuer != "" && h.Issuer != issuer
}

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

// findFrom calls Find of p and drops keys that come with an error: p could not
// look, so those keys may have been withdrawn.
func findFrom(ctx context.Context, p Provider, h Hint) ([]*Key, error) {
	ks, err := p.Find(ctx, h)
	if err != nil {
		return nil, err
	}
	return ks, nil
}
