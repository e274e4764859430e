package keys

import (
	"context"
	"errors"
)

// ErrUnavailable says that a provider could not look: it knows neither that
// there is a key nor that there is none. The cause is wrapped beside it.
var ErrUnavailable = errors.New("keys: unavailable")

// A Hint tells a [Provider] what a token says of its key, before anything of
// it is trusted. It selects among the keys that the provider has; it never
// supplies one.
type Hint struct {
	// KeyID is the "kid" of the token, "" when it has none.
	KeyID string
	// Algorithm is the "alg" of the token.
	Algorithm Algorithm
	// Issuer is the "iss" of the token, "" when it has none or nobody has read
	// it. It is not verified, so it only narrows: keys bound to another issuer
	// are left out, and a source of another issuer need not look. "" narrows
	// nothing.
	Issuer string
	// Retry says that the keys found before did not verify. A provider that
	// can look again does so, within its limits; others return the same keys.
	Retry bool
}

// Fits reports whether k may verify the token: it answers to the algorithm, has
// the same ID where both have one, and is not bound to an issuer other than
// h.Issuer.
func (h Hint) Fits(k *Key) bool {
	return k != nil && k.Accepts(h.Algorithm) && h.names(k) && (h.Issuer == "" || k.VouchesFor(h.Issuer))
}

// names reports whether nothing but the algorithm can keep k from fitting.
func (h Hint) names(k *Key) bool {
	return h.KeyID == "" || k.id == "" || h.KeyID == k.id
}

// A Provider finds the keys that may verify a token.
//
// No keys and a nil error mean that it looked and has none. An error means
// that it could not look; it should wrap [ErrUnavailable]. Goroutines share a
// Provider. The slice it returns is shared and read-only.
//
// Keys that do not fit the hint may be among those returned: the verifier
// leaves them out. When no key fits, keys of the right ID and another
// algorithm are welcome, since they let it say what is wrong with the token.
type Provider interface {
	Find(ctx context.Context, h Hint) ([]*Key, error)
}

// ProviderFunc is a function as a [Provider].
type ProviderFunc func(ctx context.Context, h Hint) ([]*Key, error)

// Find calls f.
func (f ProviderFunc) Find(ctx context.Context, h Hint) ([]*Key, error) { return f(ctx, h) }

// HMAC is the static secret: a provider of one key without ID. Its errors are
// those of [NewSecret].
func HMAC(alg Algorithm, secret []byte) (Provider, error) {
	k, err := NewSecret("", alg, secret)
	if err != nil {
		return nil, err
	}
	return Static(k), nil
}

// Static provides ks, for ever. Nil keys are left out.
func Static(ks ...*Key) Provider { return static{newIndex(ks)} }

type static struct{ *index }

func (s static) Find(_ context.Context, h Hint) ([]*Key, error) { return s.find(h), nil }

func (s static) findNow(h Hint) ([]*Key, bool) { return s.find(h), true }

// A ready provider can answer from memory, without waiting for anything. When
// ok is false, it would have to wait, and Find has to be asked.
type ready interface {
	findNow(h Hint) (ks []*Key, ok bool)
}
