package conformance_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/fips140"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

const encryptedNote = "it decrypts nothing"

// encryptedAttacks are tokens of JWE: none is ever looked into.
var encryptedAttacks = []attack{
	{id: "CVE-2026-29000", note: encryptedNote, test: attackPlainInJWE},
	{id: "CVE-2023-51774 / CVE-2023-51775 note", note: encryptedNote, test: attackSignEncrypt},
	{id: "CVE-2024-28180, CVE-2024-28122, CVE-2024-33664, CVE-2024-28102, CVE-2024-21319, CVE-2025-62706", note: "it inflates nothing", test: attackDeflate},
	{id: "GHSA-2c7c-3mj9-8fqh, CVE-2023-49290, CVE-2022-36083, CVE-2023-52428, CVE-2023-50658, CVE-2023-6681, CVE-2023-31582, CVE-2023-50966, GHSA-3prj-6hqw-cm82", note: "it derives no key from a password", test: attackPBES2},
	{id: "CVE-2024-28176, CVE-2025-63811, CVE-2024-29371", note: encryptedNote, test: attackZippedJWE},
	{id: "CVE-2026-34986", note: encryptedNote, test: attackShortJWE},
	{id: "CVE-2021-29443, CVE-2016-6298, GHSA-5739-39v2-5754, CVE-2023-37464, CVE-2025-54887, CVE-2018-1000539", note: encryptedNote, test: attackPaddingOracle},
}

// encrypt is plaintext in a JWE for our own RSA key, by go-jose.
func encrypt(t *testing.T, plaintext string) string {
	t.Helper()
	return encryptWith(t, jose.Recipient{Algorithm: jose.RSA_OAEP, Key: rsaKey().Public()}, plaintext, nil)
}

func encryptWith(t *testing.T, to jose.Recipient, plaintext string, opts *jose.EncrypterOptions) (raw string) {
	t.Helper()
	fips140.WithoutEnforcement(func() { // an attacker keeps no rules
		e := must(jose.NewEncrypter(jose.A128GCM, to, opts))
		raw = must(must(e.Encrypt([]byte(plaintext))).CompactSerialize())
	})
	return raw
}

// untouched is a verifier whose provider must never be asked.
func untouched(t *testing.T) *verifier.Keyed {
	t.Helper()
	return newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		t.Error("the keys are asked for")
		return nil, nil
	}))
}

func isEncrypted(t *testing.T, raw string) {
	t.Helper()
	v := untouched(t)
	malformed(t, v, raw)
	if _, err := v.Verify(t.Context(), raw); !strings.Contains(err.Error(), "it is encrypted (JWE)") {
		t.Errorf("%v does not say that the token is encrypted", err)
	}
}

func attackPlainInJWE(t *testing.T) {
	isEncrypted(t, encrypt(t, b64(`{"alg":"none"}`)+"."+b64(good)+"."))
	isEncrypted(t, encrypt(t, good))
	isEncrypted(t, encrypt(t, goodEC()))
}

// attackSignEncrypt hands what anybody can encrypt to a verifier of signatures.
func attackSignEncrypt(t *testing.T) {
	raw := encrypt(t, good)
	isEncrypted(t, raw)
	for _, v := range everyKind(t) {
		malformed(t, v, raw)
		parts := strings.Split(raw, ".")
		wrongAlgorithm(t, v, strings.Join(parts[:3], "."))
		wrongAlgorithm(t, v, mint(keys.HS256, `{"alg":"RSA-OAEP","enc":"A128GCM"}`, good, secret))
	}
}

// attackDeflate: a payload stays as it was sent, regardless of "zip".
func attackDeflate(t *testing.T) {
	var bomb bytes.Buffer
	w := must(flate.NewWriter(&bomb, flate.BestCompression))
	w.Write([]byte(`{"sub":"user-123","exp":1700000060,"x":"`))
	zeros := bytes.Repeat([]byte("0"), 1<<20)
	for range 4 {
		w.Write(zeros)
	}
	w.Write([]byte(`"}`))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	v := ecVerifier(t)
	raw := mint(keys.ES256, `{"alg":"ES256","zip":"DEF"}`, bomb.String(), p256Key())
	if n := allocated(func() { refuses(t, v, raw, claims.ErrMalformed, "claim_malformed") }); n > 1<<20 {
		t.Errorf("%d bytes are allocated for a payload of %d", n, bomb.Len())
	}
	isEncrypted(t, encryptWith(t, jose.Recipient{Algorithm: jose.RSA_OAEP, Key: rsaKey().Public()}, bomb.String(), &jose.EncrypterOptions{Compression: jose.DEFLATE}))
}

func attackPBES2(t *testing.T) {
	head := b64(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"c2FsdA"}`)
	quick(t, func() { isEncrypted(t, head+".a.b.c.d") })
	quick(t, func() { wrongAlgorithm(t, untouched(t), head+"."+b64(good)+"."+b64("x")) })
}

func attackZippedJWE(t *testing.T) {
	raw := encryptWith(t, jose.Recipient{Algorithm: jose.RSA_OAEP, Key: rsaKey().Public()}, strings.Repeat("x", 1<<20), &jose.EncrypterOptions{Compression: jose.DEFLATE})
	isEncrypted(t, raw)
}

func attackShortJWE(t *testing.T) {
	for _, alg := range []string{"A128KW", "A256GCMKW", "RSA-OAEP", "ECDH-ES", "dir"} {
		head := b64(`{"alg":"` + alg + `","enc":"A128GCM"}`)
		for _, rest := range []string{"....", ".a.b.c.d", ".YQ.YQ.YQ.YQ", ".YWFhYWFhYWE...", "..YQ..", "...YQ."} {
			isEncrypted(t, head+rest)
		}
	}
}

// attackPaddingOracle: the answer is the same regardless of what is wrong inside.
func attackPaddingOracle(t *testing.T) {
	raw := encrypt(t, good)
	v := newVerifier(t, keys.Static(public(t, keys.RS256, "", rsaKey())))
	_, want := v.Verify(t.Context(), raw)
	parts := strings.Split(raw, ".")
	for i := range parts {
		for _, part := range []string{"", "AAAA", flipped(parts[i])} {
			changed := append(append(append([]string{}, parts[:i]...), part), parts[i+1:]...)
			malformed(t, v, strings.Join(changed, "."))
			if _, err := v.Verify(t.Context(), strings.Join(changed, ".")); err.Error() != want.Error() {
				t.Errorf("part %d as %.8q: %v; the others get %v", i, part, err, want)
			}
		}
	}
	isEncrypted(t, raw)
}

// flipped is s with another first byte.
func flipped(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}
