package keys_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestFaultR14OddAnswers is about responses that are odd but hold good keys.
func TestFaultR14OddAnswers(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	doc := set(jwksOf(good)...)
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"byte order mark", text("\ufeff" + doc)},
		{"white space around", text(" \r\n\t" + doc + "\n\n")},
		{"content type text/html", text(doc, "Content-Type: text/html")},
		{"content type of a picture", text(doc, "Content-Type: image/png")},
		{"content type that is garbage", text(doc, "Content-Type: ;;;")},
		{"gzip that was not asked for", text(string(zip(t, strings.NewReader(doc))), "Content-Encoding: gzip")},
		{"unknown members next to the keys", text(`{"issuer":7,"x":null,` + doc[1:])},
		{"duplicate kids", text(set(append(jwksOf(edSigner(t, "good"), edSigner(t, "good")), jwksOf(good)...)...))},
		{"the same key three times", text(set(append(jwksOf(good, good), jwksOf(good)...)...))},
		{"empty tag", text(doc, `ETag: `)},
		{"tag of 100 KiB", text(doc, `ETag: "`+strings.Repeat("x", 100<<10)+`"`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			s := newSite(t, test.answer)
			clock := newClock()
			g := newGuard(t, clock, s.URL)
			for range 5 {
				g.accepts("at "+clock.read().Format(time.TimeOnly), sign(good))
				clock.advance(11 * time.Minute)
			}
			if s.fetches.Load() != 5 || g.remote.Status().Err != nil {
				t.Errorf("%d fetches, want 5: %v", s.fetches.Load(), g.remote.Status().Err)
			}
			w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
		})
	}
}

