package interop_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestTokensOfPeers verifies here what was signed there.
func TestTokensOfPeers(t *testing.T) {
	for _, p := range peers {
		for _, alg := range keys.Algorithms() {
			t.Run(p.name+"/"+string(alg), func(t *testing.T) {
				t.Parallel()
				p.skipUnknown(t, alg)
				testTokenOf(t, p, alg)
			})
		}
	}
}

func testTokenOf(t *testing.T, p peer, alg keys.Algorithm) {
	private, other := twoKeys(t, alg)
	want := testClaims()
	raw := p.sign(t, alg, "key-1", private, want)
	v := testVerifier(t, p.publish(t, alg, "key-1", private))

	tok := wantSubject(t, v, raw, testSubject)
	if diff := cmp.Diff(want, tok.Set, cmpopts.IgnoreUnexported(claims.Set{})); diff != "" {
		t.Errorf("the claims (-signed +verified):\n%s", diff)
	}
	if tok.Algorithm != alg || tok.KeyID != "key-1" || tok.Type != "JWT" {
		t.Errorf("the header: %s, %q, %q; want %s, key-1, JWT", tok.Algorithm, tok.KeyID, tok.Type, alg)
	}

	t.Run("header changed", func(t *testing.T) {
		wantRefused(t, v, replaced(t, raw, header, "JWT", "JOSE"), verifier.ErrSignature)
	})
	t.Run("payload changed", func(t *testing.T) {
		wantRefused(t, v, replaced(t, raw, payload, testSubject, "user-124"), verifier.ErrSignature)
	})
	t.Run("any byte of the signature flipped", func(t *testing.T) {
		for at := range signatureOf(t, raw) {
			wantRefused(t, v, flipped(t, raw, at), verifier.ErrSignature)
		}
	})
	t.Run("signature cut short", func(t *testing.T) {
		for _, left := range []int{0, 1, len(signatureOf(t, raw)) - 1} {
			cut := edited(t, raw, signature, func(sig []byte) []byte { return sig[:left] })
			wantRefused(t, v, cut, verifier.ErrSignature)
		}
	})
	t.Run("another key of that ID", func(t *testing.T) {
		v := testVerifier(t, p.publish(t, alg, "key-1", other))
		wantRefused(t, v, raw, verifier.ErrSignature)
	})
	t.Run("another key of another ID", func(t *testing.T) {
		v := testVerifier(t, p.publish(t, alg, "key-2", other))
		wantRefused(t, v, raw, verifier.ErrUnknownKey)
	})
	if sibling, ok := siblings[alg]; ok {
		t.Run("the same key for "+string(sibling), func(t *testing.T) {
			v := testVerifier(t, newVerifierKey(t, sibling, "key-1", private))
			wantRefused(t, v, raw, verifier.ErrAlgorithm)
		})
	}
}

func TestUnsignedTokensOfPeers(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			v := testVerifier(t, newVerifierKey(t, keys.ES256, "", newKey(t, keys.ES256)))
			wantRefused(t, v, p.unsigned(t, testClaims()), verifier.ErrAlgorithm)
		})
	}
}

// TestPublicKeyAsSecret is the algorithm confusion of RFC 8725 §2.1, made with
// a library that lets one sign so.
func TestPublicKeyAsSecret(t *testing.T) {
	private, _ := twoKeys(t, keys.RS256)
	der, err := x509.MarshalPKIXPublicKey(private.(crypto.Signer).Public())
	if err != nil {
		t.Fatal(err)
	}
	doc := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	v := testVerifier(t, parseOne(t, doc))

	wantSubject(t, v, golangJWT.sign(t, keys.RS256, "", private, testClaims()), testSubject)
	for _, secret := range [][]byte{doc, der} {
		forged := signGolangJWT(t, jwt.SigningMethodHS256, "", secret, testClaims())
		wantRefused(t, v, forged, verifier.ErrAlgorithm)
	}
}

// TestBothNamesOfEd25519: a JWK that says no algorithm answers to either name
// (RFC 9864 §2.2), one that says it to no other.
func TestBothNamesOfEd25519(t *testing.T) {
	private := newKey(t, keys.Ed25519)
	names := []keys.Algorithm{keys.EdDSA, keys.Ed25519}
	open := testVerifier(t, parseOne(t, publicJWK(t, newJWK(t, "", "key-1", private))))
	for i, name := range names {
		raw := jwx.sign(t, name, "key-1", private, testClaims())
		if tok := wantSubject(t, open, raw, testSubject); tok.Algorithm != name {
			t.Errorf("the algorithm is %s; want %s", tok.Algorithm, name)
		}
		strict := testVerifier(t, jwx.publish(t, names[1-i], "key-1", private))
		wantRefused(t, strict, raw, verifier.ErrAlgorithm)
	}
}
