package verifier_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestRule10CacheComparesAllBytes: a token with the same hash as one that is remembered
// is not taken for it.
func TestRule10CacheComparesAllBytes(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	a, b := signer.Sign(claimsOf("a")), signer.Sign(claimsOf("b"))
	for _, other := range []string{a[:len(a)-1], a + "A", flipped(a), a[:strings.LastIndexByte(a, '.')] + b[strings.LastIndexByte(b, '.'):]} {
		v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(1))
		check(t, v, a, nil, "")
		v.Collide(other)
		if tok, err := v.Verify(t.Context(), other); tok != nil || !errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%.20s…%s: %v, %v", other, other[len(other)-8:], tok, err)
		}
		if v.Collide(b); v.Cached() != 1 {
			t.Fatalf("%d tokens are remembered, want 1", v.Cached())
		}
		if tok, err := v.Verify(t.Context(), b); err != nil || tok.Subject != "b" {
			t.Errorf("Verify = %v, %v; want the token of b", tok, err)
		}
	}
}

// TestRule10CacheKeepsOneOfAHash: somebody who signs tokens that end alike, with a key
// for each, cannot make a place of the cache slow, and none is taken for another.
func TestRule10CacheKeepsOneOfAHash(t *testing.T) {
	var ks []*keys.Key
	var raws []string
	for i := range 20 {
		k, raw := signedAlike(t, fmt.Sprint(i))
		ks, raws = append(ks, k), append(raws, raw)
	}
	v := newVerifier(t, keys.Static(ks...), verifier.WithCache(100))
	for range 2 {
		for i, raw := range raws {
			for range 2 {
				if tok, err := v.Verify(t.Context(), raw); err != nil || tok.Subject != fmt.Sprint(i) {
					t.Fatalf("Verify = %v, %v; want the token of %d", tok, err, i)
				}
			}
		}
	}
	if n := v.Cached(); n != 1 || !v.Remembers(raws[len(raws)-1]) {
		t.Errorf("%d tokens with the same hash are remembered, want the last", n)
	}
}

// signedAlike returns a token and its key, of that ID. The signature is the same for
// each: the key is made for it.
func signedAlike(t *testing.T, id string) (*keys.Key, string) {
	t.Helper()
	curve := elliptic.P256()
	n, k, s := curve.Params().N, big.NewInt(3), big.NewInt(5)
	r := new(big.Int).SetBytes(publicOf(t, k)[1:33]) // the X of k·G
	message := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"ES256","kid":%q}`, id)) + "." +
		base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":%q,"exp":%d}`, id, now.Unix()+60))
	digest := sha256.Sum256([]byte(message))
	d := new(big.Int).Mul(s, k) // d = (s·k − e) / r
	d.Sub(d, new(big.Int).SetBytes(digest[:])).Mul(d, new(big.Int).ModInverse(r, n)).Mod(d, n)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, publicOf(t, d))
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.NewPublic(id, keys.ES256, public)
	if err != nil {
		t.Fatal(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return key, message + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// publicOf returns the point d·G: 4, X and Y.
func publicOf(t *testing.T, d *big.Int) []byte {
	t.Helper()
	private, err := ecdh.P256().NewPrivateKey(d.FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return private.PublicKey().Bytes()
}
