package keys_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var secret = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

func TestKeyVerifiesWithItsAlgorithm(t *testing.T) {
	t.Parallel()
	for _, alg := range keys.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			signer, other := signerOf(alg), otherSignerOf(alg)
			message, signature := parts(t, signer.Sign(map[string]any{"sub": "user-123"}))
			k := signer.Key()
			if k.Algorithm() != alg || k.ID() != "k1" || k.Issuer() != "" {
				t.Errorf("it is %v with ID %q and issuer %q", k.Algorithm(), k.ID(), k.Issuer())
			}
			if err := k.Verify(message, signature); err != nil {
				t.Errorf("Verify: %v", err)
			}
			if err := k.VerifyPayload(message, signature, alg); err != nil {
				t.Errorf("VerifyPayload: %v", err)
			}
			if err := k.VerifyPayload(message, signature, "none"); err == nil {
				t.Error("VerifyPayload with another algorithm: no error")
			}
			if err := other.Key().Verify(message, signature); err == nil {
				t.Error("another key verifies it")
			}
			if err := k.Verify(append(message, '.'), signature); err == nil {
				t.Error("it verifies another message")
			}
			for _, bad := range [][]byte{nil, {}, signature[:len(signature)-1], append(signature[:len(signature):len(signature)], 0), flip(signature, 0), flip(signature, len(signature)-1), make([]byte, len(signature))} {
				if err := k.Verify(message, bad); err == nil {
					t.Errorf("it verifies a signature of %d bytes that is another", len(bad))
				}
			}
		})
	}
}

// TestRule6ECDSASignatureIsRS: DER of the same numbers is not a signature.
func TestRule6ECDSASignatureIsRS(t *testing.T) {
	for alg, size := range map[keys.Algorithm]int{keys.ES256: 32, keys.ES384: 48, keys.ES512: 66} {
		signer := signerOf(alg)
		message, signature := parts(t, signer.Sign(map[string]any{"sub": "a"}))
		r, s := signature[:size], signature[size:]
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)})
		if err != nil {
			t.Fatal(err)
		}
		zero := make([]byte, size)
		for name, other := range map[string][]byte{
			"DER": der, "R alone": r, "S‖R": slices.Concat(s, r), "longer R and S": slices.Concat([]byte{0}, r, []byte{0}, s),
			"zero": slices.Concat(zero, zero), "R zero": slices.Concat(zero, s), "S zero": slices.Concat(r, zero),
		} {
			if signer.Key().Verify(message, other) == nil {
				t.Errorf("%s: %s is accepted", alg, name)
			}
		}
	}
}

// TestOpaqueVerifier lets go-jose verify with our key.
func TestOpaqueVerifier(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES384, "k1")
	sig, err := jose.ParseSignedCompact(signer.Sign(map[string]any{"sub": "user-123"}), []jose.SignatureAlgorithm{jose.ES384})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := sig.Verify(signer.Key())
	if err != nil || string(payload) != `{"sub":"user-123"}` {
		t.Errorf("go-jose: %s, %v", payload, err)
	}
}

func TestKeyIsImmutable(t *testing.T) {
	mine := append([]byte(nil), secret...)
	a := newSecret(t, "a", keys.HS256)
	b, err := keys.NewSecret("a", keys.HS256, mine)
	if err != nil {
		t.Fatal(err)
	}
	mine[0] ^= 1
	if !a.Equal(b) {
		t.Error("changing the secret that was given changes the key")
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keys.NewPublic("", keys.ES256, &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	before := k.Thumbprint()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private.PublicKey = other.PublicKey
	if k.Thumbprint() != before {
		t.Error("changing the key that was given changes the key")
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	k := newSecret(t, "a", keys.HS256)
	ed := verifiertest.NewSigner(t, keys.EdDSA, "a").Key()
	bound := mustFind(t, keys.ForIssuer("https://a", keys.Static(k)), keys.Hint{KeyID: "a", Algorithm: keys.HS256})[0]
	for _, test := range []struct {
		name string
		a, b *keys.Key
		want bool
	}{
		{"itself", k, k, true},
		{"made again", k, newSecret(t, "a", keys.HS256), true},
		{"another ID", k, newSecret(t, "b", keys.HS256), false},
		{"another algorithm", k, newSecret(t, "a", keys.HS512), false},
		{"another kind", k, ed, false},
		{"another issuer", k, bound, false},
		{"nil", k, nil, false},
		{"both nil", nil, nil, true},
		{"zero", k, new(keys.Key), false},
	} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("%s: Equal = %v, want %v", test.name, got, test.want)
		}
		if got := test.b.Equal(test.a); got != test.want {
			t.Errorf("%s, the other way: Equal = %v, want %v", test.name, got, test.want)
		}
	}
	for _, alg := range keys.Algorithms() {
		s := signerOf(alg)
		ks, _, err := keys.Parse(s.JWK())
		if err != nil || !ks[0].Equal(s.Key()) {
			t.Errorf("%s: the key read from its JWK is another: %v", alg, err)
		}
		if o := otherSignerOf(alg); o.Key().Equal(s.Key()) {
			t.Errorf("%s: two keys are equal", alg)
		}
	}
}

func TestThumbprint(t *testing.T) {
	// RFC 8037 appendix A.3, and RFC 7638 §3.1.
	for _, test := range []struct{ jwk, want string }{
		{`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
		{`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
	} {
		ks, _, err := keys.Parse([]byte(test.jwk))
		if err != nil {
			t.Fatal(err)
		}
		if got := ks[0].Thumbprint(); got != test.want {
			t.Errorf("Thumbprint = %s, want %s", got, test.want)
		}
	}
	if got := newSecret(t, "", keys.HS256).Thumbprint(); got != "" {
		t.Errorf("the thumbprint of a secret = %q", got)
	}
}

// TestPrintingShowsNoSecret tries every way to print a key.
func TestPrintingShowsNoSecret(t *testing.T) {
	k := newSecret(t, "k\"1\n", keys.HS256)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", k)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", k)
	doc, err := json.Marshal(map[string]any{"key": k})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{log.String(), string(doc)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, k))
	}
	for _, text := range shown {
		for _, form := range []string{"0123456789abcdef", hex.EncodeToString(secret[:8]), "[48 49 50", "0x30, 0x31"} {
			if strings.Contains(text, form) {
				t.Errorf("the secret is in %s", text)
			}
		}
	}
	if got, want := k.String(), `key "k\"1\n" (HS256)`; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
	if !strings.Contains(log.String(), "key.alg=HS256") {
		t.Errorf("the log does not show the algorithm: %s", &log)
	}
	ed := verifiertest.NewSigner(t, keys.EdDSA, "ed").Key()
	if got, want := ed.String(), `key "ed" (EdDSA `+ed.Thumbprint()+`)`; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
}

