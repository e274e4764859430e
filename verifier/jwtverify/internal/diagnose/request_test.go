package diagnose_test

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestRequest explains whole requests: where the token is, how many there are, and
// each member of a DPoP proof.
func TestRequest(t *testing.T) {
	w := verifiertest.NewWorld(t)
	b := &bench{t, w, w.Issuer(issuer)}
	s := good()
	s.Client = w.Client()
	key := verifiertest.NewSigner(t, keys.ES256, "")
	var jwk m
	if err := json.Unmarshal(key.JWK(), &jwk); err != nil {
		t.Fatal(err)
	}
	public := m{"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]}
	bound := b.token(m{"cnf": m{"jkt": key.Key().Thumbprint()}})
	proof := func(header, claims m) string {
		sum := sha256.Sum256([]byte(bound))
		h := m{"typ": "dpop+jwt", "jwk": public, "kid": nil}
		c := m{"htm": "GET", "htu": "https://api.example/orders", "iat": time.Now().Unix(), "jti": "1", "ath": raw64(sum[:])}
		for k, v := range header {
			h[k] = v
		}
		for k, v := range claims {
			c[k] = v
		}
		return key.SignHeader(h, c)
	}
	request := func(fields ...string) string {
		return "GET /orders?page=2 HTTP/1.1\nHost: api.example\n" + strings.Join(fields, "\n") + "\n"
	}
	dpopRequest := func(p string) string { return request("Authorization: DPoP "+bound, "DPoP: "+p) }
	for _, test := range []struct {
		name, text string
		verdict    verifier.Verdict
		says       string // in the first cause; "" if there is none
	}{
		{"bearer", request("Authorization: Bearer " + b.token(nil)), verifier.Trusted, ""},
		{"bearer, as curl -v prints it", "> GET /orders HTTP/2\n> Host: api.example\n> authorization: Bearer " + b.token(nil) + "\n>\n", verifier.Trusted, ""},
		{"no token", request("Accept: */*"), verifier.Invalid, "no token"},
		{"Basic", request("Authorization: Basic dXNlcjpwYXNz"), verifier.Invalid, `scheme "Basic"`},
		{"two fields", request("Authorization: Bearer "+b.token(nil), "Authorization: Bearer "+b.token(nil)), verifier.Invalid, "2 Authorization fields"},
		{"quotes", request(`Authorization: Bearer "` + b.token(nil) + `"`), verifier.Invalid, "quotes"},
		{"a cookie", request("Cookie: a=b; session=" + b.token(nil)), verifier.Trusted, ""},
		{"not a request", "hello", verifier.Invalid, "not an HTTP request"},
		{"DPoP", dpopRequest(proof(nil, nil)), verifier.Trusted, ""},
		{"bound, without a proof", request("Authorization: DPoP " + bound), verifier.Invalid, "no DPoP field"},
		{"bound, as Bearer", request("Authorization: Bearer "+bound, "DPoP: "+proof(nil, nil)), verifier.Invalid, "scheme"},
		{"two proofs", request("Authorization: DPoP "+bound, "DPoP: "+proof(nil, nil), "DPoP: "+proof(nil, nil)), verifier.Invalid, "several"},
		{"typ", dpopRequest(proof(m{"typ": "JWT"}, nil)), verifier.Invalid, "typ"},
		{"htm", dpopRequest(proof(nil, m{"htm": "POST"})), verifier.Invalid, "htm"},
		{"htu with another scheme", dpopRequest(proof(nil, m{"htu": "http://api.example/orders"})), verifier.Invalid, "the scheme"},
		{"htu with the query", dpopRequest(proof(nil, m{"htu": "https://api.example/orders?page=2"})), verifier.Trusted, ""},
		{"old", dpopRequest(proof(nil, m{"iat": time.Now().Add(-time.Hour).Unix()})), verifier.Invalid, "iat"},
		{"no jti", dpopRequest(proof(nil, m{"jti": ""})), verifier.Invalid, "jti"},
		{"of another token", dpopRequest(proof(nil, m{"ath": "x"})), verifier.Invalid, "ath"},
		{"with a private key", dpopRequest(proof(m{"jwk": m{"kty": "EC", "d": "x"}}, nil)), verifier.Invalid, "private"},
		{"no jwk", dpopRequest(proof(m{"jwk": nil}, nil)), verifier.Invalid, "no public key"},
		{"changed", dpopRequest(flip(proof(nil, nil))), verifier.Invalid, "signature"},
		{"of another key", dpopRequest(otherProof(t, bound)), verifier.Invalid, "key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := diagnose.Request(t.Context(), s.Open(t.Context()), test.text, "", diagnose.Options{})
			if d.Is() != test.verdict || !strings.Contains(d.Cause, test.says) || (test.says == "") != (d.Cause == "") {
				t.Errorf("%s, %q; want %s, %q\n%+v", d.Verdict, d.Cause, test.verdict, test.says, d.Checks)
			}
		})
	}
}

// flip changes the signature of a token.
func flip(token string) string {
	i := len(token) - 20
	c := byte('A')
	if token[i] == c {
		c = 'B'
	}
	return token[:i] + string(c) + token[i+1:]
}

// otherProof is a good proof with a key that the token is not bound to.
func otherProof(t *testing.T, token string) string {
	other := verifiertest.NewSigner(t, keys.ES256, "")
	var jwk m
	if err := json.Unmarshal(other.JWK(), &jwk); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(token))
	return other.SignHeader(m{"typ": "dpop+jwt", "jwk": m{"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]}},
		m{"htm": "GET", "htu": "https://api.example/orders", "iat": time.Now().Unix(), "jti": "1", "ath": raw64(sum[:])})
}
