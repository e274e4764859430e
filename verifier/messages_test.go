package verifier_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestMessages: the error of Verify and the report of Explain both say what is
// wrong with a token and which option decides it.
func TestMessages(t *testing.T) {
	good := sign(goodHeader, goodPayload)
	with := func(claims string) string { return sign(goodHeader, `{"sub":"a","exp":1700000060,`+claims+`}`) }
	iss, aud := verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("https://api.example/v1")
	latin1 := sign(goodHeader, "{\"sub\":\"Jos\xe9\",\"exp\":1700000060}")
	for _, test := range []struct {
		name    string
		raw     string
		opts    []verifier.Option
		says    []string
		setting string // of the check that failed; "" when no option of the verifier is at fault
	}{
		{"Bearer before it", "Bearer " + good, nil, []string{"such as Bearer", "give it alone"}, ""},
		{"quotes", `"` + good + `"`, nil, []string{"in quotes; remove them"}, ""},
		{"a line break after it", good + "\n", nil, []string{"a line break before or after it"}, ""},
		{"wrapped", good[:40] + "\r\n" + good[40:], nil, []string{"inside it"}, ""},
		{"encrypted", good + ".a.b", nil, []string{"encrypted (JWE)"}, ""},
		{"too large", strings.Repeat("a", 17<<10), nil, []string{"at most 16384"}, "WithMaxSize"},

		{"exp in milliseconds", sign(goodHeader, `{"sub":"a","exp":1700000060000}`), nil, []string{"exp: ", "milliseconds?"}, ""},
		{"iat in milliseconds", with(`"iat":1700000000000`), nil, []string{"iat: ", "milliseconds?"}, ""},
		{"exp as text", sign(goodHeader, `{"sub":"a","exp":"soon"}`), nil, []string{"exp: ", "not a number of seconds"}, ""},
		{"a clock behind", with(`"iat":1700000045`), nil, []string{"iat: not yet valid for another 45s", "it is now 2023-11-14T22:13:20Z", "leeway 30s", "is a clock wrong?"}, "WithLeeway"},
		{"a clock ahead", sign(goodHeader, `{"sub":"a","exp":1699999960}`), nil, []string{"exp: expired 40s ago", "it is now 2023-11-14T22:13:20Z", "leeway 30s", "is a clock wrong?"}, "WithLeeway"},
		{"no exp", sign(goodHeader, `{"sub":"a"}`), nil, []string{"exp: missing", "WithOptionalExpiry"}, "WithOptionalExpiry"},
		{"no sub", sign(goodHeader, `{"exp":1700000060}`), nil, []string{"sub: missing", "WithOptionalSubject"}, "WithOptionalSubject"},
		{"an integer as sub", sign(goodHeader, `{"sub":7,"exp":1700000060}`), nil, []string{"sub: ", "it is a number", "WithIntegerSubject"}, ""},

		{"issuer with a slash", with(`"iss":"https://issuer.example/"`), opts(iss), []string{"differ only in a trailing slash", "see WithIssuer"}, "WithIssuer"},
		{"issuer in another case", with(`"iss":"https://Issuer.example"`), opts(iss), []string{"differ only in upper and lower case", "see WithIssuer"}, "WithIssuer"},
		{"issuer by http", with(`"iss":"http://issuer.example"`), opts(iss), []string{"differ only in http and https"}, "WithIssuer"},
		{"issuer with a port", with(`"iss":"https://issuer.example:443"`), opts(iss), []string{"differ only in the default port"}, "WithIssuer"},
		{"another issuer", with(`"iss":"https://other.example"`), opts(iss), []string{`it is "https://other.example", expected "https://issuer.example" (see WithIssuer)`}, "WithIssuer"},
		{"an issuer, none expected", with(`"iss":"https://other.example"`), nil, []string{"none is expected (see WithIssuer)"}, "WithIssuer"},
		{"no issuer", good, opts(iss), []string{"iss: missing", "see WithIssuer"}, "WithIssuer"},
		{"audience with a slash", with(`"aud":"https://api.example/v1/"`), opts(aud), []string{"differ only in a trailing slash", "see WithAudience"}, "WithAudience"},
		{"audience in another case, of several", with(`"aud":["x","https://API.example/v1"]`), opts(aud), []string{"differ only in upper and lower case"}, "WithAudience"},
		{"an audience, none expected", with(`"aud":["x"]`), nil, []string{"none is expected (see WithAudience)"}, "WithAudience"},
		{"a long audience", with(`"aud":"` + strings.Repeat("k", 5000) + `"`), opts(aud), []string{strings.Repeat("k", 64) + `"…`}, "WithAudience"},

		{"another type", sign(`{"alg":"HS256","typ":"dpop+jwt"}`, goodPayload), nil, []string{`the token says "dpop+jwt"`, "see WithType"}, "WithType"},
		{"no type", sign(`{"alg":"HS256"}`, goodPayload), opts(verifier.WithType("at+jwt")), []string{"the token has none", "see WithType"}, "WithType"},
		{"an algorithm that is left out", good, opts(verifier.WithAlgorithms(keys.ES256)), []string{`the token says "HS256"`, "see WithAlgorithms"}, "WithAlgorithms"},
		{"bound", with(`"cnf":{"jkt":"x"}`), nil, []string{"WithPossessionProven"}, "WithPossessionProven"},
		{"an event", with(`"events":{}`), nil, []string{"see WithEvents"}, "WithEvents"},

		{"Latin-1", latin1, nil, []string{"not UTF-8"}, ""},
		{"half a surrogate pair", with(`"name":"\ud83d"`), nil, []string{"half of a surrogate pair"}, ""},
		{"no JSON", sign(goodHeader, "hello"), nil, []string{"not a JSON object"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVerifier(t, hmacKeys(t), test.opts...)
			_, err := v.Verify(t.Context(), test.raw)
			if err == nil {
				t.Fatal("the token is accepted")
			}
			r := v.Explain(t.Context(), test.raw)
			for _, says := range test.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("Verify says %v, want %q", err, says)
				}
				if !strings.Contains(r.String(), says) {
					t.Errorf("Explain says\n%s, want %q", r, says)
				}
			}
			if n := strings.Count(err.Error(), "claims: ") + strings.Count(err.Error(), "keys: ") + strings.Count(err.Error(), "verifier: "); n != 1 {
				t.Errorf("%v names %d packages", err, n)
			}
			for _, c := range r.Checks {
				if !c.Passed && c.Detail == err.Error() {
					if c.Setting != test.setting {
						t.Errorf("the setting of %q is %q, want %q", c.Name, c.Setting, test.setting)
					}
					return
				}
			}
			t.Errorf("no check of the report says %v\n%s", err, r)
		})
	}
}

