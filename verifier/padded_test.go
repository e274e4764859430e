package verifier_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func padded(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }

// signPadded signs as AWS ALB does: the signature covers the padding, and has some.
func signPadded(header, payload string) string {
	signed := padded(header) + "." + padded(payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + padded(string(mac.Sum(nil)))
}

// TestRule1Padding: padding is refused, and with WithPaddedBase64 required, at each
// length of the parts.
func TestRule1Padding(t *testing.T) {
	with := opts(verifier.WithPaddedBase64())
	for n := range 4 {
		more := strings.Repeat(" ", n)
		for m := range 4 {
			header, payload := goodHeader+more, goodPayload+strings.Repeat(" ", m)
			token, plain := signPadded(header, payload), sign(header, payload)
			part := strings.Split(token, ".")
			bare := strings.ReplaceAll(token, "=", "")
			checkRules(t, []rule{
				{"padded", token, with, nil, ""},
				{"padded, not expected", token, nil, verifier.ErrMalformed, "malformed"},
				{"without padding, expected", plain, with, verifier.ErrMalformed, "malformed"},
				{"padding taken off", bare, with, verifier.ErrMalformed, "malformed"},
				{"only the signature is not padded", strings.TrimRight(token, "="), with, verifier.ErrMalformed, "malformed"},
				{"too much in the header", part[0] + "====." + part[1] + "." + part[2], with, verifier.ErrMalformed, "malformed"},
				{"too much in the payload", part[0] + "." + part[1] + "====." + part[2], with, verifier.ErrMalformed, "malformed"},
				{"too much in the signature", token + "====", with, verifier.ErrMalformed, "malformed"},
				{"one too much", token + "=", with, verifier.ErrMalformed, "malformed"},
			})
			if bare != strings.TrimRight(token, "=") { // the text that was signed has padding
				check(t, newVerifier(t, hmacKeys(t)), bare, verifier.ErrSignature, "signature")
			}
		}
	}
}

// TestRule1PaddingSpellings: with another spelling, a token of the cache is refused
// all the same.
func TestRule1PaddingSpellings(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k") // a signature of 64 bytes ends in ==
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(10))
	raw := signer.Sign(claimsOf("a"))
	check(t, v, raw, nil, "")
	check(t, v, raw+"==", verifier.ErrMalformed, "malformed")
	check(t, newVerifier(t, keys.Static(signer.Key()), verifier.WithPaddedBase64()), raw+"==", verifier.ErrMalformed, "malformed")
}

func TestExplainPadding(t *testing.T) {
	token := signPadded(goodHeader, goodPayload+" ")
	v := newVerifier(t, hmacKeys(t), verifier.WithPaddedBase64())
	if r := v.Explain(t.Context(), token); r.Err != nil || len(r.Checks) < 6 {
		t.Errorf("a padded token:\n%s", r)
	}
	r := newVerifier(t, hmacKeys(t)).Explain(t.Context(), token)
	want := "verifier: malformed token: its base64url is padded with =, which RFC 7515 §2 does not allow (see WithPaddedBase64)"
	if len(r.Checks) != 1 || r.Checks[0].Setting != "WithPaddedBase64" || r.Err == nil || r.Err.Error() != want {
		t.Errorf("a padded token that is not expected:\n%s", r)
	}
	_, err := newVerifier(t, hmacKeys(t)).Verify(t.Context(), token)
	if err == nil || err.Error() != want {
		t.Errorf("Verify = %v", err)
	}
	if r := v.Explain(t.Context(), sign(goodHeader, goodPayload)); len(r.Checks) != 1 || r.Err == nil || !strings.Contains(r.Err.Error(), "padding that it needs") {
		t.Errorf("a token without padding:\n%s", r)
	}
}
