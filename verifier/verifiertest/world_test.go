package verifiertest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func get(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// says is a handler that answers with text.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

// TestWorldIssuers: tokens of issuers under real names, and of their shapes, verify.
func TestWorldIssuers(t *testing.T) {
	w := verifiertest.NewWorld(t)
	for _, test := range []struct {
		name, issuer string
		opts         []verifiertest.Option
		keys         []keys.Option
	}{
		{"a slash at the end", "https://my-domain.auth0.com/", nil, nil},
		{"a path", "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0", nil, nil},
		{"another path of that host", "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", nil, nil},
		{"a port", "https://vault.example:8200/v1/identity/oidc", nil, nil},
		{"the default port", "https://port.example:443", nil, nil},
		{"a name in capitals", "https://Keycloak.Example/realms/shop", nil, nil},
		{"keys elsewhere", "https://accounts.google.com",
			[]verifiertest.Option{verifiertest.WithJWKSURL("https://www.googleapis.com/oauth2/v3/certs")}, nil},
		{"keys with a query", "https://contoso.b2clogin.com/tfp/72f988bf/v2.0/",
			[]verifiertest.Option{verifiertest.WithJWKSURL("https://contoso.b2clogin.com/discovery/keys?p=policy")}, nil},
		{"metadata elsewhere", "https://contoso.b2clogin.com/72f988bf/v2.0/",
			[]verifiertest.Option{verifiertest.WithMetadataURL("https://contoso.b2clogin.com/tenant/policy/v2.0/.well-known/openid-configuration")},
			[]keys.Option{keys.WithMetadataURL("https://contoso.b2clogin.com/tenant/policy/v2.0/.well-known/openid-configuration")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			iss := w.Issuer(test.issuer, append(test.opts, verifiertest.WithAudience("api"))...)
			src, err := keys.NewOIDC(test.issuer, append(test.keys, keys.WithHTTPClient(w.Client()))...)
			if err != nil {
				t.Fatal(err)
			}
			v, err := verifier.New(src, verifier.WithAudience("api"))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				tok, err := v.Verify(t.Context(), iss.Token("user-123", time.Hour))
				if err != nil || tok.Issuer != test.issuer || tok.Subject != "user-123" {
					t.Fatalf("Verify = %v, %v", tok, err)
				}
				iss.Rotate()
			}
			if got := iss.Fetches(); got != 2 {
				t.Errorf("the JWK Set was fetched %d times, want 2", got)
			}
		})
	}
}

// TestWorldUnknownPaths: where there is nothing, the answer is 404.
func TestWorldUnknownPaths(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Issuer("https://plain.example/a")
	w.Issuer("https://other.example/", verifiertest.WithMetadataURL("https://other.example/meta"), verifiertest.WithJWKSURL("https://keys.example/k?v=1"))
	w.Issuer("client-key-1", verifiertest.WithoutDiscovery(), verifiertest.WithJWKSURL("https://hidden.example/keys"))
	w.Handle("handled.example", says("hello"))
	for url, want := range map[string]int{
		"https://plain.example/a/.well-known/openid-configuration":  200,
		"https://plain.example/a/jwks.json":                         200,
		"https://plain.example/.well-known/openid-configuration":    404,
		"https://plain.example/a/.well-known/openid-configuration/": 404,
		"https://plain.example/a/jwks.json?v=1":                     404,
		"https://plain.example/":                                    404,
		"https://other.example/meta":                                200,
		"https://other.example/.well-known/openid-configuration":    404,
		"https://other.example/jwks.json":                           404,
		"https://keys.example/k?v=1":                                200,
		"https://keys.example/k":                                    404,
		"https://hidden.example/keys":                               200,
		"https://hidden.example/.well-known/openid-configuration":   404,
		"https://handled.example/any/path":                          200,
		"https://HANDLED.example:443/":                              200,
	} {
		if got, _ := get(t, w.Client(), url); got != want {
			t.Errorf("%s: %d, want %d", url, got, want)
		}
	}
	if plain, handled := w.Requests("plain.example"), w.Requests("Handled.Example:443"); plain != 6 || handled != 2 {
		t.Errorf("the hosts received %d and %d requests, want 6 and 2", plain, handled)
	}
}

