package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// twoKeys makes two private keys of the kind that alg needs: a []byte for HMAC,
// else a crypto.Signer. There is none for ML-DSA, which no peer knows.
func twoKeys(t *testing.T, alg keys.Algorithm) (one, other any) {
	t.Helper()
	switch alg {
	case keys.RS256, keys.RS384, keys.RS512, keys.PS256, keys.PS384, keys.PS512:
		pair := rsaKeys()
		return pair[0], pair[1]
	}
	return newKey(t, alg), newKey(t, alg)
}

func newKey(t *testing.T, alg keys.Algorithm) any {
	t.Helper()
	var key any
	var err error
	switch alg {
	case keys.HS256, keys.HS384, keys.HS512:
		secret := make([]byte, 64)
		_, err = rand.Read(secret)
		key = secret
	case keys.ES256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case keys.ES384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case keys.ES512:
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case keys.EdDSA, keys.Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		t.Fatalf("no keys are made for %s", alg)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rsaKeys are shared by all tests, since each takes long to make.
var rsaKeys = sync.OnceValue(func() (pair [2]*rsa.PrivateKey) {
	for i := range pair {
		var err error
		if pair[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return pair
})

// newVerifierKey is the half of private that verifies.
func newVerifierKey(t *testing.T, alg keys.Algorithm, kid string, private any) *keys.Key {
	t.Helper()
	var k *keys.Key
	var err error
	if secret, ok := private.([]byte); ok {
		k, err = keys.NewSecret(kid, alg, secret)
	} else {
		k, err = keys.NewPublic(kid, alg, private.(crypto.Signer).Public())
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// siblings are algorithms that can have the same key. ECDSA has none: there
// the curve decides.
var siblings = map[keys.Algorithm]keys.Algorithm{
	keys.HS256: keys.HS384, keys.HS384: keys.HS512, keys.HS512: keys.HS256,
	keys.RS256: keys.PS256, keys.RS384: keys.PS384, keys.RS512: keys.RS256,
	keys.PS256: keys.RS256, keys.PS384: keys.RS384, keys.PS512: keys.PS256,
	keys.EdDSA: keys.Ed25519, keys.Ed25519: keys.EdDSA,
}
