package keys

import (
	"context"
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// ForIssuer binds the keys of p to issuer: whatever else a verifier allows,
// tokens they verify must then name exactly that issuer. It keeps one tenant's
// or provider's keys from vouching for another (RFC 8725 §3.8).
//
// A key that p, or the JWK itself, has bound to another issuer is left out. For
// a token that names another issuer, Find never asks p: it finds what p has in
// memory, which is then refused, and an outage of p is not one of that token.
//
// An empty issuer, as from an unset variable, makes every Find and [Refresh]
// fail, and so does a nil p.
func ForIssuer(issuer string, p Provider) Provider {
	switch {
	case issuer == "":
		return broken{fmt.Errorf("%w: ForIssuer was given an empty issuer", ErrUnavailable)}
	case absent.Is(p):
		return broken{fmt.Errorf("%w: ForIssuer was given a nil provider", ErrUnavailable)}
	}
	return &forIssuer{&binding{issuer, p, sourceOf(p)}}
}

// forIssuer is a pointer alone, so that no verb of package fmt prints what p
// may hold.
type forIssuer struct{ *binding }

type binding struct {
	issuer string
	p      Provider
	source source // of p, if it is one
}

func (f *forIssuer) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if h.foreign(f.issuer) {
		return f.atHand(h), nil
	}
	ks, err := findFrom(ctx, f.p, h)
	return f.bind(ks), err
}

func (f *forIssuer) findNow(h Hint) ([]*Key, bool) {
	switch {
	case h.foreign(f.issuer):
		return f.atHand(h), true
	case f.source == nil:
		return nil, false
	}
	ks, ok := f.source.findNow(h)
	return f.bind(ks), ok
}

func (f *forIssuer) atHand(h Hint) []*Key {
	if f.source == nil {
		return nil
	}
	h.Issuer = f.issuer // p is asked for its own
	return f.bind(f.source.atHand(h))
}

func (f *forIssuer) boundTo() []string { return []string{f.issuer} }

func (f *forIssuer) unused(keyID string) (string, bool) {
	if f.source == nil {
		return "", false
	}
	return f.source.unused(keyID)
}

func (f *forIssuer) Refresh(ctx context.Context) error { return Refresh(ctx, f.p) }
func (f *forIssuer) Run(ctx context.Context) error     { return Run(ctx, f.p) }
func (f *forIssuer) Statuses() []Status                { return Statuses(f.p) }

func (f *forIssuer) bind(ks []*Key) []*Key {
	if len(ks) == 1 {
		return ks[0].boundTo(f.issuer).list()
	}
	var bound []*Key
	for _, k := range ks {
		bound = append(bound, k.boundTo(f.issuer).list()...)
	}
	return bound
}

// A boundKey is a copy of a key that is bound to an issuer. The key remembers
// it, so that it lives as long as the key and costs a token nothing.
type boundKey struct {
	issuer string
	key    [1]*Key // nil: the key is bound to another issuer
}

func (k *Key) boundTo(issuer string) *boundKey {
	if k == nil {
		return nil
	}
	if b := k.bound.Load(); b != nil && b.issuer == issuer {
		return b
	}
	b := &boundKey{issuer: issuer}
	switch {
	case !k.VouchesFor(issuer): // left out
	case k.issuer == issuer:
		b.key[0] = k
	default:
		b.key[0] = &Key{id: k.id, alg: k.alg, alias: k.alias, issuer: issuer, scope: k.scope, material: k.material}
	}
	k.bound.Store(b)
	return b
}

// alone is the bound key as a list, empty when there is none.
func (b *boundKey) list() []*Key {
	if b == nil || b.key[0] == nil {
		return nil
	}
	return b.key[:]
}

const tenantPlaceholder = "{tenantid}"

// inScope reports whether issuer is the one that scope names, or one of those
// where {tenantid} stands for a GUID.
func inScope(scope, issuer string) bool {
	before, after, templated := strings.Cut(scope, tenantPlaceholder)
	if !templated {
		return scope == issuer
	}
	tenant, ok := strings.CutPrefix(issuer, before)
	if !ok {
		return false
	}
	tenant, ok = strings.CutSuffix(tenant, after)
	return ok && isGUID(tenant)
}

// isGUID reports whether s is a GUID in its usual form: 8-4-4-4-12 hexadecimal
// digits.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}