// TestWorldIsClosed: a client of a World reaches its hosts alone, and trusts its CA
// alone.
func TestWorldIsClosed(t *testing.T) {
	w, other := verifiertest.NewWorld(t), verifiertest.NewWorld(t)
	w.Handle("a.example", says("a"))
	w.Handle("b.example:8443", says("b"))
	for _, url := range []string{
		"https://c.example/", "https://a.example:8443/", "https://b.example/", "http://a.example/", "https://127.0.0.1/", w.Issuer("https://d.example").URL + ":1/",
	} {
		_, err := w.Client().Get(url)
		if err == nil || !strings.Contains(err.Error(), "verifiertest: the World has no host") {
			t.Errorf("%s: %v", url, err)
		}
	}
	transport, ok := w.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatalf("the Transport is a %T", w.Client().Transport)
	}
	if transport.Proxy != nil {
		t.Error("the client asks for a proxy")
	}
	stranger := transport.Clone() // reaches w, and trusts the CA of the other
	stranger.TLSClientConfig = other.Client().Transport.(*http.Transport).TLSClientConfig
	defer stranger.CloseIdleConnections()
	if _, err := (&http.Client{Transport: stranger}).Get("https://a.example/"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a client of another World: %v", err)
	}
}

// TestWorldMisdirected: a request for a host that the World does not have is not
// answered by one that it has.
func TestWorldMisdirected(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Handle("a.example", says("a"))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "b.example"
	resp, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest || w.Requests("a.example") != 0 {
		t.Errorf("it answers %d after %d requests", resp.StatusCode, w.Requests("a.example"))
	}
}

// TestWorldCertificates: the PEM of the CA is enough for other programs, each host
// has a certificate of its own, and it is valid at any time that a test may use.
func TestWorldCertificates(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Handle("a.example:8443", says("a"))
	w.Handle("b.example", says("b"))
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(w.CA()) {
		t.Fatal("CA is not a certificate in PEM")
	}
	iss := w.Issuer("https://c.example")
	if diff := cmp.Diff(w.CA(), iss.Certificate()); diff != "" {
		t.Errorf("the certificate of an issuer is not that of the CA: (-want +got)\n%s", diff)
	}
	for url, name := range map[string]string{"https://a.example:8443/": "a.example", "https://b.example/": "b.example", iss.JWKS: "c.example"} {
		for _, now := range []time.Time{time.Unix(0, 0), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Now(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
			transport := w.Client().Transport.(*http.Transport).Clone()
			transport.DisableKeepAlives = true
			transport.TLSClientConfig = &tls.Config{RootCAs: pool, Time: func() time.Time { return now }}
			resp, err := (&http.Client{Transport: transport}).Get(url)
			if err != nil {
				t.Errorf("%s at %s: %v", url, now, err)
				continue
			}
			resp.Body.Close()
			if got := resp.TLS.PeerCertificates[0].DNSNames; len(got) != 1 || got[0] != name {
				t.Errorf("%s: the certificate is for %q, want %q", url, got, name)
			}
		}
	}
}

// TestWorldSharedSet: issuers that share the URL of a JWK Set publish their keys
// together, under different IDs. Each of them can break it.
func TestWorldSharedSet(t *testing.T) {
	w := verifiertest.NewWorld(t)
	const url = "https://login.microsoftonline.com/common/discovery/keys"
	shared := verifiertest.WithJWKSURL(url)
	a := w.Issuer("https://sts.windows.net/a/", shared, verifiertest.WithKeyMember("issuer", "https://sts.windows.net/a/"), verifiertest.WithKeyMember("alg", nil))
	b := w.Issuer("https://sts.windows.net/b/", shared, verifiertest.WithAlgorithm(keys.RS256))
	a.Rotate()
	type jwk struct{ Kid, Alg, Issuer string }
	var set struct{ Keys []jwk }
	_, body := get(t, w.Client(), url)
	if err := json.Unmarshal([]byte(body), &set); err != nil {
		t.Fatal(err)
	}
	want := []jwk{
		{"key-1", "", "https://sts.windows.net/a/"},
		{"key-3", "", "https://sts.windows.net/a/"},
		{"key-2", "RS256", ""},
	}
	if diff := cmp.Diff(want, set.Keys); diff != "" {
		t.Errorf("the keys: (-want +got)\n%s", diff)
	}
	if a.Fetches() != 1 || b.Fetches() != 1 || a.JWKS != url || b.JWKS != url {
		t.Errorf("%s: %d fetches; %s: %d fetches; want one each of %s", a.JWKS, a.Fetches(), b.JWKS, b.Fetches(), url)
	}

	b.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for url, want := range map[string]int{
		url: http.StatusTeapot,
		b.URL + ".well-known/openid-configuration": http.StatusTeapot,
		a.URL + ".well-known/openid-configuration": http.StatusOK,
		b.URL: http.StatusNotFound,
	} {
		if got, _ := get(t, w.Client(), url); got != want {
			t.Errorf("%s: %d, want %d", url, got, want)
		}
	}
	if a.Fetches() != 1 || b.Fetches() != 1 {
		t.Errorf("broken, it counts %d and %d fetches, want 1 each", a.Fetches(), b.Fetches())
	}
	b.Break(nil)
	if got, _ := get(t, w.Client(), url); got != http.StatusOK {
		t.Errorf("repaired: %d", got)
	}
}

// TestWorldHandleReplaces: a handler may be replaced, also while requests run, and
// the issuers of its host stay.
func TestWorldHandleReplaces(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://a.example")
	w.Handle("a.example", says("first"))
	if _, body := get(t, w.Client(), "https://a.example/"); body != "first" {
		t.Errorf("the answer is %q", body)
	}
	w.Handle("A.EXAMPLE:443", says("second"))
	if _, body := get(t, w.Client(), "https://a.example/"); body != "second" {
		t.Errorf("the answer is %q", body)
	}
	if status, body := get(t, w.Client(), iss.JWKS); status != http.StatusOK || !strings.Contains(body, `"keys"`) {
		t.Errorf("the JWK Set answers %d: %s", status, body)
	}

	const requests = 50
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range requests {
				resp, err := w.Client().Get("https://a.example/")
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			}
		})
	}
	for i := range requests {
		w.Handle("a.example", says(fmt.Sprint(i)))
		w.Issuer(fmt.Sprintf("https://b.example/%d", i))
		iss.Rotate()
		w.Requests("a.example")
	}
	all.Wait()
	if got := w.Requests("a.example"); got != 4*requests+3 {
		t.Errorf("the host received %d requests, want %d", got, 4*requests+3)
	}
}

