package httpauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// The parts of the answers in TestShapes. A challenge is a scheme, with or without
// an error, and what all of them have in common.
const (
	bearer   = `Bearer realm="api"`
	dpopHead = `DPoP realm="api"`
	algs     = `, algs="ES256 EdDSA"`
	metadata = `, resource_metadata="https://api.example/.well-known/oauth-protected-resource"`

	isMalformed = `, error="invalid_request", error_description="The request is malformed or carries more than one token."`
	isInvalid   = `, error="invalid_token", error_description="The token is not valid."`
	isExpired   = `, error="invalid_token", error_description="The token has expired."`
	isEarly     = `, error="invalid_token", error_description="The token is not valid yet."`
	isElsewhere = `, error="invalid_token", error_description="The token is for another audience."`
	isUnproven  = `, error="invalid_token", error_description="Proof of possession is missing or invalid."`
	isForbidden = `, error="insufficient_scope", error_description="The token does not grant the required access."`
	isWeak      = `, error="insufficient_user_authentication", error_description="The user must sign in again, or with a stronger method."`
	badProof    = `, error="invalid_dpop_proof", error_description="The DPoP proof is not valid."`
	needsNonce  = `, error="use_dpop_nonce", error_description="The DPoP proof needs the nonce of this response."`
	asksScope   = `, scope="read write"`
	asksLevel   = `, acr_values="gold", max_age="300"`
)

// jsonOf returns the body that matches a challenge.
func jsonOf(told string) string {
	if told == "" {
		return `{"error_description":"A bearer token is required."}` + "\n"
	}
	told = strings.TrimPrefix(told, ", ")
	told = strings.Replace(told, `error="`, `"error":"`, 1)
	return "{" + strings.Replace(told, `, error_description="`, `,"error_description":"`, 1) + "}\n"
}

