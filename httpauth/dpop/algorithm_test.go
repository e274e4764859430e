package dpop_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"testing"

	"filippo.io/mldsa"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
)

// TestNewerAlgorithms covers the algorithms that go-jose cannot sign with under
// their names. The client in the tests of package httpauth covers the others.
func TestNewerAlgorithms(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ml, err := mldsa.GenerateKey(mldsa.MLDSA44())
	if err != nil {
		t.Fatal(err)
	}
	okp := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(ed.Public().(ed25519.PublicKey))}
	akp := map[string]any{"kty": "AKP", "alg": "ML-DSA-44", "pub": b64(ml.PublicKey().Bytes())}
	for _, test := range []struct {
		name string
		alg  keys.Algorithm
		key  crypto.Signer
		jwk  map[string]any
		opts []dpop.Option
		pass bool
	}{
		{"Ed25519", keys.Ed25519, ed, okp, nil, true},
		{"Ed25519, and its key says so", keys.Ed25519, ed, changed(okp, map[string]any{"alg": "Ed25519"}), nil, true},
		{"Ed25519, and its key says EdDSA", keys.Ed25519, ed, changed(okp, map[string]any{"alg": "EdDSA"}), nil, false},
		{"EdDSA", keys.EdDSA, ed, okp, nil, true},
		{"EdDSA where only Ed25519 is accepted", keys.EdDSA, ed, okp, []dpop.Option{dpop.WithAlgorithms(keys.Ed25519)}, false},
		{"ES256 with a key of Ed25519", keys.ES256, ed, okp, nil, false},
		{"ML-DSA-44", keys.MLDSA44, ml, akp, nil, slices.Contains(keys.Algorithms(), keys.MLDSA44)},
		{"ML-DSA-44, and its key says ML-DSA-65", keys.MLDSA44, ml, changed(akp, map[string]any{"alg": "ML-DSA-65"}), nil, false},
		{"ML-DSA-44 where it is not accepted", keys.MLDSA44, ml, akp, []dpop.Option{dpop.WithAlgorithms(keys.ES256)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.NewPublic("", test.alg, publicOf(test.key))
			if err != nil && test.pass {
				t.Fatal(err)
			}
			s := newSite(t, test.opts...)
			if err == nil {
				s.token = s.tokenFor(map[string]any{"jkt": key.Thumbprint()})
			}
			signed := part(t, map[string]any{"typ": "dpop+jwt", "alg": test.alg, "jwk": test.jwk}) + "." + part(t, s.claims("1"))
			sig, err := test.key.Sign(rand.Reader, []byte(signed), crypto.Hash(0))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.auth.Authenticate(s.request(signed + "." + b64(sig)))
			if got := httpauth.Status(err) == 200; got != test.pass {
				t.Errorf("%v", err)
			}
		})
	}
}

func publicOf(key crypto.Signer) crypto.PublicKey {
	if ml, ok := key.(*mldsa.PrivateKey); ok {
		return ml.PublicKey()
	}
	return key.Public()
}