// TestFaultR15Poison puts one bad key of each kind before good ones.
func TestFaultR15Poison(t *testing.T) {
	leaksNothing(t)
	good, other := edSigner(t, "good"), verifiertest.NewSigner(t, keys.ES256, "other")
	secretKey, mldsa := verifiertest.NewSigner(t, keys.HS256, "bad"), `{"kty":"AKP","kid":"bad","alg":"ML-DSA-44","pub":"`+base64url.EncodeToString(make([]byte, 1312))+`"}`
	b64 := base64.RawURLEncoding.EncodeToString
	for _, test := range []struct{ name, jwk, reason string }{
		{"wrong kty", `{"kid":"bad","kty":"XYZ"}`, `kty "XYZ"`},
		{"kty of another kind", strings.Replace(ecJWK, "EC", "RSA", 1) + `,"kid":"bad"}`, ""},
		{"no kty", `{"kid":"bad"}`, `kty ""`},
		{"numeric kid", ecJWK + `,"kid":7}`, "wrong type"},
		{"off-curve point", `{"kid":"bad","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}`, "not on P-256"},
		{"point at infinity", `{"kid":"bad","kty":"EC","crv":"P-256","x":"` + b64(make([]byte, 32)) + `","y":"` + b64(make([]byte, 32)) + `"}`, "not on P-256"},
		{"short modulus", `{"kid":"bad","kty":"RSA","n":"` + b64(rsaModulus(1024)) + `","e":"AQAB"}`, "1024 bits"},
		{"huge modulus", `{"kid":"bad","kty":"RSA","n":"` + b64(rsaModulus(65536)) + `","e":"AQAB"}`, "65536 bits"},
		{"exponent 1", `{"kid":"bad","kty":"RSA","n":"` + b64(rsaModulus(2048)) + `","e":"AQ"}`, "exponent"},
		{"unknown use", ecJWK + `,"kid":"bad","use":"wrap"}`, `use is "wrap"`},
		{"use enc", ecJWK + `,"kid":"bad","use":"enc"}`, `use is "enc"`},
		{"key_ops without verify", ecJWK + `,"kid":"bad","key_ops":["deriveKey"]}`, "key_ops"},
		{"key_ops that is not an array", ecJWK + `,"kid":"bad","key_ops":"verify"}`, "wrong type"},
		{"unknown alg", ecJWK + `,"kid":"bad","alg":"ES256K"}`, `"ES256K"`},
		{"AKP of an unknown kind", strings.Replace(mldsa, "ML-DSA-44", "ML-DSA-99", 1), "not ML-DSA"},
		{"AKP of wrong length", strings.Replace(mldsa, "ML-DSA-44", "ML-DSA-87", 1), "public key"},
		{"Ed448", `{"kid":"bad","kty":"OKP","crv":"Ed448","x":"AA"}`, `"Ed448"`},
		{"X25519", `{"kid":"bad","kty":"OKP","crv":"X25519","x":"AA"}`, `"X25519"`},
		{"Ed25519 of low order", `{"kid":"bad","kty":"OKP","crv":"Ed25519","x":"` + b64(make([]byte, 32)) + `"}`, "low order"},
		{"Ed25519 too short", `{"kid":"bad","kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "3 bytes"},
		{"secp256k1", `{"kid":"bad","kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`, `"secp256k1"`},
		{"bad base64", `{"kid":"bad","kty":"OKP","crv":"Ed25519","x":"*"}`, "base64url"},
		{"x5c only", `{"kid":"bad","kty":"RSA","x5c":["MIIB"]}`, ""},
		{"duplicate member", ecJWK + `,"kid":"bad","kid":"bad"}`, "duplicate"},
		{"invalid UTF-8", ecJWK + ",\"kid\":\"\xff\"}", ""},
		{"null", `null`, "kty"},
		{"a string", `"key"`, "not a JWK"},
		{"an array", `[[]]`, "not a JWK"},
		{"secret published by mistake", string(secretKey.JWK()), "not a secret"},
		{"private key published by mistake", ecJWK + `,"kid":"bad","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`, "private half"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			s := newSite(t, text(set(test.jwk, string(good.JWK()), string(other.JWK()))))
			g := newGuard(t, newClock(), s.URL)
			g.accepts("beside the poison", sign(good), sign(other))
			g.refuses("a token signed with the published secret", sign(secretKey), verifier.ErrUnknownKey)
			skipped := g.remote.Status().Skipped
			if len(skipped) != 1 || !strings.Contains(skipped[0].Reason, test.reason) {
				t.Fatalf("Skipped = %v; want one, %q", skipped, test.reason)
			}
			w.logf("%s; skipped: %s", g.tally(), skipped[0])
		})
	}
}

// TestFaultR15PlainKeys is about keys that do not say what they are for.
func TestFaultR15PlainKeys(t *testing.T) {
	leaksNothing(t)
	t.Run("no kids", func(t *testing.T) {
		w := begin(t)
		a, b, foreign := edSigner(t, ""), verifiertest.NewSigner(t, keys.ES256, ""), edSigner(t, "")
		s := newSite(t, jwks(a, b))
		g := newGuard(t, newClock(), s.URL)
		g.accepts("without kid", sign(a), sign(b))
		g.refuses("a token signed with another key", sign(foreign), verifier.ErrSignature)
		g.accepts("after it", sign(a), sign(b))
		w.logf("%s", g.tally())
	})
	t.Run("kids in the tokens only", func(t *testing.T) {
		w := begin(t)
		a := edSigner(t, "a")
		s := newSite(t, text(set(strings.Replace(string(a.JWK()), `"kid":"a",`, "", 1))))
		g := newGuard(t, newClock(), s.URL)
		g.accepts("a key without kid", sign(a), sign(a))
		g.refuses("a token signed with another key", sign(edSigner(t, "b")), verifier.ErrSignature)
		w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
	})
	t.Run("keys without alg", func(t *testing.T) {
		w := begin(t)
		var signers []*verifiertest.Signer
		var list []string
		for _, alg := range []keys.Algorithm{keys.EdDSA, keys.Ed25519, keys.ES256, keys.ES384, keys.ES512, keys.RS256} {
			signer := verifiertest.NewSigner(t, alg, "key-"+string(alg))
			signers = append(signers, signer)
			list = append(list, strings.Replace(string(signer.JWK()), fmt.Sprintf(`"alg":"%s",`, alg), "", 1))
		}
		s := newSite(t, text(set(list...)))
		g := newGuard(t, newClock(), s.URL)
		for _, signer := range signers {
			g.accepts("key without alg", sign(signer))
		}
		w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
	})
	t.Run("no usable alg of the token", func(t *testing.T) {
		w := begin(t)
		a := edSigner(t, "a")
		s := newSite(t, jwks(a))
		g := newGuard(t, newClock(), s.URL)
		g.accepts("the right algorithm", sign(a))
		g.refuses("another algorithm with that kid", sign(verifiertest.NewSigner(t, keys.ES256, "a")), verifier.ErrAlgorithm)
		if n := s.fetches.Load(); n != 1 {
			t.Errorf("%d fetches, want 1: the kid is known", n)
		}
		w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
	})
}

// TestFaultR16Rotation changes what is published.
func TestFaultR16Rotation(t *testing.T) {
	leaksNothing(t)
	old, next := edSigner(t, "old"), edSigner(t, "next")
	for _, test := range []struct {
		name          string
		before, after []*verifiertest.Signer
	}{
		{"rotation with overlap", []*verifiertest.Signer{old}, []*verifiertest.Signer{old, next}},
		{"rotation without overlap", []*verifiertest.Signer{old}, []*verifiertest.Signer{next}},
		{"removed key", []*verifiertest.Signer{old, next}, []*verifiertest.Signer{next}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			clock := newClock()
			s := newSite(t, jwks(test.before...))
			g := newGuard(t, clock, s.URL)
			g.accepts("before", sign(old))
			s.answers(jwks(test.after...))
			clock.advance(time.Second)
			g.accepts("right after the rotation", sign(next))
			clock.advance(11 * time.Minute)
			g.accepts("after the refresh", sign(next))
			if len(test.after) == 2 {
				g.accepts("the old key overlaps", sign(old))
			} else {
				g.refuses("the old key is gone", sign(old), verifier.ErrUnknownKey)
			}
			w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
		})
	}
	t.Run("removed key of a token that is remembered", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		s := newSite(t, jwks(old, next))
		g := newGuard(t, clock, s.URL)
		v, err := verifier.New(g.remote, verifier.WithClock(clock.read), verifier.WithCache(10))
		if err != nil {
			t.Fatal(err)
		}
		g.verifier = v
		oldToken, nextToken := sign(old), sign(next)
		g.accepts("before", oldToken, oldToken, nextToken, nextToken)
		s.answers(jwks(next))
		clock.advance(11 * time.Minute)
		g.refuses("after the refresh", oldToken, verifier.ErrUnknownKey)
		g.accepts("after the refresh", nextToken)
		w.logf("%s", g.tally())
	})
	t.Run("same kid with new material", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		other := edSigner(t, "old")
		s := newSite(t, jwks(old))
		g := newGuard(t, clock, s.URL)
		g.accepts("before", sign(old))
		for range 50 { // R9: one fetch a minute, however many are forged
			g.refuses("forged", sign(edSigner(t, "old")), verifier.ErrSignature)
		}
		if n := s.fetches.Load(); n != 2 {
			t.Errorf("50 bad signatures triggered %d fetches, want 1", n-1)
		}
		s.answers(jwks(other))
		clock.advance(time.Minute)
		g.accepts("the new key", sign(other), sign(other))
		g.refuses("the old key", sign(old), verifier.ErrSignature)
		w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
	})
	t.Run("many rotations", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		s := newSite(t, nil)
		var g *guard
		for i := range 20 {
			signer := edSigner(t, fmt.Sprint(i))
			s.answers(jwks(signer))
			if g == nil {
				g = newGuard(t, clock, s.URL)
			}
			g.accepts("its own key", sign(signer))
			clock.advance(10 * time.Second)
		}
		if diff := cmp.Diff([]string{"19"}, ids(g.remote.Status().Keys)); diff != "" {
			t.Errorf("keys (-want +got)\n%s", diff)
		}
		w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
	})
}
