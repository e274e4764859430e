package conformance_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// policyAttacks use what a verifier was not configured for.
var policyAttacks = []attack{
	{id: "CVE-2026-22748", test: attackNoIssuer},
	{id: "CVE-2024-5798, CVE-2023-22482, CVE-2026-30223, CVE-2026-55669", test: attackNoAudience},
	{id: "CVE-2026-41164", test: attackTypeConfusion},
	{id: "CVE-2021-21378", test: attackOptional},
	{id: "CVE-2020-15222", note: "it keeps no record of tokens; a validator of the caller's can, and is asked every time", test: attackReplay},
	{id: "CVE-2026-44883", test: attackQuery},
}

// attackNoIssuer: a verifier without an issuer accepts none; to accept
// any is an option with that name, and an unset variable is an error.
func attackNoIssuer(t *testing.T) {
	raw := claimsToken(`,"iss":"https://anybody"`)
	refuses(t, ecVerifier(t), raw, claims.ErrMismatch, "iss_mismatch")
	refuses(t, ecVerifier(t, verifier.WithIssuer("https://us")), raw, claims.ErrMismatch, "iss_mismatch")
	refuses(t, ecVerifier(t, verifier.WithIssuer("https://us")), goodEC(), claims.ErrMissing, "iss_missing")
	accepts(t, ecVerifier(t, verifier.WithAnyIssuer()), raw)
	for _, opts := range [][]verifier.Option{{verifier.WithIssuer("")}, {verifier.WithIssuer()}, {verifier.WithIssuer("a"), verifier.WithAnyIssuer()}} {
		if v, err := verifier.New(keys.Static(), opts...); v != nil || err == nil {
			t.Error("an issuer that is empty, or contradicted, is taken")
		}
	}
}

func attackNoAudience(t *testing.T) {
	raw := claimsToken(`,"aud":"another-service"`)
	refuses(t, ecVerifier(t), raw, claims.ErrMismatch, "aud_mismatch")
	refuses(t, ecVerifier(t), claimsToken(`,"aud":["another-service"]`), claims.ErrMismatch, "aud_mismatch")
	refuses(t, ecVerifier(t, verifier.WithAudience("us")), raw, claims.ErrMismatch, "aud_mismatch")
	refuses(t, ecVerifier(t, verifier.WithAudience("us")), goodEC(), claims.ErrMissing, "aud_missing")
	accepts(t, ecVerifier(t, verifier.WithAnyAudience()), raw)
	for _, opts := range [][]verifier.Option{{verifier.WithAudience("")}, {verifier.WithAudience()}, {verifier.WithAudience("a"), verifier.WithAnyAudience()}} {
		if v, err := verifier.New(keys.Static(), opts...); v != nil || err == nil {
			t.Error("an audience that is empty, or contradicted, is taken")
		}
	}
}

// attackTypeConfusion: a token for another purpose is not an access token.
func attackTypeConfusion(t *testing.T) {
	typed := func(typ string) string {
		return mint(keys.ES256, `{"alg":"ES256","typ":"`+typ+`"}`, good, p256Key())
	}
	others := []string{
		"dpop+jwt", "logout+jwt", "application/logout+jwt", "vp+jwt", "vc+jwt", "secevent+jwt", "statuslist+jwt", "token-introspection+jwt", "oauth-authz-req+jwt",
		"client-authentication+jwt", "kb+jwt", "JWE", "at+jwt ", "at", "jwt+at", "text/jwt",
	}
	for _, typ := range others {
		refuses(t, ecVerifier(t), typed(typ), verifier.ErrType, "type")
		refuses(t, ecVerifier(t, verifier.WithType("at+jwt")), typed(typ), verifier.ErrType, "type")
	}
	strict := ecVerifier(t, verifier.WithType("at+jwt"))
	refuses(t, strict, typed("JWT"), verifier.ErrType, "type") // an ID token
	refuses(t, strict, goodEC(), verifier.ErrType, "type")
	for _, typ := range []string{"at+jwt", "AT+JWT", "application/at+jwt"} {
		accepts(t, strict, typed(typ))
		accepts(t, ecVerifier(t), typed(typ))
	}
	for _, sub := range []string{``, `,"sub":""`, `,"SUB":"user-123"`} { // a logout token may have none
		refuses(t, ecVerifier(t), token(keys.ES256, "", `{"exp":1700000060`+sub+`}`, p256Key()), claims.ErrMissing, "sub_missing")
	}
}

