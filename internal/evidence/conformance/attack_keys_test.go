package conformance_test

import (
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// keyAttacks bring a verifier to trust a key that is weak, or that everybody has.
var keyAttacks = []attack{
	{id: "CVE-2023-48223 / CVE-2026-34950", test: attackPublicTextAsSecret},
	{id: "CVE-2026-44351, CVE-2026-45363", test: attackResolverEmpty},
	{id: "CVE-2019-20933 / CVE-2020-28637", test: attackBlankSecret},
	{id: "CVE-2025-45765/45768/45769, CVE-2022-23539", test: attackShortKeys},
	{id: "CVE-2017-15361 (ROCA)", test: attackROCA},
	{id: "CVE-2021-41106", test: attackSecretIsAPath},
	{id: "CVE-2017-8932, CVE-2019-6486", test: attackOffCurve},
	{id: "CVE-2016-9121, CVE-2016-9123", test: attackInvalidPoint},
}

// attackPublicTextAsSecret: regardless of what surrounds it, the text of a public
// key is not a secret, neither in the constructor nor from a file or variable.
func attackPublicTextAsSecret(t *testing.T) {
	pem, der := string(spkiPEM(rsaKey())), string(spkiDER(p256Key()))
	for name, text := range map[string]string{
		"PEM":                pem,
		"PKCS #1":            string(pkcs1PEM(rsaKey())),
		"leading space":      " " + pem,
		"leading line":       "\r\n\t" + pem,
		"byte order mark":    "\ufeff" + pem,
		"CRLF":               strings.ReplaceAll(pem, "\n", "\r\n"),
		"no final line end":  strings.TrimSpace(pem),
		"comment before":     "# the key\n" + pem,
		"OpenSSH":            string(sshText(edKey())),
		"OpenSSH with space": "\n " + string(sshText(p256Key())) + "\n",
		"JWK":                string(jwkText(rsaKey())),
		"JWK Set":            jwks(jwkOf(p256Key(), "")),
		"DER":                der,
		"DER and a line end": der + "\n",
		"PKCS #1 DER":        string(pkcs1DER(rsaKey())) + "\r\n",
		"DER in base64":      base64std.EncodeToString([]byte(der)), // as Keycloak shows it
		"known_hosts":        "host.example " + string(sshText(edKey())),
	} {
		if k, err := keys.NewSecret("", keys.HS256, []byte(text)); k != nil || err == nil {
			t.Errorf("%s: NewSecret takes it", name)
		}
		if p, err := keys.HMAC(keys.HS512, []byte(text)); p != nil || err == nil {
			t.Errorf("%s: HMAC takes it", name)
		}
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refs := []string{"file:" + path, "file:" + path + "?alg=HS256"}
		if !strings.Contains(text, "\x00") { // which no variable can hold
			t.Setenv("CONFORMANCE_KEY", text)
			refs = append(refs, "env:CONFORMANCE_KEY", "env:CONFORMANCE_KEY?alg=HS256")
		}
		for _, ref := range refs {
			src, err := keys.Open(t.Context(), ref)
			if err != nil {
				continue
			}
			wrongAlgorithm(t, newVerifier(t, src), token(keys.HS256, "", good, []byte(text)))
		}
	}
}

// attackResolverEmpty: an empty key is none, before any MAC is computed.
func attackResolverEmpty(t *testing.T) {
	for _, ks := range [][]*keys.Key{nil, {}, {nil}, {new(keys.Key)}} {
		v := newVerifier(t, found(ks...))
		unknownKey(t, v, token(keys.HS256, "k", good, []byte{}))
		unknownKey(t, v, token(keys.HS256, "", good, []byte{}))
	}
	for _, secret := range [][]byte{nil, {}, []byte("")} {
		if k, err := keys.NewSecret("", keys.HS256, secret); k != nil || err == nil {
			t.Errorf("NewSecret of nothing = %v, %v", k, err)
		}
	}
	if ks, _, err := keys.Parse([]byte(`{"kty":"oct","alg":"HS256","k":""}`)); ks != nil || err == nil {
		t.Errorf("an empty oct JWK = %v, %v", ks, err)
	}
}

func attackBlankSecret(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.HS256, keys.HS384, keys.HS512} {
		for _, blank := range []string{"", " ", "\n"} {
			if p, err := keys.HMAC(alg, []byte(blank)); p != nil || err == nil {
				t.Errorf("HMAC with the secret %q = %v, %v", blank, p, err)
			}
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(blank), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("CONFORMANCE_SECRET", blank)
			for _, ref := range []string{"env:CONFORMANCE_SECRET", "file:" + path} {
				if p, err := keys.Open(t.Context(), ref+"?alg="+string(alg)); p != nil || err == nil {
					t.Errorf("%s that is %q = %v, %v", ref, blank, p, err)
				}
			}
		}
	}
}