// TestIntegerSubject: the option for the tokens of old issuers.
func TestIntegerSubject(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithIntegerSubject())
	for sub, want := range map[string]string{`7`: "7", `0`: "0", `18446744073709551615`: "18446744073709551615", `"7"`: "7", `"a"`: "a"} {
		tok, err := v.Verify(t.Context(), sign(goodHeader, `{"sub":`+sub+`,"exp":1700000060}`))
		if err != nil || tok.Subject != want {
			t.Errorf("sub %s: %v, %v", sub, tok, err)
		}
	}
	for _, sub := range []string{`-7`, `7.0`, `7e0`, `1e999`, `true`, `null`, `{}`, `[7]`, `123456789012345678901`} {
		check(t, v, sign(goodHeader, `{"sub":`+sub+`,"exp":1700000060}`), verifier.ErrInvalidToken, "sub_malformed")
	}
}

// TestUnknownKeyMessages: the message says why there is no key.
func TestUnknownKeyMessages(t *testing.T) {
	none := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil })
	named := sign(`{"alg":"HS256","kid":"key-1"}`, goodPayload)
	check(t, newVerifier(t, none), named, verifier.ErrUnknownKey, "unknown_key")
	for range 2 {
		_, err := newVerifier(t, none).VerifyAt(t.Context(), named, now.Add(-time.Hour))
		if err == nil || !strings.Contains(err.Error(), `no key has the ID "key-1"`) {
			t.Errorf("%v", err)
		}
	}
}

