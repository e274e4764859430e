package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jwtverify/jwtverify/internal/absent"
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

// Find calls f. A nil f cannot look.
func (f ProviderFunc) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if f == nil {
		return nil, errNilProvider
	}
	return f(ctx, h)
}

// HMAC is the static secret: a provider of one key without ID. Its errors are
// those of [NewSecret].
func HMAC(alg Algorithm, secret []byte) (Provider, error) {
	k, err := NewSecret("", alg, secret)
	if err != nil {
		return nil, err
	}
	return Static(k), nil
}

// Static provides ks, for ever. Nil keys are left out; when none is left, Find
// and [Refresh] fail.
func Static(ks ...*Key) Provider { return static{newIndex(ks, nil)} }

// newStatic is Static for the keys of a document.
func newStatic(ks []*Key, skipped []Skipped) Provider { return static{newIndex(ks, skipped)} }

type static struct{ *index }

var errNoStatic = fmt.Errorf("%w: Static was given no key; give it at least one", ErrUnavailable)

func (s static) Find(_ context.Context, h Hint) ([]*Key, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.find(h), nil
}

// check is an error when there is nothing to verify with: that is a mistake of
// the program, not of a token.
func (s static) check() error {
	if len(s.all) == 0 {
		return errNoStatic
	}
	return nil
}

func (s static) findNow(h Hint) ([]*Key, bool) { return s.find(h), len(s.all) > 0 }
func (s static) atHand(h Hint) []*Key          { return s.find(h) }
func (s static) boundTo() []string             { return nil }

// A broken provider stands for one that could not be made.
type broken struct{ err error }

func (b broken) Find(context.Context, Hint) ([]*Key, error) { return nil, b.err }
func (b broken) Refresh(context.Context) error              { return b.err }
func (b broken) Status() Status                             { return Status{Err: b.err} }

// A source is a provider of this package. It can say more than Find does,
// without any I/O.
type source interface {
	// findNow answers from memory, without waiting for anything. When ok is
	// false it would have to wait, or fail, and Find has to be asked.
	findNow(h Hint) (ks []*Key, ok bool)
	// atHand is what there is in memory for h, whatever issuer h names.
	atHand(h Hint) []*Key
	// boundTo is as of BoundTo.
	boundTo() []string
	// unused is as of Unused.
	unused(keyID string) (reason string, ok bool)
}

// sourceOf is p when it is a provider of this package, else nil. A type that
// embeds one has its methods too, and perhaps a Find of its own that must be
// asked instead.
func sourceOf(p Provider) source {
	switch p := p.(type) {
	case static:
		return p
	case *Set:
		return p
	case *File:
		return p
	case *Remote:
		return p
	case *merged:
		return p
	case *forIssuer:
		return p
	}
	return nil
}

// foreign reports whether the token of h names an issuer other than issuer.
func (h Hint) foreign(issuer string) bool {
	return issuer != "" && h.Issuer != "" && h.Issuer != issuer
}

// BoundTo lists the issuers that the sources in p are bound to, through [Merge]
// and [ForIssuer]: no key that p ever finds verifies a token of another. It is
// nil when any source is bound to none, as is a provider of your own. BoundTo
// makes no request.
func BoundTo(p Provider) []string {
	if s := sourceOf(p); s != nil && !absent.Is(p) {
		return slices.Clone(s.boundTo())
	}
	return nil
}

// Unused tells why a key is not used that a source in p publishes under keyID:
// it is weak, say, or for encryption. ok is false when there is no such key, or
// when keyID is empty. Unused looks through [Merge] and [ForIssuer], makes no
// request, and knows nothing of providers of your own.
func Unused(p Provider, keyID string) (reason string, ok bool) {
	if s := sourceOf(p); s != nil && !absent.Is(p) && keyID != "" {
		return s.unused(keyID)
	}
	return "", false
}

// findFrom asks p, and takes no key that came with an error: it could not look,
// so what it has may be withdrawn.
func findFrom(ctx context.Context, p Provider, h Hint) ([]*Key, error) {
	ks, err := p.Find(ctx, h)
	if err != nil {
		return nil, err
	}
	return ks, nil
}