func attackShortKeys(t *testing.T) {
	for alg, size := range map[keys.Algorithm]int{keys.HS256: 32, keys.HS384: 48, keys.HS512: 64} {
		for n := range size {
			if k, err := keys.NewSecret("", alg, secret[:n]); k != nil || err == nil {
				t.Errorf("%s with %d bytes is taken", alg, n)
			}
			unknownKey(t, newVerifier(t, found()), token(alg, "", good, secret[:n]))
		}
		accepts(t, newVerifier(t, keys.Static(secretKey(t, alg, "", secret[:size]))), token(alg, "", good, secret[:size]))
	}
	skips := func(what string, n []byte, e string) {
		jwk := `{"kty":"RSA","e":"` + b64(e) + `","n":"` + b64(string(n)) + `"}`
		if ks, skipped, err := keys.Parse([]byte(jwks(jwk, jwkOf(edKey(), "")))); len(ks) != 1 || len(skipped) != 1 || err != nil {
			t.Errorf("RSA with %s: %v, skipped %v, %v", what, ks, skipped, err)
		}
	}
	for _, bits := range []uint{512, 1024, 1536, 2046, 2047, 8193, 16384} {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		skips(fmt.Sprint(bits, " bits"), n.SetBit(n, 0, 1).Bytes(), "\x01\x00\x01")
	}
	for _, e := range []string{"", "\x00", "\x01", "\x02", "\x04", "\x01\x00", "\xff\xff\xff\xff", "\x01\x00\x00\x00\x01"} {
		skips(fmt.Sprintf("the exponent %x", e), rsaKey().N.Bytes(), e)
	}
}

// attackROCA makes a modulus with the fingerprint: it is a power of 65537
// modulo each of the first primes.
func attackROCA(t *testing.T) {
	primorial, power := big.NewInt(1), big.NewInt(65537)
	for p := int64(2); primorial.BitLen() < 900; p++ {
		if big.NewInt(p).ProbablyPrime(0) {
			primorial.Mul(primorial, big.NewInt(p))
		}
	}
	n := new(big.Int).Lsh(big.NewInt(1), 2048)
	n.Sub(n, new(big.Int).Mod(n, primorial)) // a multiple, of 2048 bits
	n.Sub(n, primorial)
	n.Add(n, power.Exp(power, big.NewInt(12345), primorial))
	jwk := `{"kty":"RSA","kid":"roca","e":"AQAB","n":"` + b64(string(n.Bytes())) + `"}`
	ks, skipped, err := keys.Parse([]byte(jwks(jwk, jwkOf(rsaKey(), `"kid":"k"`))))
	if err != nil || len(ks) != 1 || len(skipped) != 1 || skipped[0].KeyID != "roca" {
		t.Errorf("%v, skipped %v, %v", ks, skipped, err)
	}
	if k, err := keys.NewPublic("", keys.PS256, &rsa.PublicKey{N: n, E: 65537}); k != nil || err == nil {
		t.Error("NewPublic takes it")
	}
}

// attackSecretIsAPath: a secret is never the name of a file, nor the reverse.
func attackSecretIsAPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a-file-whose-name-is-long-enough-for-a-secret")
	if err := os.WriteFile(path, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, "file://" + path} {
		v := newVerifier(t, keys.Static(secretKey(t, keys.HS256, "", []byte(name))))
		accepts(t, v, token(keys.HS256, "", good, []byte(name)))
		badSignature(t, v, token(keys.HS256, "", good, secret))
	}
	src, err := keys.Open(t.Context(), "file:"+path+"?alg=HS256")
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, src)
	accepts(t, v, token(keys.HS256, "", good, secret))
	badSignature(t, v, token(keys.HS256, "", good, []byte(path)))
	badSignature(t, v, token(keys.HS256, "", good, []byte("file:"+path)))
}

// attackOffCurve: points that are on no curve, and coordinates that are huge.
func attackOffCurve(t *testing.T) {
	for alg, key := range ecKeys() {
		x, y := must(ecPublic(key).Bytes())[1:], must(ecPublic(key).Bytes())[1:]
		size := len(x) / 2
		x, y = x[:size], y[size:]
		p := key.Params().P.FillBytes(make([]byte, size))
		huge := strings.Repeat("\xff", 1<<16)
		for _, c := range [][2]string{
			{string(x), string(x)}, {string(p), string(y)}, {string(make([]byte, size)), string(make([]byte, size))},
			{huge, string(y)}, {string(x), huge}, {string(x) + "\x00", string(y)}, {"\x00" + string(x), string(y)}, {"", ""},
		} {
			droppedPoint(t, alg, key.Curve, c[0], c[1])
		}
	}
}

func droppedPoint(t *testing.T, alg keys.Algorithm, curve elliptic.Curve, x, y string) {
	t.Helper()
	jwk := `{"kty":"EC","kid":"odd","crv":"` + curve.Params().Name + `","x":"` + b64(x) + `","y":"` + b64(y) + `"}`
	set := jwks(jwk, jwkOf(edKey(), `"kid":"good"`))
	ks, skipped, err := keys.Parse([]byte(set))
	if err != nil || len(ks) != 1 || ks[0].ID() != "good" || len(skipped) != 1 {
		t.Errorf("%s: %v, skipped %v, %v", alg, ks, skipped, err)
	}
	v := newVerifier(t, newRemote(t, newPublisher(t, set).URL))
	accepts(t, v, token(keys.EdDSA, "good", good, edKey()))
	unknownKey(t, v, token(alg, "odd", good, ecKeys()[alg]))
}

func attackInvalidPoint(t *testing.T) {
	point := must(ecPublic(p256Key()).Bytes())
	point[len(point)-1] ^= 1
	droppedPoint(t, keys.ES256, elliptic.P256(), string(point[1:33]), string(point[33:]))
	malformed(t, newVerifier(t, keys.Static(public(t, keys.RS256, "", rsaKey()))), encrypt(t, good))
}
