package keys_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// caFile writes the certificate of a into a file.
func (a *authority) file() string {
	a.t.Helper()
	return written(a.t, string(a.pem()))
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A recorder keeps the Authorization fields that a site has got.
type recorder struct {
	mu   sync.Mutex
	seen []string
}

func (r *recorder) record(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.seen = append(r.seen, req.Header.Get("Authorization"))
		r.mu.Unlock()
		h(w, req)
	}
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// at returns the URL of a TLS site under another host name.
func at(t *testing.T, s *faultySite, host string) string {
	return "https://" + host + ":" + mustURL(t, s.URL).Port()
}

// TestTokenStaysAtHome: a hostile jwks_uri on another host does not get the token,
// unless the host has a certificate of the CA file.
func TestTokenStaysAtHome(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	var homeCert, otherCert atomic.Pointer[tls.Certificate]
	homeCert.Store(ours.server(time.Now().Add(time.Hour), "keys.example"))
	var home, other recorder
	otherSite := newTLSSite(t, &otherCert, other.record(jwks(edSigner(t, "a"))))
	site := newTLSSite(t, &homeCert, nil)
	evil := at(t, otherSite, "evil.example")
	answers := func(jwksURI string) {
		site.answers(home.record(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/keys":
				jwks(edSigner(t, "a"))(w, r)
			case "/moved":
				http.Redirect(w, r, evil+"/keys", http.StatusTemporaryRedirect)
			default:
				fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, site.URL, jwksURI)
			}
		}))
	}
	both := &http.Client{Transport: ours.client().Transport.(*http.Transport).Clone()}
	both.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(theirs.cert)
	const sent = "Bearer abc.DEF-123"
	token := keys.WithTokenFile(written(t, "abc.DEF-123\n"))
	for _, test := range []struct {
		name        string
		jwksURI     string
		other       *authority // of the other host
		ca          bool
		home, theTo []string // what each host got
		fails       string
	}{
		{"the same host", site.URL + "/keys", ours, false, []string{sent, sent}, nil, ""},
		{"the same host with a CA file", site.URL + "/keys", ours, true, []string{sent, sent}, nil, ""},
		{"another host", evil, ours, false, []string{sent}, []string{""}, ""},
		{"another host of another authority", evil, theirs, false, []string{sent}, []string{""}, ""},
		{"another port", at(t, otherSite, "keys.example"), ours, false, []string{sent}, []string{""}, ""},
		{"another host with a certificate of the CA file", evil, ours, true, []string{sent}, []string{sent}, ""},
		{"another host without one", evil, theirs, true, []string{sent}, nil, "unknown authority"},
		{"a redirect to another host", site.URL + "/moved", ours, false, []string{sent, sent}, nil, "redirected to another host"},
		{"a redirect to another host with a CA file", site.URL + "/moved", ours, true, []string{sent, sent}, nil, "redirected to another host"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answers(test.jwksURI)
			name := "evil.example"
			if strings.Contains(test.jwksURI, "keys.example") {
				name = "keys.example"
			}
			otherCert.Store(test.other.server(time.Now().Add(time.Hour), name))
			opts := []keys.Option{token, keys.WithHTTPClient(both)}
			if test.ca {
				opts = append(opts, keys.WithCAFile(ours.file()))
			}
			err := newOIDC(t, site.URL, opts...).Refresh(t.Context())
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("Refresh: %v; want %q", err, test.fails)
			}
			if diff := cmp.Diff(test.home, home.take()); diff != "" {
				t.Errorf("the configured host got (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.theTo, other.take()); diff != "" {
				t.Errorf("the other host got (-want +got)\n%s", diff)
			}
		})
	}
}

// TestTokenNotOverPlainHTTP: beyond loopback not even with WithInsecureHTTP.
func TestTokenNotOverPlainHTTP(t *testing.T) {
	var got []string
	client := keys.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = append(got, r.URL.Host+" "+r.Header.Get("Authorization"))
		if r.URL.Host == "localhost" {
			return answered(200, `{"issuer":"http://localhost","jwks_uri":"http://keys.example/"}`), nil
		}
		return answered(200, set(jwksOf(edSigner(t, "a"))...)), nil
	})})
	token := keys.WithTokenFile(written(t, "abc"))
	for _, err := range []error{
		remoteError("http://keys.example/", token, keys.WithInsecureHTTP()), oidcError("http://keys.example/", token, keys.WithInsecureHTTP()),
		oidcError("https://a.example/", token, keys.WithInsecureHTTP(), keys.WithMetadataURL("http://keys.example/")),
	} {
		if err == nil || !strings.Contains(err.Error(), "WithTokenFile: the token would go over plain http") {
			t.Errorf("the constructor: %v", err)
		}
	}
	if err := newOIDC(t, "http://localhost", token, client, keys.WithInsecureHTTP()).Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"localhost Bearer abc", "keys.example "}, got); diff != "" {
		t.Errorf("requests (-want +got)\n%s", diff)
	}
}

