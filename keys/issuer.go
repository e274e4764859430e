package keys

import (
	"context"
	"errors"
)

// ForIssuer binds the keys of p to issuer: whatever else a verifier allows,
// tokens they verify must then name exactly that issuer. It keeps one tenant's
// or provider's keys from vouching for another (RFC 8725 §3.8).
//
// A key that p has bound to another issuer is left out. An empty issuer, as
// from an unset variable, makes every Find and [Refresh] fail.
func ForIssuer(issuer string, p Provider) Provider {
	return &forIssuer{issuer, p}
}

type forIssuer struct {
	issuer string
	p      Provider
}

var errNoIssuer = errors.New("keys: ForIssuer was given an empty issuer")

func (f *forIssuer) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if f.issuer == "" {
		return nil, errNoIssuer
	}
	ks, err := f.p.Find(ctx, h)
	return f.bind(ks), err
}

func (f *forIssuer) findNow(h Hint) ([]*Key, bool) {
	if r, ok := f.p.(ready); ok && f.issuer != "" {
		ks, ok := r.findNow(h)
		return f.bind(ks), ok
	}
	return nil, false
}

func (f *forIssuer) Refresh(ctx context.Context) error {
	if f.issuer == "" {
		return errNoIssuer
	}
	return Refresh(ctx, f.p)
}

func (f *forIssuer) Run(ctx context.Context) error { return Run(ctx, f.p) }
func (f *forIssuer) Statuses() []Status            { return Statuses(f.p) }

func (f *forIssuer) bind(ks []*Key) []*Key {
	if len(ks) == 1 {
		return ks[0].boundTo(f.issuer).alone()
	}
	var bound []*Key
	for _, k := range ks {
		bound = append(bound, k.boundTo(f.issuer).alone()...)
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
	switch k.issuer {
	case issuer:
		b.key[0] = k
	case "":
		b.key[0] = &Key{id: k.id, alg: k.alg, alias: k.alias, issuer: issuer, material: k.material}
	}
	k.bound.Store(b)
	return b
}

// alone is the bound key as a list, empty when there is none.
func (b *boundKey) alone() []*Key {
	if b == nil || b.key[0] == nil {
		return nil
	}
	return b.key[:]
}