func TestNilAndZeroKeyVerifyNothing(t *testing.T) {
	for _, k := range []*keys.Key{nil, new(keys.Key)} {
		if err := k.Verify(nil, nil); err == nil {
			t.Error("Verify: no error")
		}
		if err := k.VerifyPayload(nil, nil, ""); err == nil {
			t.Error("VerifyPayload: no error")
		}
		if k.Thumbprint() != "" || k.String() == "" || k.LogValue().String() == "" {
			t.Error("it cannot be printed")
		}
		if ks, err := keys.Static(k).Find(t.Context(), keys.Hint{}); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("it is a key of Static: %v, %v", ks, err)
		}
	}
}

func TestRule11Ed25519HasBothNames(t *testing.T) {
	const jwk = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"%s}`
	for _, test := range []struct {
		member string
		want   []keys.Algorithm
	}{
		{``, []keys.Algorithm{keys.EdDSA, keys.Ed25519}},
		{`,"alg":"EdDSA"`, []keys.Algorithm{keys.EdDSA}},
		{`,"alg":"Ed25519"`, []keys.Algorithm{keys.Ed25519}},
	} {
		ks, _, err := keys.Parse(fmt.Appendf(nil, jwk, test.member))
		if err != nil {
			t.Fatal(err)
		}
		for _, alg := range append(keys.Algorithms(), "none", "") {
			want := false
			for _, w := range test.want {
				want = want || w == alg
			}
			if got := ks[0].Accepts(alg); got != want {
				t.Errorf("JWK%s: Accepts(%q) = %v, want %v", test.member, alg, got, want)
			}
			if found := mustFind(t, keys.Static(ks...), keys.Hint{Algorithm: alg}); want && len(found) != 1 {
				t.Errorf("JWK%s: Find for %q = %v", test.member, alg, found)
			}
		}
	}
}

func TestHMACProvider(t *testing.T) {
	p, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	ks := mustFind(t, p, keys.Hint{KeyID: "any", Algorithm: keys.HS256})
	if len(ks) != 1 || ks[0].ID() != "" || ks[0].Algorithm() != keys.HS256 {
		t.Errorf("Find = %v", ks)
	}
	if p, err := keys.HMAC(keys.HS256, secret[:8]); p != nil || err == nil {
		t.Errorf("HMAC with a short secret = %v, %v", p, err)
	}
}

func newSecret(t *testing.T, id string, alg keys.Algorithm) *keys.Key {
	t.Helper()
	k, err := keys.NewSecret(id, alg, secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustFind(t *testing.T, p keys.Provider, h keys.Hint) []*keys.Key {
	t.Helper()
	ks, err := p.Find(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

// parts splits a token into the signed message and the signature.
func parts(t *testing.T, raw string) (message, signature []byte) {
	t.Helper()
	i := strings.LastIndexByte(raw, '.')
	signature, err := base64url.DecodeString(raw[i+1:])
	if err != nil {
		t.Fatal(err)
	}
	return []byte(raw[:i]), signature
}

func flip(b []byte, i int) []byte {
	b = append([]byte(nil), b...)
	b[i] ^= 1
	return b
}

var errDown = errors.New("down")

func edKey(t *testing.T, id string) *keys.Key {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keys.NewPublic(id, keys.EdDSA, pub)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