// TestTokenFile: it is read for each request, bounded, and in no message.
func TestTokenFile(t *testing.T) {
	var got recorder
	s := newSite(t, got.record(jwks(edSigner(t, "a"))))
	path := written(t, "first\r\n")
	j := new(journal)
	r := newRemote(t, s.URL, keys.WithTokenFile(path), j.option())
	for _, test := range []struct{ file, sent, fails string }{
		{"first\r\n", "Bearer first", ""},
		{"second~+/==", "Bearer second~+/==", ""},
		{strings.Repeat("x", 16<<10), "Bearer " + strings.Repeat("x", 16<<10), ""},
		{strings.Repeat("s3cr3t", 3<<10), "", "larger than 16384 bytes"},
		{"s3cr3t s3cr3t", "", "one bearer token"},
		{"s3cr3t\ns3cr3t\n", "", "one bearer token"},
		{"s3cr3t\n\n", "", "one bearer token"},
		{"s3cr3t\r\nX-Evil: 1", "", "one bearer token"},
		{"", "", "one bearer token"},
		{"====", "", "one bearer token"},
		{"s\u00e9cr3t", "", "one bearer token"},
	} {
		if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
			t.Fatal(err)
		}
		err := r.Refresh(t.Context())
		seen := got.take()
		if test.fails != "" {
			if err == nil || !strings.Contains(err.Error(), test.fails) || len(seen) > 0 {
				t.Errorf("%.20q: %v, sent %q", test.file, err, seen)
			}
		} else if err != nil || len(seen) != 1 || seen[0] != test.sent {
			t.Errorf("%.20q: %v, sent %q", test.file, err, seen)
		}
		if shown := fmt.Sprint(err, r.Status(), j); strings.Contains(shown, "s3cr3t") || strings.Contains(shown, path) {
			t.Errorf("it is shown: %s", shown)
		}
	}
	// The token itself in place of its path, and a transport that reports it.
	err := newRemote(t, s.URL, keys.WithTokenFile("eyJs3cr3t")).Refresh(t.Context())
	if !errors.Is(err, keys.ErrConfiguration) || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "give its path") {
		t.Errorf("a token for a path: %v", err)
	}
	leaky := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("sent %v", r.Header) })}
	err = newRemote(t, s.URL, keys.WithTokenFile(written(t, "s3cr3t.s3cr3t")), keys.WithHTTPClient(leaky)).Refresh(t.Context())
	if err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "Bearer xxxxx") {
		t.Errorf("a transport that reports the token: %v", err)
	}
}

