package jws_test

import (
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/jws"
)

// TestParseEmbedded: the key comes as it was written, and Parse goes on not to
// see it.
func TestParseEmbedded(t *testing.T) {
	p := &jws.Parser{MaxSize: 2000}
	with := func(header string) string { return b64(header) + "." + b64(`{"jti":"a"}`) + "." + b64("signature") }
	for _, test := range []struct{ name, raw, jwk, err string }{
		{"a key", with(`{"alg":"ES256","jwk":{"kty":"EC", "x":"\u0041"},"typ":"dpop+jwt"}`), `{"kty":"EC", "x":"\u0041"}`, ""},
		{"name in another writing", with(`{"alg":"ES256","\u006awk":{}}`), `{}`, ""},
		{"none", with(`{"alg":"ES256"}`), "", "no jwk"},
		{"null", with(`{"alg":"ES256","jwk":null}`), "", "no jwk"},
		{"a string", with(`{"alg":"ES256","jwk":"{}"}`), "", "no jwk"},
		{"a list", with(`{"alg":"ES256","jwk":[{}]}`), "", "no jwk"},
		{"another case", with(`{"alg":"ES256","JWK":{}}`), "", "no jwk"},
		{"within another member", with(`{"alg":"ES256","x":{"jwk":{}}}`), "", "no jwk"},
		{"two", with(`{"alg":"ES256","jwk":{},"jwk":{}}`), "", "duplicate"},
		{"duplicate name within", with(`{"alg":"ES256","jwk":{"kty":"EC","kty":"oct"}}`), "", "duplicate"},
		{"no alg", with(`{"jwk":{}}`), "", "no alg"},
		{"crit", with(`{"alg":"ES256","jwk":{},"crit":["x"]}`), "", "crit"},
		{"no message", "a.b", "", "2 parts"},
		{"too large", strings.Repeat("a", 2001), "", "at most 2000"},
	} {
		m, jwk, err := p.ParseEmbedded(test.raw)
		if jwk != test.jwk || (m == nil) != (test.err != "") || (err == nil) != (test.err == "") {
			t.Errorf("%s: ParseEmbedded = %v, %q, %v", test.name, m, jwk, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v; want an error with %q", test.name, err, test.err)
			}
			continue
		}
		if string(m.Payload) != `{"jti":"a"}` || string(m.Signature) != "signature" || m.Algorithm != "ES256" {
			t.Errorf("%s: payload %q, signature %q, header %+v", test.name, m.Payload, m.Signature, m.Header)
		}
		m.Free()
	}
}