// attackOptional: a bad token is an error and never an anonymous caller, and a
// token of an unknown issuer is a bad one.
func attackOptional(t *testing.T) {
	v := verifier.ByIssuer(map[string]verifier.Verifier{"https://a": ecVerifier(t, verifier.WithAnyIssuer())})
	h := httpauth.New(v, httpauth.WithOptional()).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := httpauth.FromContext(r.Context()); !ok {
			w.WriteHeader(http.StatusAccepted) // anonymous
		}
	}))
	for authorization, want := range map[string]int{
		"": http.StatusAccepted,
		"Bearer " + claimsToken(`,"iss":"https://a"`):             http.StatusOK,
		"Bearer " + claimsToken(`,"iss":"https://unknown"`):       http.StatusUnauthorized,
		"Bearer " + goodEC():                                      http.StatusUnauthorized,
		"Bearer " + b64(`{"alg":"none"}`) + "." + b64(good) + ".": http.StatusUnauthorized,
		"Bearer " + token(keys.ES256, "", good, evilP256()):       http.StatusUnauthorized,
		"Bearer x": http.StatusUnauthorized,
		"Bearer":   http.StatusBadRequest,
		"Bearer " + goodEC() + ", Bearer " + goodEC(): http.StatusBadRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("Authorization %.40q: %d, want %d", authorization, rec.Code, want)
		}
	}
}

// attackReplay: a validator that remembers (iss, jti) sees every token, also
// one that comes from the cache.
func attackReplay(t *testing.T) {
	var mu sync.Mutex
	seen := map[[2]string]bool{}
	errReplayed := errors.New("replayed")
	once := claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		mu.Lock()
		defer mu.Unlock()
		if id := [2]string{s.Issuer, s.ID}; !seen[id] {
			seen[id] = true
			return nil
		}
		return errReplayed
	})
	for _, opts := range [][]verifier.Option{nil, {verifier.WithCache(10)}} {
		clear(seen)
		v := ecVerifier(t, append(opts, verifier.WithClaims(claims.Required("jti"), once))...)
		raw := claimsToken(`,"jti":"1"`)
		accepts(t, v, raw)
		refuses(t, v, raw, errReplayed, "invalid_token")
		refuses(t, v, claimsToken(`,"jti":"1","x":2`), errReplayed, "invalid_token")
		accepts(t, v, claimsToken(`,"jti":"2"`))
		refuses(t, v, goodEC(), claims.ErrMissing, "jti_missing")
	}
}

// attackQuery: a token in the URL is none; of two places that are read, both
// may not hold one.
func attackQuery(t *testing.T) {
	raw := goodEC()
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	plain := httpauth.New(ecVerifier(t)).Handler(ok)
	both := httpauth.New(ecVerifier(t), httpauth.WithExtractor(httpauth.Bearer(), httpauth.Cookie("token"))).Handler(ok)
	for _, test := range []struct {
		name          string
		h             http.Handler
		query, cookie string
		authorization string
		want          int
	}{
		{"query", plain, "?access_token=" + raw, "", "", http.StatusUnauthorized},
		{"query next to a bad token", plain, "?access_token=" + raw, "", "Bearer x", http.StatusUnauthorized},
		{"a bad one in the query", plain, "?access_token=x", "", "Bearer " + raw, http.StatusOK},
		{"cookie that is not read", plain, "", raw, "", http.StatusUnauthorized},
		{"cookie", both, "", raw, "", http.StatusOK},
		{"cookie and header", both, "", raw, "Bearer " + raw, http.StatusBadRequest},
		{"bad cookie and good header", both, "", "x", "Bearer " + raw, http.StatusBadRequest},
	} {
		r := httptest.NewRequest(http.MethodGet, "/"+test.query, nil)
		if test.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "token", Value: test.cookie})
		}
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		rec := httptest.NewRecorder()
		test.h.ServeHTTP(rec, r)
		if rec.Code != test.want {
			t.Errorf("%s: %d, want %d", test.name, rec.Code, test.want)
		}
	}
}