// TestCAFileAlone: other authorities do not count, and a new file is used at once.
func TestCAFileAlone(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	var cert atomic.Pointer[tls.Certificate]
	cert.Store(theirs.server(time.Now().Add(time.Hour), "keys.example"))
	s := newTLSSite(t, &cert, jwks(edSigner(t, "a")))
	path := ours.file()
	r := newRemote(t, s.URL, keys.WithHTTPClient(theirs.client()), keys.WithCAFile(path))
	if err := r.Refresh(t.Context()); !errors.Is(err, keys.ErrConfiguration) || !strings.Contains(err.Error(), "unknown authority") || s.fetches.Load() != 0 {
		t.Errorf("a certificate that only the client trusts: %v, %d requests", err, s.fetches.Load())
	}
	rewritePEM := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewritePEM(theirs.pem())
	if err := r.Refresh(t.Context()); err != nil {
		t.Errorf("after the file has changed: %v", err)
	}
	rewritePEM(ours.pem())
	if err := r.Refresh(t.Context()); err == nil || errors.Is(err, keys.ErrConfiguration) {
		t.Errorf("changed back: %v; want an outage, as it has worked", err)
	}
	if ks := mustFind(t, r, hint("a")); len(ks) != 1 {
		t.Errorf("the last good set: %v", ks)
	}
	if err := r.Refresh(t.Context()); err == nil {
		t.Error("still the old authority")
	}
	// Metadata cannot lead to a place that has no certificate.
	plain := newSite(t, jwks(edSigner(t, "a")))
	s.answers(text(fmt.Sprintf(`{"issuer":"http://localhost","jwks_uri":%q}`, plain.URL)))
	err := newOIDC(t, "http://localhost", keys.WithMetadataURL(s.URL), keys.WithHTTPClient(theirs.client()), keys.WithCAFile(theirs.file())).Refresh(t.Context())
	if err == nil || !strings.Contains(err.Error(), "on plain http") || plain.fetches.Load() != 0 {
		t.Errorf("a jwks_uri on plain http: %v", err)
	}
	for name, file := range map[string]string{"no such file": filepath.Join(t.TempDir(), "none"), "no certificate in PEM": written(t, "x"), "not a regular file": t.TempDir()} {
		err := newRemote(t, s.URL, keys.WithHTTPClient(theirs.client()), keys.WithCAFile(file)).Refresh(t.Context())
		if !errors.Is(err, keys.ErrConfiguration) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReachContradictions: a setting that would not hold is an error of the
// constructor.
func TestReachContradictions(t *testing.T) {
	const good = "https://keys.example/"
	client := func(change func(*http.Transport)) keys.Option {
		tr := new(http.Transport)
		change(tr)
		return keys.WithHTTPClient(&http.Client{Transport: tr})
	}
	odd := keys.WithHTTPClient(&http.Client{Transport: roundTrip(nil)})
	insecure := client(func(t *http.Transport) { t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} })
	dials := client(func(t *http.Transport) { t.DialContext = dialNothing })
	dialsTLS := client(func(t *http.Transport) { t.DialTLSContext = dialNothing })
	ca, token, public := keys.WithCAFile("ca.pem"), keys.WithTokenFile("token"), keys.WithPublicAddresses()
	for _, test := range []struct {
		name, url string
		opts      []keys.Option
		want      string
	}{
		{"CA file with another transport", good, []keys.Option{ca, odd}, "WithCAFile: the transport of the client is not an *http.Transport"},
		{"CA file with its own TLS", good, []keys.Option{ca, dialsTLS}, "WithCAFile: the transport has a DialTLSContext"},
		{"CA file unverified", good, []keys.Option{ca, insecure}, "WithCAFile: the transport has InsecureSkipVerify"},
		{"CA file over http", "http://localhost/", []keys.Option{ca}, "WithCAFile: plain http has no certificate"},
		{"CA file without a path", good, []keys.Option{keys.WithCAFile("")}, "WithCAFile: the path is empty"},
		{"token without a path", good, []keys.Option{keys.WithTokenFile("")}, "WithTokenFile: the path is empty"},
		{"token unverified", good, []keys.Option{token, insecure}, "WithTokenFile: the transport has InsecureSkipVerify"},
		{"public with another transport", good, []keys.Option{public, odd}, "WithPublicAddresses: the transport of the client is not an *http.Transport"},
		{"public with its own dial", good, []keys.Option{public, dials}, "WithPublicAddresses: the transport has a DialContext"},
		{"public with its own TLS", good, []keys.Option{public, dialsTLS}, "WithPublicAddresses: the transport has a DialContext"},
		{"public with an empty host", good, []keys.Option{keys.WithPublicAddresses("")}, `"" is not a host name`},
		{"public with a port", good, []keys.Option{keys.WithPublicAddresses("localhost:80")}, `"localhost:80" is not a host name`},
		{"public with a URL", good, []keys.Option{keys.WithPublicAddresses("https://a")}, `is not a host name`},
	} {
		for of, err := range map[string]error{"NewRemote": remoteError(test.url, test.opts...), "NewOIDC": oidcError(test.url, test.opts...)} {
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "keys: ") {
				t.Errorf("%s, %s: %v; want %q", of, test.name, err, test.want)
			}
		}
	}
	if err := remoteError("https://u:p@keys.example/", token); err == nil || !strings.Contains(err.Error(), "a user or password too") {
		t.Errorf("a token and a password: %v", err)
	}
	if _, err := keys.NewFile("/", ca, token, public); err == nil || strings.Count(err.Error(), "means nothing for a file") != 3 {
		t.Errorf("a file: %v", err)
	}
}

// TestReachInReferences: oidc references take ca and token, and errors name the
// parameter, not its value.
func TestReachInReferences(t *testing.T) {
	ours := newAuthority(t)
	var cert atomic.Pointer[tls.Certificate]
	cert.Store(ours.server(time.Now().Add(time.Hour), "localhost"))
	var got recorder
	s := newTLSSite(t, &cert, nil)
	issuer := at(t, s, "localhost")
	s.answers(got.record(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			jwks(edSigner(t, "a"))(w, r)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer, issuer+"/keys")
	}))
	p, err := keys.Open(t.Context(), "oidc:"+issuer+"?metadata="+url.QueryEscape(issuer+"/m")+"&ca="+url.QueryEscape(ours.file())+"&token="+url.QueryEscape(written(t, "abc")))
	if err != nil {
		t.Fatal(err)
	}
	if ks := mustFind(t, p, hint("a")); len(ks) != 1 || ks[0].Issuer() != issuer {
		t.Errorf("Find = %v", ks)
	}
	if diff := cmp.Diff([]string{"Bearer abc", "Bearer abc"}, got.take()); diff != "" {
		t.Errorf("sent (-want +got)\n%s", diff)
	}
	for query, want := range map[string]string{
		"ca=":                 "keys: oidc: the parameter ca is empty",
		"token=":              "keys: oidc: the parameter token is empty",
		"metadata":            "keys: oidc: the parameter metadata is empty",
		"ca=/s3cr3t&ca=/b":    "keys: oidc: the parameter ca is there twice",
		"tokens=s3cr3t":       `keys: oidc: the parameter "tokens" is unknown`,
		"ca=&x=s3cr3t&token=": `keys: oidc: the parameter ca is empty; the parameter token is empty; the parameter "x" is unknown`,
		"ca=%zz":              "keys: oidc: the parameters cannot be read",
		"ca=s3cr3t;token=a":   "keys: oidc: the parameters cannot be read",
	} {
		_, err := keys.Open(t.Context(), "oidc:https://a.example?"+query)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v\nwant %s", query, err, want)
		}
	}
}
