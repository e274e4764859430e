package conformance_test

import (
	"crypto"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// confusionAttacks let the token choose how its signature is checked.
var confusionAttacks = []attack{
	{id: "CVE-2016-10555 / CVE-2015-9235", test: confuse(keys.RS256, spkiPEM, pkcs1PEM, spkiDER, pkcs1DER, jwkText)},
	{id: "CVE-2017-11424", test: confuse(keys.RS256, pkcs1PEM)},
	{id: "CVE-2022-29217", test: attackOpenSSH},
	{id: "CVE-2024-33663", test: confuse(keys.ES256, spkiPEM, sshText, spkiDER, rawPoint)},
	{id: "CVE-2024-37568", test: attackAnyAsymmetric},
	{id: "CVE-2026-22817, CVE-2026-22818", test: attackHeaderChooses},
	{id: "CVE-2026-33322", test: attackOIDCConfusion},
	{id: "CVE-2026-44699", test: attackEmptyFromRSA},
	{id: "CVE-2026-48523", test: attackAllThreeAgree},
	{id: "CVE-2021-46743", test: attackMixedSet},
	{id: "CVE-2022-23541", test: attackResolverType},
	{id: "CVE-2022-23539", test: attackKeyUnfit},
	{id: "CVE-2020-15084", note: "an algorithm is part of every key, so that there is no list to forget", test: attackAdapterWithoutAlgorithms},
}

// A form is one way in which a public key is written.
type form func(private crypto.Signer) []byte

func spkiDER(private crypto.Signer) []byte { return must(x509.MarshalPKIXPublicKey(private.Public())) }

func spkiPEM(private crypto.Signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spkiDER(private)})
}

func pkcs1DER(private crypto.Signer) []byte { return x509.MarshalPKCS1PublicKey(rsaPublic(private)) }

func pkcs1PEM(private crypto.Signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1DER(private)})
}

func jwkText(private crypto.Signer) []byte { return []byte(jwkOf(private, "")) }

func rawPoint(private crypto.Signer) []byte { return must(ecPublic(private).Bytes()) }

// sshText is a line of authorized_keys (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
func sshText(private crypto.Signer) []byte {
	var fields []string
	if pub, ok := edPublic(private); ok {
		fields = []string{"ssh-ed25519", string(pub)}
	} else {
		fields = []string{"ecdsa-sha2-nistp256", "nistp256", string(rawPoint(private))}
	}
	var blob []byte
	for _, f := range fields {
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(f))), f...)
	}
	return fmt.Appendf(nil, "%s %s user@host", fields[0], base64std.EncodeToString(blob))
}

// confuse signs with the public key, in each form, as if it were a secret:
// there must be no way to make that text a secret, and a token so signed is
// for no key of the verifier, regardless of what it allows.
func confuse(alg keys.Algorithm, forms ...form) func(t *testing.T) {
	return func(t *testing.T) {
		private := trusted(alg).(crypto.Signer)
		v := newVerifier(t, keys.Static(public(t, alg, "k", private)), verifier.WithAlgorithms(keys.HS256, keys.HS384, keys.HS512, alg))
		accepts(t, v, token(alg, "k", good, private))
		for i, f := range forms {
			text := f(private)
			for _, hs := range []keys.Algorithm{keys.HS256, keys.HS384, keys.HS512} {
				for _, variant := range [][]byte{text, []byte(strings.TrimSpace(string(text))), []byte(strings.ReplaceAll(string(text), "\n", "\r\n"))} {
					wrongAlgorithm(t, v, token(hs, "k", good, variant))
					wrongAlgorithm(t, v, token(hs, "", good, variant))
				}
			}
			if k, err := keys.NewSecret("", keys.HS256, text); err == nil && !isRawPoint(text) {
				t.Errorf("form %d of a public key is taken as a secret: %v", i, k)
			}
		}
	}
}

// isRawPoint: the 65 bytes of an uncompressed point look random.
func isRawPoint(text []byte) bool { return len(text) == 65 && text[0] == 4 }

func attackOpenSSH(t *testing.T) {
	confuse(keys.EdDSA, sshText)(t)
	confuse(keys.ES256, sshText)(t)
}

func attackAnyAsymmetric(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.RS256, keys.PS256, keys.ES256, keys.EdDSA} {
		confuse(alg, spkiPEM, spkiDER, jwkText)(t)
	}
}

// attackHeaderChooses: a JWK without alg has one all the same.
func attackHeaderChooses(t *testing.T) {
	for name, src := range bothReadings(t, jwkOf(rsaKey(), `"kid":"k"`)) {
		v := newVerifier(t, src)
		accepts(t, v, token(keys.RS256, "k", good, rsaKey()))
		wrongAlgorithm(t, v, token(keys.PS512, "k", good, rsaKey()))
		wrongAlgorithm(t, v, token(keys.RS512, "k", good, rsaKey()))
		for _, text := range [][]byte{spkiPEM(rsaKey()), jwkText(rsaKey()), rsaKey().N.Bytes()} {
			wrongAlgorithm(t, v, token(keys.HS256, "k", good, text))
		}
		if t.Failed() {
			t.Fatalf("as a %s set", name)
		}
	}
}

// bothReadings gives the key from a local document and from a real endpoint.
func bothReadings(t *testing.T, jwk string) map[string]keys.Provider {
	t.Helper()
	ks, _, err := keys.Parse([]byte(jwk))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]keys.Provider{"local": keys.Static(ks...), "published": newRemote(t, newPublisher(t, jwks(jwk)).URL)}
}

