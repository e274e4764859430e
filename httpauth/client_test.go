package httpauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// serveTLS starts a TLS server that asks clients for a certificate.
func serveTLS(tb testing.TB, h http.Handler) *httptest.Server {
	tb.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(failing{tb}, "", 0)
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	srv.EnableHTTP2 = true
	srv.StartTLS()
	tb.Cleanup(srv.Close)
	return srv
}

// certificate returns a self-signed certificate, which is all that RFC 8705 §2.2
// needs.
func certificate(tb testing.TB) tls.Certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// fingerprint returns "x5t#S256" (RFC 8705 §3.1).
func fingerprint(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// withCertificate returns a client of srv that presents cs.
func withCertificate(srv *httptest.Server, cs ...tls.Certificate) *http.Client {
	transport := srv.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.Certificates = cs
	return &http.Client{Transport: transport}
}

// fetch returns the status and body.
func fetch(t *testing.T, c *http.Client, method, url, authorization string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestBearerClient is the usual client, over TLS.
func TestBearerClient(t *testing.T) {
	s := newSite(t)
	srv := serveTLS(t, httpauth.New(s).Handler(page))
	for _, method := range []string{"GET", "POST"} {
		if status, body := fetch(t, srv.Client(), method, srv.URL, "Bearer "+s.Sign(with(nil))); status != 200 || body != "hello user-1" {
			t.Errorf("%s: %d %q", method, status, body)
		}
	}
	if status, _ := fetch(t, srv.Client(), "GET", srv.URL, ""); status != 401 {
		t.Errorf("without a token: %d", status)
	}
}

// TestCertificateClient presents certificates in real handshakes.
func TestCertificateClient(t *testing.T) {
	s := newSite(t)
	ours, other := certificate(t), certificate(t)
	bound := func(x5t any) string { return s.Sign(with(map[string]any{"cnf": map[string]any{"x5t#S256": x5t}})) }
	good := bound(fingerprint(ours))
	m := httpauth.New(s, httpauth.WithClientCertificate(), httpauth.WithExtractor(httpauth.Bearer(), httpauth.Cookie("session")))
	mux := http.NewServeMux()
	mux.Handle("/any", m.Handler(page))
	mux.Handle("/bound", m.RequireBound()(page))
	srv := serveTLS(t, mux)
	none := withCertificate(srv)
	first, second := withCertificate(srv, ours), withCertificate(srv, other)
	for _, test := range []struct {
		name       string
		client     *http.Client
		token      string
		any, bound int
	}{
		{"its certificate", first, good, 200, 200},
		{"another certificate", second, good, 401, 401},
		{"no certificate", none, good, 401, 401},
		{"unbound, with a certificate", first, s.Sign(with(nil)), 200, 401},
		{"unbound, without one", none, s.Sign(with(nil)), 200, 401},
		{"hash padded", first, bound(fingerprint(ours) + "="), 401, 401},
		{"hash cut off", first, bound(fingerprint(ours)[:42]), 401, 401},
		{"empty hash, no certificate", none, bound(""), 401, 401},
		{"hash of nothing, no certificate", none, bound(base64.RawURLEncoding.EncodeToString(sha256.New().Sum(nil))), 401, 401},
		{"a list of hashes", first, bound([]string{fingerprint(ours)}), 401, 401},
		{"SHA-1 beside it", first, s.Sign(with(map[string]any{"cnf": map[string]any{"x5t#S256": fingerprint(ours), "x5t": "abc"}})), 401, 401},
	} {
		for path, want := range map[string]int{"/any": test.any, "/bound": test.bound} {
			if status, body := fetch(t, test.client, "GET", srv.URL+path, "Bearer "+test.token); status != want {
				t.Errorf("%s, %s: %d %s, want %d", test.name, path, status, body, want)
			}
		}
	}
	for name, c := range map[string]struct {
		*http.Client
		want int
	}{"its certificate": {first, 200}, "another": {second, 401}} {
		r, err := http.NewRequest(http.MethodGet, srv.URL+"/bound", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "session", Value: good})
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("token in a cookie, %s: %d, want %d", name, res.StatusCode, c.want)
		}
	}
	plain := serve(t, m.Handler(page)) // no client presents a certificate there
	if got := get(t, plain, good); got.Status != 401 {
		t.Errorf("without TLS: %d", got.Status)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+good)
	r.Header.Set("Client-Cert", ":"+base64.StdEncoding.EncodeToString(ours.Certificate[0])+":") // RFC 9440
	r.Header.Set("X-Client-Cert", "x")
	if _, err := m.Authenticate(r); httpauth.Status(err) != 401 {
		t.Errorf("a certificate in a header field: %v", err)
	}
}

// A dpopClient does what RFC 9449 §4, §7 and §9 require of a client, following
// the examples there. go-jose signs; it uses nothing of package dpop.
type dpopClient struct {
	*http.Client
	signer jose.Signer
	jkt    string
	token  string
	nonce  string // the last one that the server gave
	asked  int
}

