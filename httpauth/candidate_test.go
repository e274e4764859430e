package httpauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestCandidateBehindTheMiddleware: requests are answered as without a candidate, which
// sees the context of the request.
func TestCandidateBehindTheMiddleware(t *testing.T) {
	var got []string
	s := newSite(t)
	strict := newVerifier(t, keys.Static(s.Key()), verifier.WithType("at+jwt"))
	v := newVerifier(t, keys.Static(s.Key()), verifier.WithCandidate(strict, func(ctx context.Context, d verifier.Difference) {
		got = append(got, fmt.Sprint(ctx.Value(pathKey{}), " ", d.Subject(), " ", verifier.Reason(d.Live), "/", verifier.Reason(d.Candidate)))
	}))
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		fmt.Fprint(w, tok.Subject)
	})
	tokens := map[string]string{
		"/good": s.Sign(with(nil)), "/typed": s.SignHeader(map[string]any{"typ": "at+jwt"}, with(nil)), "/expired": s.Sign(with(map[string]any{"exp": 1})), "/garbage": "x",
	}
	for _, path := range []string{"/good", "/typed", "/expired", "/garbage"} {
		var answers []string
		for _, v := range []verifier.Verifier{v, s} {
			server := httptest.NewServer(withPath(httpauth.New(v).Handler(ok)))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+tokens[path])
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, resp.Status+resp.Header.Get("WWW-Authenticate"))
			resp.Body.Close()
			server.Close()
		}
		if answers[0] != answers[1] {
			t.Errorf("%s: %s, and %s without a candidate", path, answers[0], answers[1])
		}
	}
	want := []string{"/good user-1 /type", "/expired user-1 expired/type"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type pathKey struct{}

func withPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), pathKey{}, r.URL.Path)))
	})
}
