package keys_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// An authority issues certificates for servers on loopback.
type authority struct {
	t       *testing.T
	cert    *x509.Certificate
	private *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	a.cert, a.private = a.issue(&x509.Certificate{
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

func (a *authority) issue(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := a.cert, a.private
	if parent == nil {
		parent, signer = template, private
	}
	template.SerialNumber, template.Subject = big.NewInt(1), pkix.Name{CommonName: "test"}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &private.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, private
}

// server issues a server certificate for name, valid until then.
func (a *authority) server(until time.Time, name string) *tls.Certificate {
	cert, private := a.issue(&x509.Certificate{NotBefore: until.Add(-48 * time.Hour), NotAfter: until, DNSNames: []string{name}})
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: private}
}

// client returns a client that trusts the authority and reaches every host on
// loopback. It has no timeouts of its own.
func (a *authority) client() *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
	}}
}

// newTLSSite starts a site that uses whichever certificate cert holds at the time
// of the handshake.
func newTLSSite(t *testing.T, cert *atomic.Pointer[tls.Certificate], answer http.HandlerFunc) *faultySite {
	s := newUnstartedSite(answer)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return cert.Load(), nil
	}}
	s.StartTLS()
	s.TLS.Certificates = nil // the one of package httptest
	s.URL = "https://keys.example:" + mustURL(t, s.URL).Port()
	t.Cleanup(s.Close)
	return s
}

func TestFaultR14TLS(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	goodToken, nextToken := sign(good), sign(next)
	ours, theirs := newAuthority(t), newAuthority(t)
	tomorrow, yesterday := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	for _, test := range []struct {
		name, want string
		cert       *tls.Certificate
	}{
		{"TLS expired certificate", "certificate has expired", ours.server(yesterday, "keys.example")},
		{"TLS name mismatch", "certificate is valid for other.example, not keys.example", ours.server(tomorrow, "other.example")},
		{"TLS unknown authority", "unknown authority", theirs.server(tomorrow, "keys.example")},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			var cert atomic.Pointer[tls.Certificate]
			cert.Store(ours.server(tomorrow, "keys.example"))
			s := newTLSSite(t, &cert, jwks(good))
			outlast(t, w, fault{s.URL, ours.client(),
				func() { cert.Store(test.cert) },
				func() { cert.Store(ours.server(tomorrow, "keys.example")); s.answers(jwks(good, next)) },
				test.want,
			}, goodToken, nextToken)
		})
	}
}

// TestFaultR14Redirect redirects away from the keys.
func TestFaultR14Redirect(t *testing.T) {
	leaksNothing(t)
	good, next, evil := edSigner(t, "good"), edSigner(t, "next"), edSigner(t, "evil")
	goodToken, nextToken := sign(good), sign(next)
	ours := newAuthority(t)
	var cert atomic.Pointer[tls.Certificate]
	cert.Store(ours.server(time.Now().Add(24*time.Hour), "keys.example"))
	for _, test := range []struct {
		name, want string
		location   func(own, other *url.URL) string
	}{
		{"redirect to http", "redirected from https to http", func(own, _ *url.URL) string { return "http://" + own.Host }},
		{"redirect to another host", "redirected to another host", func(own, _ *url.URL) string { return "https://other.example:" + own.Port() }},
		{"redirect to another port", "redirected to another host", func(_, other *url.URL) string { return other.String() }},
		{"redirect loop", "more than 3 redirects", func(own, _ *url.URL) string { return own.String() }},
		{"redirect to a file", "redirected", func(*url.URL, *url.URL) string { return "file:///etc/passwd" }},
		{"redirect to nowhere", "cannot be read", func(*url.URL, *url.URL) string { return "https://host/%zz?secret=hunter2" }},
		{"redirect without Location", "answered 302", func(*url.URL, *url.URL) string { return "" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			s := newTLSSite(t, &cert, jwks(good))
			other := newTLSSite(t, &cert, jwks(good, next, evil))
			own, otherURL := mustURL(t, s.URL), mustURL(t, other.URL)
			outlast(t, w, fault{s.URL, ours.client(),
				func() {
					s.answers(func(w http.ResponseWriter, _ *http.Request) {
						if to := test.location(own, otherURL); to != "" {
							w.Header().Set("Location", to)
						}
						w.WriteHeader(http.StatusFound)
					})
				},
				func() { s.answers(jwks(good, next)) },
				test.want,
			}, goodToken, nextToken)
			if n := other.fetches.Load(); n != 0 {
				t.Errorf("the other host was asked %d times", n)
			}
		})
	}
	t.Run("three redirects on the same host", func(t *testing.T) {
		w := begin(t)
		s := newTLSSite(t, &cert, nil)
		s.answers(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/aaa" {
				jwks(good)(w, r)
				return
			}
			http.Redirect(w, r, r.URL.Path+"a", http.StatusFound)
		})
		g := newGuard(t, newClock(), s.URL+"/", keys.WithHTTPClient(ours.client()))
		g.accepts("through redirects", goodToken)
		w.logf("%s", g.tally())
	})
}

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