// TestK07EncodedSecret: the verifier has the text of a secret that the signer has
// decoded, or the reverse.
func TestK07EncodedSecret(t *testing.T) {
	key := func(secret []byte) *keys.Key {
		k, err := keys.NewSecret("", keys.HS256, secret)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	raw := sign(goodHeader, goodPayload) // with the secret as it is
	for name, test := range map[string]struct {
		configured []byte
		verify     string // what the error of Verify says
		explain    string
	}{
		"base64":      {[]byte(base64.StdEncoding.EncodeToString(secret)), "looks like base64; if it is, add ?encoding=base64", "it verifies with the secret decoded from base64"},
		"base64url":   {[]byte(base64.RawURLEncoding.EncodeToString(secret)), "looks like base64", "it verifies with the secret decoded from base64"},
		"hex":         {[]byte(hex.EncodeToString(secret)), "looks like ", "it verifies with the secret decoded from hex"},
		"a line end":  {append(bytes.Clone(secret), '\n'), "the token was changed, or its signer has another secret", "it verifies with the secret without its line end: remove the line end"},
		"another one": {[]byte(strings.Repeat("!", 40)), "the token was changed, or its signer has another secret", ""},
	} {
		v := newVerifier(t, keys.Static(key(test.configured)))
		_, err := v.Verify(t.Context(), raw)
		if !errors.Is(err, verifier.ErrSignature) || !strings.Contains(err.Error(), test.verify) {
			t.Errorf("%s: Verify says %v, want %q", name, err, test.verify)
		}
		r := v.Explain(t.Context(), raw)
		if !strings.Contains(r.String(), test.explain) || test.explain == "" && strings.Contains(r.String(), "it verifies with") {
			t.Errorf("%s: Explain says\n%s\nwant %q", name, r, test.explain)
		}
		if strings.Contains(r.String()+err.Error(), string(test.configured)) || strings.Contains(r.String(), string(secret)) {
			t.Errorf("%s: the report holds the secret", name)
		}
	}
}

// TestK06ManyKeysWithoutID, as in a PEM bundle: the advice depends on the token.
func TestK06ManyKeysWithoutID(t *testing.T) {
	var ks []*keys.Key
	for range 5 {
		ks = append(ks, verifiertest.NewSigner(t, keys.HS256, "").Key())
	}
	v := newVerifier(t, keys.Static(ks...))
	for header, want := range map[string]string{
		goodHeader:                    "a token without a kid; give the keys IDs, and the tokens a kid",
		`{"alg":"HS256","kid":"k-1"}`: "they have no ID; give them the IDs that tokens name, in a JWK Set or",
	} {
		raw := sign(header, goodPayload)
		check(t, v, raw, verifier.ErrUnknownKey, "unknown_key")
		if _, err := v.Verify(t.Context(), raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", header, err, want)
		}
	}
}

// TestP03BadTextIsNamed: text that two readers could read differently is refused
// in headers and claims, and the refusal says which kind it is (rule 2).
func TestP03BadTextIsNamed(t *testing.T) {
	v := newVerifier(t, hmacKeys(t))
	for text, want := range map[string]string{
		"Jos\xe9":      "not UTF-8 (RFC 8259 §8.1)",
		`\ud83d`:       "half of a surrogate pair (RFC 7493 §2.1)",
		`\ude00\ud83d`: "half of a surrogate pair",
		`\n` + "\xff":  "not UTF-8",
	} {
		check(t, v, sign(goodHeader, `{"sub":"a","exp":1700000060,"name":"`+text+`"}`), verifier.ErrInvalidToken, "claim_malformed")
		check(t, v, sign(`{"alg":"HS256","x":"`+text+`"}`, goodPayload), verifier.ErrMalformed, "malformed")
		for _, raw := range []string{sign(goodHeader, `{"`+text+`":1}`), sign(`{"alg":"HS256","x":"`+text+`"}`, goodPayload)} {
			if _, err := v.Verify(t.Context(), raw); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
	}
}
