package keys

import (
	"context"
	"crypto"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/internal/message"
)

// FromKeyfunc provides the keys in the storage of a keyfunc.Keyfunc, which
// decides when they are fetched: of the rules of a [Remote] none applies to
// it. Each key is taken as [ParseSet] takes it, so that weak keys and those
// that are not for verifying are left out; ML-DSA keys are not known to it.
//
// keyfunc tells a key that is not there and a fetch that failed apart only in
// part: what it calls not found is no key, every other error wraps
// [ErrUnavailable]. A set that keyfunc could never fetch is an empty one to
// it, whose tokens are refused rather than undecided; of keys with the same ID
// it finds the first. A [Remote] of the same URL has neither weakness.
func FromKeyfunc(k keyfunc.Keyfunc) Provider {
	return ProviderFunc(func(ctx context.Context, h Hint) ([]*Key, error) {
		found, err := readStorage(ctx, k.Storage(), h.KeyID)
		switch {
		case errors.Is(err, jwkset.ErrKeyNotFound):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("%w: keyfunc: %w", ErrUnavailable, message.OneLine(err))
		}
		var ks []*Key
		for _, j := range found {
			if k, err := fromStorage(j); err == nil {
				ks = append(ks, k)
			}
		}
		return ks, nil
	})
}

// readStorage reads the key of an ID, or without one all keys.
func readStorage(ctx context.Context, s jwkset.Storage, id string) ([]jwkset.JWK, error) {
	if id == "" {
		return s.KeyReadAll(ctx)
	}
	j, err := s.KeyRead(ctx, id)
	return []jwkset.JWK{j}, err
}

func fromStorage(j jwkset.JWK) (*Key, error) {
	m := j.Marshal()
	meta := jwk{KeyType: string(m.KTY), KeyID: m.KID, Algorithm: stated(m.ALG), Use: string(m.USE), Curve: string(m.CRV)}
	for _, op := range m.KEYOPS {
		meta.Operations = append(meta.Operations, string(op))
	}
	if err := local.admits(meta); err != nil {
		return nil, err
	}
	alg, alias := local.algorithm(meta)
	switch key := j.Key().(type) {
	case []byte:
		return NewSecret(m.KID, alg, key)
	case interface{ Public() crypto.PublicKey }:
		return newKey(m.KID, alg, alias, "", key.Public())
	default:
		return newKey(m.KID, alg, alias, "", key)
	}
}

// Keyfunc gives the keys of p to golang-jwt: pass it to jwt.Parse. Only keys
// that fit the header of the token are given, and of those bound to an issuer
// only when the token names it; ML-DSA keys are not, which golang-jwt does not
// know. When p cannot look, the error wraps [ErrUnavailable].
//
// golang-jwt has none of the rules of package verifier: state the valid
// methods, the issuer and the audience there. It asks once a token, so a key
// that is replaced under the same ID is only found by the next refresh.
func Keyfunc(p Provider) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		alg, _ := t.Header["alg"].(string)
		kid, _ := t.Header["kid"].(string)
		h := Hint{KeyID: kid, Algorithm: Algorithm(alg)}
		ks, err := p.Find(context.Background(), h)
		if err != nil {
			return nil, err
		}
		var set jwt.VerificationKeySet
		for _, k := range ks {
			if h.Fits(k) && k.vouchesFor(t.Claims) {
				set.Keys = append(set.Keys, k.toGo())
			}
		}
		switch n := len(set.Keys); {
		case n == 0:
			return nil, errNotFound
		case n >= enough:
			return nil, errTooMany
		}
		return set, nil
	}
}

var (
	errNotFound = errors.New("keys: no key fits the token")
	errTooMany  = fmt.Errorf("keys: more than %d keys fit the token; give the keys IDs, and the tokens a kid", enough-1)
)

// vouchesFor reports whether the key is bound to no issuer or to that of c.
func (k *Key) vouchesFor(c jwt.Claims) bool {
	if k.issuer == "" {
		return true
	}
	if c == nil {
		return false
	}
	issuer, err := c.GetIssuer()
	return err == nil && issuer == k.issuer
}

// toGo is the key as golang-jwt wants it.
func (k *Key) toGo() crypto.PublicKey {
	if secret, ok := k.material.(*hmacKey); ok {
		return secret.secret
	}
	return k.public()
}