// TestShapes is the table of requests and their whole answers, on a server for
// Bearer, certificate-bound and DPoP tokens, in the Authorization field or a
// cookie.
func TestShapes(t *testing.T) {
	s := newSite(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := newDPoPClient(t, nil, jose.ES256, key)
	clock := func() time.Time { return today }
	middleware := func(opts ...dpop.Option) *httpauth.Middleware {
		checker, err := dpop.New(append(opts, dpop.WithHosts("api.example"), dpop.WithClock(clock), dpop.WithAlgorithms(keys.ES256, keys.EdDSA))...)
		if err != nil {
			t.Fatal(err)
		}
		return httpauth.New(s, httpauth.WithExtractor(httpauth.Bearer(), httpauth.Cookie("session")), httpauth.WithProof(checker), httpauth.WithClientCertificate(),
			httpauth.WithClock(clock), httpauth.WithPreflight(), httpauth.WithResourceMetadata("https://api.example/.well-known/oauth-protected-resource"))
	}
	m := middleware()
	mux := http.NewServeMux()
	mux.Handle("/", m.Handler(page))
	mux.Handle("/scope", m.RequireScope("read", "write")(page))
	mux.Handle("/bound", m.RequireBound()(page))
	mux.Handle("/level", m.RequireAuthLevel(httpauth.ACR("gold"), httpauth.MaxAuthAge(5*time.Minute))(page))
	mux.Handle("/nonce", middleware(dpop.WithNonces(time.Minute, []byte("a secret of at least thirty-two bytes"))).Handler(page))

	sign := func(changes map[string]any) string { return s.Sign(with(changes)) }
	good := sign(nil)
	bound := sign(map[string]any{"cnf": map[string]any{"jkt": c.jkt}})
	grand := sign(map[string]any{"cnf": map[string]any{"jkt": c.jkt}, "scope": "read write", "acr": "gold", "auth_time": today.Unix()})
	certified := sign(map[string]any{"cnf": map[string]any{"x5t#S256": fingerprint(certificate(t))}})
	proof := func(token string, changes map[string]any) string {
		ath := sha256.Sum256([]byte(token))
		claims := map[string]any{
			"jti": rand.Text(), "htm": "GET", "htu": "http://api.example/", "iat": today.Unix(), "ath": base64.RawURLEncoding.EncodeToString(ath[:]),
		}
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
		raw, err := jwt.Signed(c.signer).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	type f = map[string]any
	type h = http.Header
	authorized := func(value string, more ...h) h {
		all := h{"Authorization": {value}}
		for _, m := range more {
			maps.Copy(all, m)
		}
		return all
	}
	bears := func(changes f) h { return authorized("Bearer " + sign(changes)) }
	demonstrated := func(token string, changes f) h {
		return authorized("DPoP "+token, h{"Dpop": {proof(token, changes)}})
	}
	used := demonstrated(bound, nil)
	forger := verifiertest.NewSigner(t, keys.HS256, "key-1")

	// A row has the errors in the challenges of Bearer and of DPoP, and what the
	// route adds to each. With status 200 there are none.
	for i, test := range []struct {
		name, method, path string
		fields             h
		status             int
		byBearer, byDPoP   string
		asks               string
		hello              string // the body, when it is let through and not user-1
	}{
		{"no credential", "GET", "/", nil, 401, "", "", "", ""},
		{"POST without", "POST", "/", nil, 401, "", "", "", ""},
		{"DELETE without", "DELETE", "/", nil, 401, "", "", "", ""},
		{"an odd method without", "BREW", "/", nil, 401, "", "", "", ""},
		{"HEAD without", "HEAD", "/", nil, 401, "", "", "", ""},
		{"OPTIONS without", "OPTIONS", "/", nil, 401, "", "", "", ""},
		{"preflight", "OPTIONS", "/", h{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}}, 204, "", "", "", ""},
		{"preflight with a bad token", "OPTIONS", "/", authorized("Bearer bad", h{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}}), 401, isInvalid, "", "", ""},
		{"GET with the fields of a preflight", "GET", "/", h{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}}, 401, "", "", "", ""},
		{"upgrade without", "GET", "/", h{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}, 401, "", "", "", ""},

		{"Bearer", "GET", "/", authorized("Bearer " + good), 200, "", "", "", ""},
		{"bearer", "POST", "/", authorized("bearer   " + good), 200, "", "", "", ""},
		{"HEAD", "HEAD", "/", authorized("Bearer " + good), 200, "", "", "", ""},
		{"blank field", "GET", "/", authorized(" "), 401, "", "", "", ""},
		{"Basic", "GET", "/", authorized("Basic YTpi"), 401, "", "", "", ""},
		{"BearerX", "GET", "/", authorized("BearerX " + good), 401, "", "", "", ""},
		{"no scheme", "GET", "/", authorized(good), 401, "", "", "", ""},
		{"token in the query", "GET", "/?access_token=" + good, nil, 401, "", "", "", ""},
		{"X-Forwarded-Authorization", "GET", "/", h{"X-Forwarded-Authorization": {"Bearer " + good}}, 401, "", "", "", ""},
		{"scheme alone", "GET", "/", authorized("Bearer"), 400, isMalformed, isMalformed, "", ""},
		{"two words", "GET", "/", authorized("Bearer " + good + " x"), 400, isMalformed, isMalformed, "", ""},
		{"a list", "GET", "/", authorized("Bearer " + good + ", Bearer " + good), 400, isMalformed, isMalformed, "", ""},
		{"quotes", "GET", "/", authorized(`Bearer "` + good + `"`), 400, isMalformed, isMalformed, "", ""},
		{"a tab", "GET", "/", authorized("Bearer\t" + good), 400, isMalformed, isMalformed, "", ""},
		{"a control byte", "GET", "/", authorized("Bearer " + good + "\x01"), 400, isMalformed, isMalformed, "", ""},
		{"a byte beyond ASCII", "GET", "/", authorized("Bearer " + good + "\xff"), 400, isMalformed, isMalformed, "", ""},
		{"two fields", "GET", "/", h{"Authorization": {"Bearer " + good, "Bearer " + good}}, 400, isMalformed, isMalformed, "", ""},
		{"two schemes", "GET", "/", h{"Authorization": {"Bearer " + bound, "DPoP " + bound}, "Dpop": {proof(bound, nil)}}, 400, isMalformed, isMalformed, "", ""},
		{"HEAD, two fields", "HEAD", "/", h{"Authorization": {"Bearer " + good, "Bearer " + good}}, 400, isMalformed, isMalformed, "", ""},
		{"not a JWT", "GET", "/", authorized("Bearer abc"), 401, isInvalid, "", "", ""},
		{"forged", "GET", "/", authorized("Bearer " + forger.Sign(with(nil))), 401, isInvalid, "", "", ""},
		{"unsigned", "GET", "/", authorized("Bearer eyJhbGciOiJub25lIn0.e30."), 401, isInvalid, "", "", ""},
		{"expired", "GET", "/", bears(f{"exp": 1}), 401, isExpired, "", "", ""},
		{"early", "GET", "/", bears(f{"nbf": today.Unix() + 60}), 401, isEarly, "", "", ""},
		{"another audience", "GET", "/", bears(f{"aud": "https://other.example"}), 401, isElsewhere, "", "", ""},
		{"HEAD, expired", "HEAD", "/", bears(f{"exp": 1}), 401, isExpired, "", "", ""},

		{"cookie", "GET", "/", h{"Cookie": {"a=b; session=" + good}}, 200, "", "", "", ""},
		{"another cookie", "GET", "/", h{"Cookie": {"a=b; sessions=" + good}}, 401, "", "", "", ""},
		{"bad cookie", "GET", "/", h{"Cookie": {"session=bad"}}, 401, isInvalid, "", "", ""},
		{"two cookies", "GET", "/", h{"Cookie": {"session=" + good + "; session=" + good}}, 400, isMalformed, isMalformed, "", ""},
		{"unreadable cookie", "GET", "/", h{"Cookie": {`session="` + good}}, 400, isMalformed, isMalformed, "", ""},
		{"cookie and Bearer", "GET", "/", authorized("Bearer "+good, h{"Cookie": {"session=" + good}}), 400, isMalformed, isMalformed, "", ""},
		{"cookie and DPoP", "GET", "/", authorized("DPoP "+bound, h{"Cookie": {"session=" + good}, "Dpop": {proof(bound, nil)}}), 400, isMalformed, isMalformed, "", ""},
		{"bad cookie, good Bearer", "GET", "/", authorized("Bearer "+good, h{"Cookie": {"session=bad"}}), 400, isMalformed, isMalformed, "", ""},
		{"bound token in a cookie, with a proof", "GET", "/", h{"Cookie": {"session=" + bound}, "Dpop": {proof(bound, nil)}}, 401, isUnproven, "", "", ""},

		{"no token for a scope", "GET", "/scope", nil, 401, "", "", asksScope, ""},
		{"scope", "GET", "/scope", bears(f{"scope": "write read"}), 200, "", "", "", ""},
		{"half of the scopes", "GET", "/scope", bears(f{"scope": "read"}), 403, isForbidden, "", asksScope, ""},
		{"malformed scope", "GET", "/scope", bears(f{"scope": 1}), 401, isInvalid, "", asksScope, ""},
		{"expired, with the scope", "GET", "/scope", bears(f{"scope": "read write", "exp": 1}), 401, isExpired, "", asksScope, ""},
		{"malformed request for a scope", "GET", "/scope", authorized("Bearer a b"), 400, isMalformed, isMalformed, "", ""},
		{"level", "GET", "/level", bears(f{"acr": "gold", "auth_time": today.Unix() - 299}), 200, "", "", "", ""},
		{"weak level", "GET", "/level", bears(f{"acr": "bronze", "auth_time": today.Unix()}), 401, isWeak + asksLevel, "", "", ""},
		{"old level", "GET", "/level", bears(f{"acr": "gold", "auth_time": today.Unix() - 301}), 401, isWeak + asksLevel, "", "", ""},
		{"no level", "GET", "/level", nil, 401, "", "", "", ""},

		{"certificate-bound, no certificate", "GET", "/", authorized("Bearer " + certified), 401, isUnproven, "", "", ""},
		{"certificate-bound, by DPoP", "GET", "/", demonstrated(certified, nil), 401, "", isUnproven, "", ""},
		{"bound by an unknown member", "GET", "/", bears(f{"cnf": f{"tbh": "x"}}), 401, isUnproven, "", "", ""},
		{"bound by a list", "GET", "/", bears(f{"cnf": []string{"x"}}), 401, isInvalid, "", "", ""},
		{"bound by nothing", "GET", "/", bears(f{"cnf": f{}}), 401, isInvalid, "", "", ""},
		{"unbound on a bound route", "GET", "/bound", authorized("Bearer " + good), 401, isUnproven, "", "", ""},
		{"cookie on a bound route", "GET", "/bound", h{"Cookie": {"session=" + good}}, 401, isUnproven, "", "", ""},
		{"no token on a bound route", "GET", "/bound", nil, 401, "", "", "", ""},
		{"bound on a bound route", "GET", "/bound", demonstrated(bound, f{"htu": "http://api.example/bound"}), 200, "", "", "", ""},

		{"DPoP", "GET", "/", used, 200, "", "", "", ""},
		{"the proof again", "GET", "/", used, 401, "", badProof, "", ""},
		{"dpop", "GET", "/?a=b", authorized("dpop "+bound, h{"Dpop": {proof(bound, nil)}}), 200, "", "", "", ""},
		{"DPoP, HEAD", "HEAD", "/", demonstrated(bound, f{"htm": "HEAD"}), 200, "", "", "", ""},
		{"downgrade", "GET", "/", authorized("Bearer "+bound, h{"Dpop": {proof(bound, nil)}}), 401, isUnproven, "", "", ""},
		{"unbound by DPoP", "GET", "/", demonstrated(good, nil), 401, "", isUnproven, "", ""},
		{"bad token by DPoP", "GET", "/", demonstrated("bad", nil), 401, "", isInvalid, "", ""},
		{"expired by DPoP", "GET", "/", demonstrated(sign(f{"exp": 1, "cnf": f{"jkt": c.jkt}}), nil), 401, "", isExpired, "", ""},
		{"two words by DPoP", "GET", "/", authorized("DPoP "+bound+" x", h{"Dpop": {proof(bound, nil)}}), 400, isMalformed, isMalformed, "", ""},
		{"DPoP alone", "GET", "/", authorized("DPoP", h{"Dpop": {proof(bound, nil)}}), 400, isMalformed, isMalformed, "", ""},
		{"a proof alone", "GET", "/", h{"Dpop": {proof(bound, nil)}}, 401, "", "", "", ""},
		{"no proof", "GET", "/", authorized("DPoP " + bound), 401, "", badProof, "", ""},
		{"empty proof", "GET", "/", authorized("DPoP "+bound, h{"Dpop": {""}}), 401, "", badProof, "", ""},
		{"two proofs", "GET", "/", authorized("DPoP "+bound, h{"Dpop": {proof(bound, nil), proof(bound, nil)}}), 401, "", badProof, "", ""},
		{"token for a proof", "GET", "/", authorized("DPoP "+bound, h{"Dpop": {bound}}), 401, "", badProof, "", ""},
		{"proof for a token", "GET", "/", authorized("DPoP "+proof(bound, nil), h{"Dpop": {proof(bound, nil)}}), 401, "", isInvalid, "", ""},
		{"proof for a Bearer token", "GET", "/", authorized("Bearer " + proof(bound, nil)), 401, isInvalid, "", "", ""},
		{"proof for another method", "POST", "/", demonstrated(bound, nil), 401, "", badProof, "", ""},
		{"proof for another path", "GET", "/other", demonstrated(bound, nil), 401, "", badProof, "", ""},
		{"proof for another host", "GET", "/", demonstrated(bound, f{"htu": "http://evil.example/"}), 401, "", badProof, "", ""},
		{"proof for another token", "GET", "/", authorized("DPoP "+bound, h{"Dpop": {proof(good, nil)}}), 401, "", badProof, "", ""},
		{"old proof", "GET", "/", demonstrated(bound, f{"iat": today.Unix() - 100}), 401, "", badProof, "", ""},
		{"proof without jti", "GET", "/", demonstrated(bound, f{"jti": nil}), 401, "", badProof, "", ""},
		{"proof by another key", "GET", "/", demonstrated(sign(f{"cnf": f{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}), nil), 401, "", isUnproven, "", ""},
		{"both bindings, one proof", "GET", "/", demonstrated(sign(f{"cnf": f{"jkt": c.jkt, "x5t#S256": "x"}}), nil), 401, "", isUnproven, "", ""},
		{"scope by DPoP", "GET", "/scope", demonstrated(grand, f{"htu": "http://api.example/scope"}), 200, "", "", "", ""},
		{"no scope by DPoP", "GET", "/scope", demonstrated(bound, f{"htu": "http://api.example/scope"}), 403, "", isForbidden, asksScope, ""},
		{"level by DPoP", "GET", "/level", demonstrated(grand, f{"htu": "http://api.example/level"}), 200, "", "", "", ""},
		{"no level by DPoP", "GET", "/level", demonstrated(bound, f{"htu": "http://api.example/level"}), 401, "", isWeak + asksLevel, "", ""},
		{"no nonce", "GET", "/nonce", demonstrated(bound, f{"htu": "http://api.example/nonce"}), 401, "", needsNonce, "", ""},
		{"made-up nonce", "GET", "/nonce", demonstrated(bound, f{"htu": "http://api.example/nonce", "nonce": "x"}), 401, "", needsNonce, "", ""},
		{"bad proof where nonces are required", "GET", "/nonce", demonstrated(bound, nil), 401, "", badProof, "", ""},
		{"Bearer where nonces are", "GET", "/nonce", authorized("Bearer " + good), 200, "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := answer{Status: test.status, ContentType: "text/plain; charset=utf-8", Body: "hello user-1"}
			switch {
			case test.status == 200 && test.hello != "":
				want.Body = test.hello
			case test.status == 204:
				want = answer{Status: 204}
			case test.status != 200:
				// Only those who lack the level are told what it is.
				want.Challenge = []string{bearer + test.byBearer + test.asks + metadata, dpopHead + test.byDPoP + test.asks + algs + metadata}
				told := strings.Replace(test.byBearer, asksLevel, "", 1)
				if told == "" {
					told = strings.Replace(test.byDPoP, asksLevel, "", 1)
				}
				want.CacheControl, want.ContentType, want.Body = "no-store", "application/json", jsonOf(told)
			}
			r := httptest.NewRequest(test.method, "http://api.example"+test.path, nil)
			r.Header = test.fields.Clone()
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, r)
			got := read(t, rec.Result(), fmt.Sprint(test.fields))
			if test.method == http.MethodHead {
				want.Body = ""
				if test.status == 200 {
					got.Body = "" // that of page, which the server would leave out
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, field := range got.Challenge {
				if list, err := parseChallenges(field); err != nil || len(list) != 1 {
					t.Errorf("the challenge %s: %d, %v", field, len(list), err)
				}
			}
			t.Logf("%d: %s %s → %d\n%s\n%s", i+1, test.method, test.path[:min(len(test.path), 20)], got.Status, strings.Join(got.Challenge, "\n"), got.Body)
		})
	}
}
