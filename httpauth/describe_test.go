package httpauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// TestDescribe: the document agrees with where the Middleware takes tokens from,
// and with the proofs that it knows.
func TestDescribe(t *testing.T) {
	s := newSite(t)
	proof, err := dpop.New(dpop.WithBaseURL("https://api.example"))
	if err != nil {
		t.Fatal(err)
	}
	own := httpauth.Extractor(func(r *http.Request) (string, error) { return r.PostFormValue("access_token"), nil })
	header, none := []string{"header"}, []string{}
	for _, test := range []struct {
		name string
		opts []httpauth.Option
		doc  httpauth.Metadata
		want httpauth.Metadata
	}{
		{"default", nil, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: header}},
		{"Bearer in other letters", []httpauth.Option{httpauth.WithExtractor(httpauth.Authorization("BEARER"))}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: header}},
		{"another scheme", []httpauth.Option{httpauth.WithExtractor(httpauth.Authorization("JWT"))}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: none}},
		{"cookie", []httpauth.Option{httpauth.WithExtractor(httpauth.Cookie("session"))}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: none}},
		{"another field", []httpauth.Option{httpauth.WithExtractor(httpauth.Header("X-Token"))}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: none}},
		{"cookie and Bearer", []httpauth.Option{httpauth.WithExtractor(httpauth.Cookie("session"), httpauth.Bearer())}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: header}},
		{"one of the caller", []httpauth.Option{httpauth.WithExtractor(own)}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: none}},
		{"what the document says stays", []httpauth.Option{httpauth.WithExtractor(own)}, httpauth.Metadata{BearerMethods: []string{"body"}}, httpauth.Metadata{BearerMethods: []string{"body"}}},
		{"certificate", []httpauth.Option{httpauth.WithClientCertificate()}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: header, CertificateBound: true}},
		{"DPoP", []httpauth.Option{httpauth.WithProof(proof)}, httpauth.Metadata{}, httpauth.Metadata{BearerMethods: header, DPoPAlgorithms: proof.Algorithms()}},
		{"DPoP, as the document says", []httpauth.Option{httpauth.WithProof(proof)}, httpauth.Metadata{DPoPAlgorithms: []string{"ES256"}}, httpauth.Metadata{BearerMethods: header, DPoPAlgorithms: []string{"ES256"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, httpauth.New(s, test.opts...).Describe(test.doc)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestRefusalsAreExposed: a page that may read the answer may read its challenge,
// and nothing is added where no outer handler allows that.
func TestRefusalsAreExposed(t *testing.T) {
	const exposed = "Access-Control-Expose-Headers"
	s := newSite(t)
	down := httpauth.New(says(nil, http.ErrServerClosed))
	shared := append(make([]string, 0, 8), "X-Own") // as handlers for CORS keep it
	for _, test := range []struct {
		name  string
		m     *httpauth.Middleware
		set   http.Header
		token string
		want  []string
	}{
		{"no CORS", httpauth.New(s), http.Header{}, "", nil},
		{"no token", httpauth.New(s), http.Header{"Access-Control-Allow-Origin": {"*"}}, "", []string{"WWW-Authenticate"}},
		{"bad token", httpauth.New(s), http.Header{"Access-Control-Allow-Origin": {"https://app.example"}}, "x", []string{"WWW-Authenticate"}},
		{"lack of scope", httpauth.New(s), http.Header{"Access-Control-Allow-Origin": {"https://app.example"}}, s.Sign(with(nil)), []string{"WWW-Authenticate"}},
		{"outage", down, http.Header{"Access-Control-Allow-Origin": {"*"}}, "x", []string{"Retry-After"}},
		{"exposed already", httpauth.New(s), http.Header{"Access-Control-Allow-Origin": {"*"}, exposed: {"X-Own, www-authenticate"}}, "", []string{"X-Own, www-authenticate"}},
		{"star is not enough with credentials", httpauth.New(s), http.Header{"Access-Control-Allow-Origin": {"*"}, exposed: {"*"}}, "", []string{"*", "WWW-Authenticate"}},
		{"others stay", httpauth.New(s), http.Header{"Access-Control-Allow-Origin": {"*"}, exposed: shared}, "", []string{"X-Own", "WWW-Authenticate"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			for name, values := range test.set {
				w.Header()[name] = values
			}
			if test.token != "" {
				r.Header.Set("Authorization", "Bearer "+test.token)
			}
			test.m.RequireScope("read")(unreachable(t)).ServeHTTP(w, r)
			if diff := cmp.Diff(test.want, w.Header()[exposed]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if got := shared[:2][1]; got != "" {
		t.Errorf("a slice of the outer handler was written to: %q", got)
	}
}

// TestSeveralResources on one server: each challenge leads to the document of its
// own resource, by the path of RFC 9728 §3.1, and one of them is at the root.
func TestSeveralResources(t *testing.T) {
	s := newSite(t)
	mux := http.NewServeMux()
	srv := serve(t, mux)
	want := map[string]string{} // path → resource
	for _, path := range []string{"", "/mcp", "/mcp/admin", "/other/"} {
		doc := httpauth.Metadata{Resource: srv.URL + path, AuthorizationServers: []string{"https://issuer.example"}}
		at, err := doc.WellKnownLoopback()
		if err != nil {
			t.Fatal(err)
		}
		auth := httpauth.New(s, httpauth.WithResourceMetadata(at.String()))
		mux.Handle(at.Path, auth.Describe(doc))
		if path == "" {
			mux.Handle("/{$}", auth.Handler(page))
		} else {
			mux.Handle(path, auth.Handler(page))
		}
		want[path] = doc.Resource
	}
	for path, resource := range want {
		res, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, res, "")
		at, err := url.Parse(challenge(t, got.Challenge[0])["resource_metadata"])
		if err != nil || got.Status != 401 || at.Path != "/.well-known/oauth-protected-resource"+path {
			t.Fatalf("%q: %+v leads to %v, %v", path, got, at, err)
		}
		res, err = http.Get(at.String())
		if err != nil {
			t.Fatal(err)
		}
		var doc httpauth.Metadata
		err = json.NewDecoder(res.Body).Decode(&doc)
		res.Body.Close()
		if err != nil || doc.Resource != resource {
			t.Errorf("%q: the document is of %q, %v; want %q", path, doc.Resource, err, resource)
		}
	}
}
