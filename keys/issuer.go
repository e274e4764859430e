package keys

import (
	"context"
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// ForIssuer binds the keys of p to issuer: regardless of what else a verifier
// allows, a token that they verify must name exactly that issuer, compared byte
// for byte. It keeps the keys of one tenant or identity provider from signing for
// another (RFC 8725 §3.8). Use it for each source of a [Merge]; [NewOIDC] does it
// by itself.
//
// A key that p, or the JWK itself, binds to another issuer is left out. For a
// token that names another issuer, Find does not call p. It returns what p has
// in memory, so that the refusal can name the reason, and an outage of p does
// not make that token undecided.
//
// [Refresh], [Run] and [Statuses] reach p through ForIssuer. An empty issuer, as
// from an unset variable, makes every Find and [Refresh] fail with
// [ErrUnavailable]; so does a nil p.
func ForIssuer(issuer string, p Provider) Provider {
	switch {
	case issuer == "":
		return broken{fmt.Errorf("%w: ForIssuer was given an empty issuer", ErrUnavailable)}
	case absent.Is(p):
		return broken{fmt.Errorf("%w: ForIssuer was given a nil provider", ErrUnavailable)}
	}
	return &forIssuer{&binding{issuer, p, sourceOf(p)}}
}

// forIssuer holds a single pointer, so that no verb of package fmt prints what p
// may hold.
type forIssuer struct{ *binding }

type binding struct {
	issuer string
	p      Provider
	source source // p, if it is one; else nil
}

func (f *forIssuer) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if h.foreign(f.issuer) { // rule 8: such a token is refused anyway
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
	h.Issuer = f.issuer // else p would leave out its own keys
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

// bind returns ks bound to the issuer, without those bound to another one.
func (f *forIssuer) bind(ks []*Key) []*Key {
	if len(ks) == 1 { // the usual case, without an allocation
		return ks[0].boundTo(f.issuer).list()
	}
	var bound []*Key
	for _, k := range ks {
		bound = append(bound, k.boundTo(f.issuer).list()...)
	}
	return bound
}

// A boundKey is a copy of a key that is bound to an issuer. The key keeps the
// last one made, so that binding costs an allocation once a key and not once a
// token.
type boundKey struct {
	issuer string
	key    [1]*Key // an array, to return as a list; nil when bound to another issuer
}

// boundTo returns k bound to issuer. It is nil for a nil k.
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

// list returns the bound key as a list, which is empty when there is none.
func (b *boundKey) list() []*Key {
	if b == nil || b.key[0] == nil {
		return nil
	}
	return b.key[:]
}

// tenantPlaceholder stands for the ID of a tenant in the "issuer" of a JWK, as in
// the multi-tenant key set of Microsoft Entra.
const tenantPlaceholder = "{tenantid}"

// inScope reports whether scope names issuer, where {tenantid} in scope stands
// for any GUID. Only a GUID: else "https://host/{tenantid}/v2.0" would match an
// issuer with more path segments.
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

// isGUID reports whether s is a GUID in its usual form (RFC 9562 §4): 8-4-4-4-12
// hexadecimal digits.
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
