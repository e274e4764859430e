package httpauth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// selfSigned returns a self-signed certificate, and its hash for x5t#S256.
func selfSigned(t *testing.T) (tls.Certificate, [32]byte) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	c := srv.TLS.Certificates[0]
	return c, sha256.Sum256(c.Certificate[0])
}

func thumbprint(sum [32]byte) string { return base64.RawURLEncoding.EncodeToString(sum[:]) }

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// sf writes DER as RFC 9440 does.
func sf(der []byte) string { return ":" + base64.StdEncoding.EncodeToString(der) + ":" }

// TestProxyCertificateByRealProxy: a proxy with mutual TLS states the certificate of
// its client, by either field, and replaces what the client sent.
func TestProxyCertificateByRealProxy(t *testing.T) {
	client, sum := selfSigned(t)
	for _, test := range []struct {
		field httpauth.CertificateField
		value func(der []byte) string
	}{
		{httpauth.ClientCert, sf},
		{httpauth.ForwardedClientCert, func(der []byte) string {
			sum := sha256.Sum256(der)
			return "Hash=" + hex.EncodeToString(sum[:]) + `;Subject="CN=a,O=\"b;c\""`
		}},
		{httpauth.ForwardedClientCert, func(der []byte) string {
			return `By=spiffe://x/y;Cert="` + strings.ReplaceAll(url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))), "+", "%2B") + `"`
		}},
	} {
		t.Run(string(test.field), func(t *testing.T) {
			s := newSite(t)
			backend := serve(t, httpauth.New(s, httpauth.WithProxyCertificate(loopback, test.field)).Handler(page))
			to, _ := url.Parse(backend.URL)
			proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.Out.Header.Del(string(test.field))
				if peers := r.In.TLS.PeerCertificates; len(peers) > 0 {
					r.Out.Header.Set(string(test.field), test.value(peers[0].Raw))
				}
			}})
			proxy.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
			proxy.StartTLS()
			defer proxy.Close()
			bound := s.Sign(with(map[string]any{"cnf": map[string]string{"x5t#S256": thumbprint(sum)}}))
			ask := func(withCert bool) int {
				transport := proxy.Client().Transport.(*http.Transport).Clone()
				if withCert {
					transport.TLSClientConfig.Certificates = []tls.Certificate{client}
				}
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL, nil)
				req.Header.Set("Authorization", "Bearer "+bound)
				req.Header.Set(string(test.field), test.value(client.Certificate[0])) // a thief's
				res, err := (&http.Client{Transport: transport}).Do(req)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				return res.StatusCode
			}
			if got := ask(true); got != http.StatusOK {
				t.Errorf("with the certificate: %d", got)
			}
			if got := ask(false); got != http.StatusUnauthorized {
				t.Errorf("without the certificate: %d", got)
			}
		})
	}
}

