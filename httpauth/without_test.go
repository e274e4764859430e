package httpauth_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestWithoutCredential: the handler sees the request without the token, and
// all that is not the token; the request that came in stays as it was.
func TestWithoutCredential(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(map[string]any{"scope": "read"}))
	query := func(r *http.Request) (string, error) { return r.URL.Query().Get("t"), nil }
	inHex := func(r *http.Request) (string, error) {
		b, err := hex.DecodeString(r.Header.Get("X-Hex"))
		return string(b), err
	}
	form := func(r *http.Request) (string, error) { return r.PostFormValue("t"), nil }
	type seen struct {
		Status             int
		Header             http.Header
		Target, RequestURI string
	}
	for _, test := range []struct {
		name, target string
		extract      httpauth.Extractor
		fields       http.Header
		want         seen
	}{
		{
			"Bearer", "/a?b=c", httpauth.Bearer(),
			http.Header{"Authorization": {"Bearer " + good}, "X-Forwarded-Authorization": {"Bearer " + good}, "Accept": {"*/*", "x"}, "Cookie": {"a=b"}, "Via": {""}},
			seen{200, http.Header{"Accept": {"*/*", "x"}, "Cookie": {"a=b"}}, "/a?b=c", "/a?b=c"},
		},
		{
			"header, one of two values", "/", httpauth.Header(assertion),
			http.Header{assertion: {good}, "Referer": {"https://x.example/?t=" + good, "y"}},
			seen{200, http.Header{"Referer": {"y"}}, "/", "/"},
		},
		{
			"cookie among others", "/", httpauth.Cookie("session"),
			http.Header{"Cookie": {"a=b; session=" + good + "; c=d", "e=f"}},
			seen{200, http.Header{"Cookie": {"a=b; c=d", "e=f"}}, "/", "/"},
		},
		{"cookie in quotes, alone", "/", httpauth.Cookie("session"), http.Header{"Cookie": {`session="` + good + `"`}}, seen{200, http.Header{}, "/", "/"}},
		{"query", "/a%2Fb?x=1&t=" + good + "&y=%20", query, nil, seen{200, http.Header{}, "/a%2Fb?x=1&y=%20", "/a%2Fb?x=1&y=%20"}},
		{"query, escaped", "/?t=" + strings.ReplaceAll(good, ".", "%2e"), query, nil, seen{200, http.Header{}, "/", "/"}},
		{"in other words", "/", inHex, http.Header{"X-Hex": {hex.EncodeToString([]byte(good))}, "X-Other": {"1"}}, seen{200, http.Header{"X-Other": {"1"}}, "/", "/"}},
		{"in the body", "/", form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, seen{Status: 503}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got seen
			m := httpauth.New(s, httpauth.WithExtractor(test.extract), httpauth.WithoutCredential())
			h := m.Handler(m.RequireScope("read")(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if _, ok := httpauth.FromContext(r.Context()); !ok {
					t.Error("the token is not in the context")
				}
				got = seen{Header: r.Header, Target: r.URL.String(), RequestURI: r.RequestURI}
			})))
			r := httptest.NewRequest(http.MethodPost, test.target, strings.NewReader("t="+good))
			r.Header = test.fields.Clone()
			if r.Header == nil {
				r.Header = http.Header{}
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			got.Status = rec.Code
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			fields := test.fields
			if fields == nil {
				fields = http.Header{}
			}
			if diff := cmp.Diff(fields, r.Header); diff != "" || r.RequestURI != test.target || r.URL.String() != test.target {
				t.Errorf("the request that came in is %s now (-want +got)\n%s", r.RequestURI, diff)
			}
		})
	}
}

// TestWithoutCredentialOptional leaves what is no credential of ours alone.
func TestWithoutCredentialOptional(t *testing.T) {
	m := httpauth.New(newSite(t), httpauth.WithOptional(), httpauth.WithoutCredential())
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Authorization"))
	}))
	got := do(t, serve(t, h), http.MethodGet, http.Header{"Authorization": {"Basic YTpi"}})
	if got.Body != "Basic YTpi" {
		t.Errorf("the handler sees Authorization: %q", got.Body)
	}
}
