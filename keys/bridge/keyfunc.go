package bridge

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/signature"
	"github.com/jwtverify/jwtverify/keys"
)

// Keyfunc gives the keys of p to golang-jwt: pass the result to jwt.Parse. It
// gives only keys that fit the token, and a key bound to an issuer only when the
// token names that issuer. golang-jwt does not support ML-DSA keys.
//
// When p cannot look, or is nil, the error wraps [keys.ErrUnavailable]. It is
// also an error when no key fits, or more than four do. golang-jwt wraps each of
// them in jwt.ErrTokenUnverifiable.
//
// For a secret Keyfunc gives the [keys.Key] itself, and replaces the Method of
// the token by one that verifies with it, so that the secret stays in its key.
//
// golang-jwt has none of the rules of package verifier: state the valid methods,
// the issuer and the audience in its own options. It calls a Keyfunc once a
// token and without a context, so a lookup that fetches ends at the timeout of
// its provider, and a key that was replaced under the same ID is found only after
// the next refresh.
func Keyfunc(p keys.Provider) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		if absent.Is(p) {
			return nil, fmt.Errorf("%w: Keyfunc was given no provider", keys.ErrUnavailable)
		}
		h := hintOf(t)
		found, err := p.Find(context.Background(), h)
		if err != nil {
			return nil, err
		}
		var set jwt.VerificationKeySet
		for _, k := range found {
			// Fits lets a bound key pass for a token without an issuer; here nobody
			// else checks that (RFC 8725 §3.8).
			if !h.Fits(k) || !k.VouchesFor(h.Issuer) {
				continue
			}
			if pub := k.Public(); pub != nil {
				set.Keys = append(set.Keys, pub)
				continue
			}
			set.Keys = append(set.Keys, k)
			if t.Method != nil {
				t.Method = method{t.Method}
			}
		}
		switch n := len(set.Keys); {
		case n == 0:
			return nil, errNotFound
		case n > signature.MaxCandidates: // rule 5: at most four keys
			return nil, errTooMany
		}
		return set, nil
	}
}

var (
	errNotFound = errors.New("bridge: no key fits the token")
	errTooMany  = fmt.Errorf("bridge: more than %d keys fit the token; give the keys IDs, and the tokens a kid", signature.MaxCandidates)
)

// hintOf returns what the token says about its key. Nothing in it is verified.
func hintOf(t *jwt.Token) keys.Hint {
	alg, _ := t.Header["alg"].(string)
	kid, _ := t.Header["kid"].(string)
	h := keys.Hint{KeyID: kid, Algorithm: keys.Algorithm(alg)}
	if t.Claims != nil {
		if issuer, err := t.Claims.GetIssuer(); err == nil {
			h.Issuer = issuer
		}
	}
	return h
}

// A method is a golang-jwt method that can verify with a secret that golang-jwt
// never sees.
type method struct{ jwt.SigningMethod }

// Verify implements jwt.SigningMethod.
func (m method) Verify(signingString string, signature []byte, key any) error {
	k, ok := key.(*keys.Key)
	switch {
	case !ok:
		return m.SigningMethod.Verify(signingString, signature, key)
	case k.VerifyPayload([]byte(signingString), signature, keys.Algorithm(m.Alg())) != nil:
		return jwt.ErrSignatureInvalid
	}
	return nil
}