func TestWorldMistakesEndTheTest(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(w *verifiertest.World)
		want string
	}{
		{"nil handler", func(w *verifiertest.World) { w.Handle("a.example", nil) }, `the handler of "a.example" is nil`},
		{"nil function", func(w *verifiertest.World) { w.Handle("a.example", http.HandlerFunc(nil)) }, `the handler of "a.example" is nil`},
		{"no name", func(w *verifiertest.World) { w.Handle("", says("a")) }, `"" is not the name of a host`},
		{"a URL", func(w *verifiertest.World) { w.Handle("https://a.example", says("a")) }, "is not the name of a host"},
		{"a path", func(w *verifiertest.World) { w.Handle("a.example/x", says("a")) }, "is not the name of a host"},
		{"a user", func(w *verifiertest.World) { w.Handle("u@a.example", says("a")) }, "is not the name of a host"},
		{"a port alone", func(w *verifiertest.World) { w.Handle(":8443", says("a")) }, "is not the name of a host"},
		{"an address", func(w *verifiertest.World) { w.Handle("192.0.2.1", says("a")) }, "is not the name of a host"},
		{"an IPv6 address", func(w *verifiertest.World) { w.Handle("[2001:db8::1]:8443", says("a")) }, "is not the name of a host"},
		{"requests of an unknown host", func(w *verifiertest.World) { w.Requests("a.example") }, `the World has no host "a.example"`},
		{"an issuer with http", func(w *verifiertest.World) { w.Issuer("http://a.example") }, "is not an https URL"},
		{"an issuer without a URL", func(w *verifiertest.World) { w.Issuer("client-key-1") }, "is not an https URL"},
		{"nil option", func(w *verifiertest.World) { w.Issuer("https://a.example", nil) }, "an option is nil"},
		{"a JWKS URL that is none", func(w *verifiertest.World) { w.Issuer("https://a.example", verifiertest.WithJWKSURL("keys")) }, `"keys" is not an https URL`},
		{"the same issuer twice", func(w *verifiertest.World) {
			w.Issuer("https://a.example")
			w.Issuer("https://a.example/")
		}, "another issuer answers at https://a.example/.well-known/openid-configuration"},
		{"metadata where keys are", func(w *verifiertest.World) {
			w.Issuer("https://a.example", verifiertest.WithJWKSURL("https://a.example/x"))
			w.Issuer("https://b.example", verifiertest.WithMetadataURL("https://a.example/x"))
		}, "another issuer answers at https://a.example/x"},
		{"keys where metadata are", func(w *verifiertest.World) {
			w.Issuer("https://a.example", verifiertest.WithMetadataURL("https://a.example/x"), verifiertest.WithJWKSURL("https://a.example/x"))
		}, "the metadata of an issuer are at https://a.example/x"},
		{"metadata without discovery", func(w *verifiertest.World) {
			w.Issuer("https://a.example", verifiertest.WithoutDiscovery(), verifiertest.WithMetadataURL("https://a.example/x"))
		}, "WithMetadataURL contradicts WithoutDiscovery"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &recorder{TB: t}
			w := verifiertest.NewWorld(r)
			func() {
				defer func() { recover() }()
				test.do(w)
			}()
			if !strings.Contains(r.ended, test.want) || !strings.HasPrefix(r.ended, "verifiertest: ") {
				t.Errorf("the test ended with %q, want %q", r.ended, test.want)
			}
			w.Handle("still.example", says("works")) // no lock is held
		})
	}
}
