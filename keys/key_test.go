package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"

	"filippo.io/mldsa"
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

func TestRule6Secrets(t *testing.T) {
	der, err := x509.MarshalPKIXPublicKey(&rsaKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for _, test := range []struct {
		name   string
		alg    keys.Algorithm
		secret []byte
		want   string // in the message
	}{
		{"empty", keys.HS256, nil, "0 bytes"},
		{"one short for HS256", keys.HS256, secret[:31], "at least 32"},
		{"one short for HS384", keys.HS384, secret[:47], "at least 48"},
		{"one short for HS512", keys.HS512, secret[:63], "at least 64"},
		{"algorithm of a public key", keys.RS256, secret, "HS256, HS384 or HS512"},
		{"none", "none", secret, "HS256, HS384 or HS512"},
		{"no algorithm", "", secret, "HS256, HS384 or HS512"},
		{"PEM", keys.HS256, text, "NewPublic or Parse"},
		{"PEM after a space", keys.HS256, append([]byte(" "), text...), "NewPublic or Parse"},
		{"PEM with CRLF", keys.HS256, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), "NewPublic or Parse"},
		{"DER", keys.HS256, der, "NewPublic or Parse"},
		{"PKCS #1 DER", keys.HS256, x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey), "NewPublic or Parse"},
		{"SSH", keys.HS256, []byte("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 user@host"), "NewPublic or Parse"},
		{"SSH2", keys.HS256, []byte("---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EAAAADAQABAAABAQC7"), "NewPublic or Parse"},
		{"DER and a line end", keys.HS256, append(der[:len(der):len(der)], '\n'), "NewPublic or Parse"},
		{"DER in base64", keys.HS256, []byte(base64.StdEncoding.EncodeToString(der)), "NewPublic or Parse"},
		{"DER in base64url, in lines", keys.HS256, []byte(base64url.EncodeToString(der)[:64] + "\n" + base64url.EncodeToString(der)[64:]), "NewPublic or Parse"},
		{"known_hosts", keys.HS256, []byte("host.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHhvbGFob2xhaG9sYWhvbGFob2xh"), "NewPublic or Parse"},
		{"JWK", keys.HS256, verifiertest.NewSigner(t, keys.ES256, "a").JWK(), "NewPublic or Parse"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := keys.NewSecret("", test.alg, test.secret)
			if k != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewSecret = %v, %v; want an error with %q", k, err, test.want)
			}
			if len(test.secret) > 0 && err != nil && strings.Contains(err.Error(), string(test.secret)) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

func TestRule6PublicKeys(t *testing.T) {
	rsaOf := func(bits int) *rsa.PublicKey {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}
	}
	good := rsaOf(2048)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ml, err := mldsa.GenerateKey(mldsa.MLDSA44())
	if err != nil {
		t.Fatal(err)
	}
	edPub, edPriv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lowOrder, err := hex.DecodeString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		alg  keys.Algorithm
		pub  crypto.PublicKey
		want string
	}{
		{"nil", keys.RS256, nil, "cannot verify with a <nil>"},
		{"algorithm of a secret", keys.HS256, good, "not an algorithm for a public key"},
		{"none", "none", good, "not an algorithm for a public key"},
		{"bytes", keys.RS256, []byte("key"), "cannot verify with a []uint8"},
		{"value instead of pointer", keys.RS256, *good, "cannot verify with a rsa.PublicKey"},
		{"private key", keys.EdDSA, edPriv, "private key"},
		{"RSA for ES256", keys.ES256, good, "cannot be a key for ES256"},
		{"EC for RS256", keys.RS256, &p256.PublicKey, "cannot be a key for RS256"},
		{"Ed25519 for ES256", keys.ES256, edPub, "cannot be a key for ES256"},
		{"ML-DSA for RS256", keys.RS256, ml.PublicKey(), "cannot be a key for RS256"},
		{"nil RSA", keys.RS256, (*rsa.PublicKey)(nil), "nil"},
		{"RSA without modulus", keys.RS256, &rsa.PublicKey{E: 3}, "nil"},
		{"RSA of 2047 bits", keys.RS256, rsaOf(2047), "2047 bits"},
		{"RSA of 8193 bits", keys.PS256, rsaOf(8193), "8193 bits"},
		{"RSA with exponent 1", keys.RS256, &rsa.PublicKey{N: good.N, E: 1}, "exponent"},
		{"RSA with even exponent", keys.RS256, &rsa.PublicKey{N: good.N, E: 4}, "exponent"},
		{"RSA with even modulus", keys.RS256, &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 3}, "modulus"},
		{"RSA with negative modulus", keys.RS256, &rsa.PublicKey{N: new(big.Int).Neg(good.N), E: 3}, "modulus"},
		{"RSA of CVE-2017-15361", keys.RS256, &rsa.PublicKey{N: roca(), E: 65537}, "CVE-2017-15361"},
		{"nil ECDSA", keys.ES256, (*ecdsa.PublicKey)(nil), "nil"},
		{"ECDSA without curve", keys.ES256, &ecdsa.PublicKey{}, "nil"},
		{"ECDSA on another curve", keys.ES384, &p256.PublicKey, "needs a key on P-384"},
		{"ECDSA off the curve", keys.ES256, offCurve(), "not a point"},
		{"Ed25519 too short", keys.EdDSA, edPub[:31], "31 bytes"},
		{"Ed25519 too long", keys.Ed25519, append(edPub[:32:32], 0), "33 bytes"},
		{"Ed25519 of low order", keys.EdDSA, ed25519.PublicKey(lowOrder), "low order"},
		{"Ed25519 all zero", keys.EdDSA, make(ed25519.PublicKey, 32), "low order"},
		{"nil ML-DSA", keys.MLDSA44, (*mldsa.PublicKey)(nil), "nil"},
		{"zero ML-DSA", keys.MLDSA44, &mldsa.PublicKey{}, "nil"},
		{"ML-DSA of another size", keys.MLDSA65, ml.PublicKey(), "ML-DSA-44"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := keys.NewPublic("", test.alg, test.pub)
			if k != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewPublic = %v, %v; want an error with %q", k, err, test.want)
			}
		})
	}
	for _, bits := range []int{2048, 8192} {
		if _, err := keys.NewPublic("", keys.RS256, rsaOf(bits)); err != nil {
			t.Errorf("RSA of %d bits: %v", bits, err)
		}
	}
}

// roca returns a modulus with the mark of CVE-2017-15361: it is a power of 65537
// modulo every small prime.
func roca() *big.Int {
	primorial := big.NewInt(1)
	for p := int64(3); p <= 167; p += 2 {
		if big.NewInt(p).ProbablyPrime(10) {
			primorial.Mul(primorial, big.NewInt(p))
		}
	}
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(1234567), primorial)
	k := new(big.Int).Lsh(big.NewInt(1), 2047)
	k.Div(k, primorial).Add(k, big.NewInt(1)).Mul(k, primorial)
	if n.Add(n, k); n.Bit(0) == 0 {
		n.Add(n, primorial)
	}
	return n
}

func offCurve() *ecdsa.PublicKey {
	//lint:ignore SA1019 only a deprecated constructor can make an invalid key
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}
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