// attackOIDCConfusion signs with the client secret, and with the public key.
func attackOIDCConfusion(t *testing.T) {
	issuer := newIssuer(t, jwks(jwkOf(rsaKey(), `"kid":"k","alg":"RS256"`)))
	src, err := keys.NewOIDC(issuer.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, src)
	payload := `{"sub":"user-123","exp":1700000060,"iss":"` + issuer.URL + `"}`
	accepts(t, v, token(keys.RS256, "k", payload, rsaKey()))
	before := issuer.requests.Load()
	for _, key := range [][]byte{secret, spkiPEM(rsaKey()), jwkText(rsaKey())} {
		wrongAlgorithm(t, v, token(keys.HS256, "k", payload, key))
		wrongAlgorithm(t, v, token(keys.HS256, "", payload, key))
	}
	if got := issuer.requests.Load(); got != before || before != 2 {
		t.Errorf("%d requests, then %d more; want 2 and none", before, got-before)
	}
}

func attackEmptyFromRSA(t *testing.T) {
	for _, src := range bothReadings(t, jwkOf(rsaKey(), `"kid":"k"`)) {
		v := newVerifier(t, src)
		for _, kid := range []string{"k", ""} {
			wrongAlgorithm(t, v, token(keys.HS256, kid, good, []byte{}))
		}
	}
}

// attackAllThreeAgree: the header, what is allowed, and the key.
func attackAllThreeAgree(t *testing.T) {
	ks, _, err := keys.Parse([]byte(jwkOf(rsaKey(), `"alg":"RS512","kid":"k"`)))
	if err != nil {
		t.Fatal(err)
	}
	const rs256 = `{"alg":"RS256","kid":"k"}`
	for _, allowed := range [][]keys.Algorithm{{keys.RS256}, {keys.RS256, keys.RS512}} {
		v := newVerifier(t, keys.Static(ks...), verifier.WithAlgorithms(allowed...))
		wrongAlgorithm(t, v, mint(keys.RS512, rs256, good, rsaKey()))
		wrongAlgorithm(t, v, mint(keys.RS256, rs256, good, rsaKey()))
	}
	wrongAlgorithm(t, newVerifier(t, keys.Static(ks...), verifier.WithAlgorithms(keys.RS256)), token(keys.RS512, "k", good, rsaKey()))
	accepts(t, newVerifier(t, keys.Static(ks...)), token(keys.RS512, "k", good, rsaKey()))
}

// attackMixedSet names the RSA key and signs with the secret of the same set.
func attackMixedSet(t *testing.T) {
	ks, _, err := keys.Parse([]byte(jwks(jwkOf(rsaKey(), `"kid":"rsa"`), `{"kty":"oct","kid":"mac","alg":"HS256","k":"`+b64(string(secret))+`"}`)))
	if err != nil || len(ks) != 2 {
		t.Fatal(ks, err)
	}
	v := newVerifier(t, keys.Static(ks...))
	accepts(t, v, token(keys.HS256, "mac", good, secret))
	wrongAlgorithm(t, v, token(keys.HS256, "rsa", good, secret))
	wrongAlgorithm(t, v, token(keys.HS256, "rsa", good, spkiPEM(rsaKey())))
	wrongAlgorithm(t, v, token(keys.RS256, "mac", good, evilRSA()))
}

func attackResolverType(t *testing.T) {
	v := newVerifier(t, found(public(t, keys.ES256, "k", p256Key())))
	wrongAlgorithm(t, v, token(keys.RS256, "k", good, evilRSA()))
	wrongAlgorithm(t, v, token(keys.HS256, "k", good, spkiPEM(p256Key())))
	accepts(t, v, token(keys.ES256, "k", good, p256Key()))
	unknownKey(t, v, token(keys.ES256, "other", good, p256Key())) // nor a key of another ID
}

// attackKeyUnfit: an RSA-PSS key for RS256, and P-384 for ES256.
func attackKeyUnfit(t *testing.T) {
	v := newVerifier(t, keys.Static(public(t, keys.PS256, "k", rsaKey())))
	wrongAlgorithm(t, v, token(keys.RS256, "k", good, rsaKey()))
	if k, err := keys.NewPublic("k", keys.ES256, p384Key().Public()); k != nil || err == nil {
		t.Error("P-384 is taken for ES256")
	}
	if ks, _, err := keys.Parse([]byte(jwkOf(p384Key(), `"alg":"ES256"`))); ks != nil || err == nil {
		t.Error("a JWK on P-384 is taken for ES256")
	}
	v = newVerifier(t, keys.Static(public(t, keys.ES384, "k", p384Key())))
	wrongAlgorithm(t, v, token(keys.ES256, "k", good, p384Key()))
	accepts(t, v, token(keys.ES384, "k", good, p384Key()))
}

// attackAdapterWithoutAlgorithms: nothing but the key's own algorithm is ever
// accepted, and an adapter without a verifier cannot be built.
func attackAdapterWithoutAlgorithms(t *testing.T) {
	if v, err := verifier.New(nil); v != nil || err == nil {
		t.Errorf("New without keys = %v, %v", v, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("httpauth.New(nil) does not panic")
		}
	}()
	for alg, v := range everyKind(t) {
		for _, other := range keys.Algorithms() {
			if other != alg && (alg != keys.EdDSA || other != keys.Ed25519) {
				wrongAlgorithm(t, v, mint(alg, `{"alg":"`+string(other)+`"}`, good, trusted(alg)))
			}
		}
	}
	httpauth.New(nil)
}
