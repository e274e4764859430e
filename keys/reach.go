package keys

import (
	"context"
	"slices"

	"github.com/jwtverify/jwtverify/internal/absent"
)

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