func newDPoPClient(tb testing.TB, c *http.Client, alg jose.SignatureAlgorithm, key crypto.Signer) *dpopClient {
	tb.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key},
		&jose.SignerOptions{EmbedJWK: true, ExtraHeaders: map[jose.HeaderKey]any{"typ": "dpop+jwt"}})
	if err != nil {
		tb.Fatal(err)
	}
	sum, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		tb.Fatal(err)
	}
	return &dpopClient{Client: c, signer: signer, jkt: base64.RawURLEncoding.EncodeToString(sum)}
}

func (c *dpopClient) proof(tb testing.TB, method, url string) string {
	tb.Helper()
	ath := sha256.Sum256([]byte(c.token))
	claims := map[string]any{
		"jti": rand.Text(), "htm": method, "htu": url, "iat": time.Now().Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(ath[:]),
	}
	if c.nonce != "" {
		claims["nonce"] = c.nonce
	}
	raw, err := jwt.Signed(c.signer).Claims(claims).Serialize()
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// fetch sends a request, and once more if the server asks for another nonce.
func (c *dpopClient) fetch(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	for range 2 {
		c.asked++
		r, err := http.NewRequestWithContext(t.Context(), method, url+"?page=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "DPoP "+c.token)
		r.Header.Set("DPoP", c.proof(t, method, url))
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if nonce := res.Header.Get("DPoP-Nonce"); nonce != "" {
			c.nonce = nonce
		}
		status, body = res.StatusCode, string(b)
		if !wantsNonce(t, res.Header["Www-Authenticate"]) {
			break
		}
	}
	return status, body
}

func wantsNonce(t *testing.T, challenges []string) bool {
	t.Helper()
	for _, field := range challenges {
		list, err := parseChallenges(field)
		if err != nil {
			t.Error(err)
		}
		for _, c := range list {
			if c.Scheme == "DPoP" && c.Params["error"] == "use_dpop_nonce" {
				return true
			}
		}
	}
	return false
}

// TestDPoPClient calls servers with and without nonces, over TLS and HTTP/2.
func TestDPoPClient(t *testing.T) {
	s := newSite(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signers := map[jose.SignatureAlgorithm]crypto.Signer{
		jose.RS256: rsaKey, jose.RS384: rsaKey, jose.RS512: rsaKey, jose.PS256: rsaKey, jose.PS384: rsaKey, jose.PS512: rsaKey, jose.EdDSA: edKey,
	}
	for alg, curve := range map[jose.SignatureAlgorithm]elliptic.Curve{jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()} {
		if signers[alg], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	for name, opts := range map[string][]dpop.Option{
		"no nonces": nil,
		"nonces":    {dpop.WithNonces(time.Minute, []byte("a secret of at least thirty-two bytes"))},
	} {
		mux := http.NewServeMux()
		srv := serveTLS(t, mux)
		checker, err := dpop.New(append(opts, dpop.WithHosts(srv.Listener.Addr().String()))...)
		if err != nil {
			t.Fatal(err)
		}
		m := httpauth.New(s, httpauth.WithProof(checker))
		mux.Handle("/any/{id}", m.Handler(page))
		mux.Handle("/bound/{id}", m.RequireBound()(page))
		for alg, key := range signers {
			t.Run(name+"/"+string(alg), func(t *testing.T) {
				c := newDPoPClient(t, srv.Client(), alg, key)
				c.token = s.Sign(with(map[string]any{"cnf": map[string]string{"jkt": c.jkt}}))
				for i, method := range []string{"GET", "POST", "DELETE"} {
					for _, path := range []string{"/any/a%2Fb", "/bound/1"} {
						if status, body := c.fetch(t, method, srv.URL+path); status != 200 || body != "hello user-1" {
							t.Errorf("%s %s, request %d: %d %s", method, path, i, status, body)
						}
					}
				}
				if want := map[string]int{"no nonces": 6, "nonces": 7}[name]; c.asked != want {
					t.Errorf("it took %d requests, want %d", c.asked, want)
				}
				if status, _ := fetch(t, srv.Client(), "GET", srv.URL+"/any/1", "Bearer "+c.token); status != 401 {
					t.Errorf("the token by Bearer: %d, want 401", status)
				}
				if status, _ := fetch(t, srv.Client(), "GET", srv.URL+"/any/1", "DPoP "+c.token); status != 401 {
					t.Errorf("the token without a proof: %d, want 401", status)
				}
				c.token = s.Sign(with(nil))
				if status, _ := c.fetch(t, "GET", srv.URL+"/any/1"); status != 401 {
					t.Errorf("an unbound token by DPoP: %d, want 401", status)
				}
				c.token = s.Sign(with(map[string]any{"cnf": map[string]string{"jkt": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}}))
				if status, _ := c.fetch(t, "GET", srv.URL+"/any/1"); status != 401 {
					t.Errorf("the token of another key: %d, want 401", status)
				}
			})
		}
	}
}