// TestProxyCertificateFields: what each value of a field means. What cannot be read
// is the server's fault, 503, and in its log.
func TestProxyCertificateFields(t *testing.T) {
	c, sum := selfSigned(t)
	der := c.Certificate[0]
	hash := "Hash=" + hex.EncodeToString(sum[:])
	other := "Hash=" + strings.Repeat("ab", 32)
	cert := `Cert="` + url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))) + `"`
	const cc, xfcc = httpauth.ClientCert, httpauth.ForwardedClientCert
	for _, test := range []struct {
		name   string
		field  httpauth.CertificateField
		values []string
		want   int
	}{
		{"good", cc, []string{sf(der)}, 200},
		{"space around it", cc, []string{" " + sf(der) + "\t"}, 200},
		{"absent", cc, nil, 401},
		{"empty", cc, []string{""}, 401},
		{"an empty sequence", cc, []string{"::"}, 401},
		{"another certificate", cc, []string{sf([]byte{0x30, 0})}, 401},
		{"twice", cc, []string{sf(der), sf(der)}, 503},
		{"a list", cc, []string{sf(der) + ", " + sf(der)}, 503},
		{"no colons", cc, []string{base64.StdEncoding.EncodeToString(der)}, 503},
		{"one colon", cc, []string{":"}, 503},
		{"the other alphabet", cc, []string{":_-__:"}, 503},
		{"no padding", cc, []string{":MA:"}, 503},
		{"not a certificate", cc, []string{sf([]byte("hello"))}, 503},
		{"more than a certificate", cc, []string{sf(append(bytes.Clone(der), 0))}, 503},
		{"a parameter", cc, []string{sf(der) + ";a=b"}, 503},
		{"too large", cc, []string{sf(append([]byte{0x30, 0x82, 0x7f, 0xf0}, make([]byte, 0x7ff0)...))}, 503},
		{"the other field", cc, nil, 401},
		{"Hash", xfcc, []string{hash}, 200},
		{"Hash in capitals", xfcc, []string{"HASH=" + strings.ToUpper(hex.EncodeToString(sum[:]))}, 200},
		{"Hash in quotes", xfcc, []string{`By=x;Hash="` + hex.EncodeToString(sum[:]) + `";URI=a;URI=b;Subject="a\",b"`}, 200},
		{"Cert", xfcc, []string{cert + ";Chain=x"}, 200},
		{"both", xfcc, []string{hash + ";" + cert}, 200},
		{"absent", xfcc, nil, 401},
		{"another Hash", xfcc, []string{other}, 401},
		{"they contradict", xfcc, []string{other + ";" + cert}, 503},
		{"two elements", xfcc, []string{hash + "," + hash}, 503},
		{"two elements, the second is ours", xfcc, []string{`By=x;Subject="a",` + hash}, 503},
		{"two fields", xfcc, []string{hash, hash}, 503},
		{"Hash twice", xfcc, []string{hash + ";" + hash}, 503},
		{"neither", xfcc, []string{"By=x"}, 503},
		{"Hash too short", xfcc, []string{"Hash=abcd"}, 503},
		{"Hash not hexadecimal", xfcc, []string{"Hash=" + strings.Repeat("x", 64)}, 503},
		{"no pair", xfcc, []string{"hello"}, 503},
		{"open quote", xfcc, []string{`Subject="a`}, 503},
		{"an escape at the end", xfcc, []string{`Subject="a\`}, 503},
		{"a quote inside", xfcc, []string{`Subject=a"b";` + hash}, 503},
		{"text after a quote", xfcc, []string{`Subject="a"b;` + hash}, 503},
		{"a semicolon at the end", xfcc, []string{hash + ";"}, 503},
		{"Cert not escaped well", xfcc, []string{`Cert="%zz"`}, 503},
		{"Cert without PEM", xfcc, []string{`Cert="hello"`}, 503},
		{"two certificates", xfcc, []string{cert[:len(cert)-1] + cert[6:]}, 503},
	} {
		t.Run(string(test.field)+": "+test.name, func(t *testing.T) {
			var log bytes.Buffer
			s := newSite(t)
			h := httpauth.New(s, httpauth.WithProxyCertificate(loopback, test.field),
				httpauth.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))).Handler(page)
			ask := func(claims map[string]any, peer string) int {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
				r.RemoteAddr = peer
				r.Header.Set("Authorization", "Bearer "+s.Sign(with(claims)))
				for _, v := range test.values {
					r.Header.Add(string(test.field), v)
				}
				if test.name == "the other field" {
					r.Header.Set(string(xfcc), hash)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w.Code
			}
			bound := map[string]any{"cnf": map[string]string{"x5t#S256": thumbprint(sum)}}
			if got := ask(bound, "127.0.0.1:1234"); got != test.want {
				t.Errorf("from the proxy: %d, want %d; %s", got, test.want, &log)
			}
			if test.want == 503 && (!strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), string(test.field))) {
				t.Errorf("the log says %q", &log)
			}
			if strings.HasPrefix(test.name, "two elements") && !strings.Contains(log.String(), "several elements") {
				t.Errorf("the log says %q", &log)
			}
			if got := ask(bound, "192.0.2.1:1234"); got != 401 {
				t.Errorf("from another peer: %d", got)
			}
			if got := ask(bound, "192.0.2.1"); got != 503 {
				t.Errorf("from a peer that is not known: %d", got)
			}
			if got := ask(nil, "127.0.0.1:1234"); got != 200 {
				t.Errorf("a token that is not bound: %d", got)
			}
		})
	}
}

// TestProxyCertificateOfTheProxy: the certificate of the proxy's own connection is
// not its client's, and a client without a proxy may prove its own.
func TestProxyCertificateOfTheProxy(t *testing.T) {
	c, sum := selfSigned(t)
	s := newSite(t)
	bound := s.Sign(with(map[string]any{"cnf": map[string]string{"x5t#S256": thumbprint(sum)}}))
	parsed, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		peer string
		opts []httpauth.Option
		want int
	}{
		{"the proxy's own", "127.0.0.1:1", []httpauth.Option{httpauth.WithClientCertificate(), httpauth.WithProxyCertificate(loopback, httpauth.ClientCert)}, 401},
		{"no proxy", "192.0.2.1:1", []httpauth.Option{httpauth.WithClientCertificate(), httpauth.WithProxyCertificate(loopback, httpauth.ClientCert)}, 200},
		{"no proxy, in the other order", "192.0.2.1:1", []httpauth.Option{httpauth.WithProxyCertificate(loopback, httpauth.ClientCert), httpauth.WithClientCertificate()}, 200},
		{"no proxy, and only proxies", "192.0.2.1:1", []httpauth.Option{httpauth.WithProxyCertificate(loopback, httpauth.ClientCert)}, 401},
		{"a function", "x", []httpauth.Option{httpauth.WithClientCertificate(), httpauth.WithProxyCertificateFunc(func(*http.Request) bool { return true }, httpauth.ClientCert)}, 401},
		{"a Unix socket that is none", "127.0.0.1:1", []httpauth.Option{httpauth.WithClientCertificate(), httpauth.WithUnixProxyCertificate(httpauth.ClientCert)}, 200},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.TLS = test.peer, &tls.ConnectionState{PeerCertificates: []*x509.Certificate{parsed}}
		r.Header.Set("Authorization", "Bearer "+bound)
		w := httptest.NewRecorder()
		httpauth.New(s, test.opts...).Handler(page).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: %d, want %d", test.name, w.Code, test.want)
		}
	}
}

func TestProxyCertificateMistakes(t *testing.T) {
	for name, f := range map[string]func(){
		"no proxy":          func() { httpauth.WithProxyCertificate(nil, httpauth.ClientCert) },
		"an invalid prefix": func() { httpauth.WithProxyCertificate([]netip.Prefix{{}}, httpauth.ClientCert) },
		"another field":     func() { httpauth.WithUnixProxyCertificate("X-SSL-Cert") },
		"a nil function":    func() { httpauth.WithProxyCertificateFunc(nil, httpauth.ClientCert) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "httpauth: With") {
					t.Errorf("%s: %s", name, p)
				}
			}()
			f()
		}()
	}
}

// TestProxyCertificateByUnixSocket: who can open the socket is trusted.
func TestProxyCertificateByUnixSocket(t *testing.T) {
	c, sum := selfSigned(t)
	s := newSite(t)
	path := filepath.Join(t.TempDir(), "s")
	at, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no Unix sockets here: ", err)
	}
	srv := httptest.NewUnstartedServer(httpauth.New(s, httpauth.WithUnixProxyCertificate(httpauth.ClientCert)).Handler(page))
	srv.Listener.Close()
	srv.Listener = at
	srv.Start()
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) }}}
	for value, want := range map[string]int{sf(c.Certificate[0]): 200, "": 401, "x": 503} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://api.example", nil)
		req.Header.Set("Authorization", "Bearer "+s.Sign(with(map[string]any{"cnf": map[string]string{"x5t#S256": thumbprint(sum)}})))
		req.Header.Set("Client-Cert", value)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%.10q: %d, want %d", value, res.StatusCode, want)
		}
	}
}
