package verifiertest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A World is a small internet on loopback: hosts by name, with TLS certificates of a
// CA of its own. Nothing leaves the machine. Make one with [NewWorld].
//
//	w := verifiertest.NewWorld(t)
//	iss := w.Issuer("https://login.example/tenant-1/v2.0")
//	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(w.Client()))
//
// A host has one handler, given to [World.Handle], and any number of issuers. The
// issuers answer for the URLs of their metadata and JWK Sets, and the handler for all
// others; without a handler these are 404.
type World struct {
	tb     testing.TB
	ca     *authority
	server *httptest.Server
	client *http.Client
	made   atomic.Int64 // keys of all issuers

	mu    sync.Mutex
	hosts map[string]*host // by name, with the port unless it is 443
}

// A host is what answers under one name and port.
type host struct {
	handler  http.Handler
	requests int
	metadata map[string]*Issuer   // by path and query
	sets     map[string]published // by path and query
}

// NewWorld starts a World without hosts. It stops when the test ends.
func NewWorld(tb testing.TB) *World {
	tb.Helper()
	w := &World{tb: tb, ca: newAuthority(tb), hosts: map[string]*host{}}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.server.TLS = &tls.Config{GetCertificate: w.certificate}
	w.server.StartTLS()
	tb.Cleanup(w.server.Close)
	w.client = &http.Client{Transport: &http.Transport{ // without a proxy
		DialContext:     w.dial,
		TLSClientConfig: &tls.Config{RootCAs: w.ca.pool()},
	}}
	tb.Cleanup(w.client.CloseIdleConnections)
	return w
}

// Handle serves https://name/ with h, in place of an earlier handler. The name may
// have a port, as in "vault.example:8200"; without one it is 443. An IP address, or a
// nil h, ends the test. A handler may be replaced while requests run.
func (w *World) Handle(name string, h http.Handler) {
	w.tb.Helper()
	if f, ok := h.(http.HandlerFunc); h == nil || ok && f == nil {
		w.tb.Fatalf("verifiertest: the handler of %q is nil; to stop answering, give one that answers with an error", name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.host(name).handler = h
}

// Issuer starts an issuer whose tokens have exactly this "iss". Its metadata are at
// "/.well-known/openid-configuration" and its JWK Set at "/jwks.json", each after the
// issuer without a slash at its end; [WithMetadataURL], [WithJWKSURL] and
// [WithoutDiscovery] change that. For an issuer that is not an https URL, give
// WithJWKSURL and one of the other two.
//
// Issuers may share a host and the URL of a JWK Set, which then holds the keys of all
// of them: no two keys of a World have the same ID.
func (w *World) Issuer(issuer string, opts ...Option) *Issuer {
	w.tb.Helper()
	i := newIssuer(w.tb, &w.made, opts)
	i.URL, i.client, i.certificate = issuer, w.client, w.CA()
	base := strings.TrimSuffix(issuer, "/")
	metadata := base + "/.well-known/openid-configuration"
	if i.config.metadata != "" {
		metadata = i.config.metadata
	}
	if i.JWKS = i.config.jwks; i.JWKS == "" {
		i.JWKS = base + "/jwks.json"
	}
	if i.config.undiscovered && i.config.metadata != "" {
		w.tb.Fatal("verifiertest: WithMetadataURL contradicts WithoutDiscovery; leave one out")
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	if !i.config.undiscovered {
		h, target := w.locate(metadata)
		if h.metadata[target] != nil || h.sets[target] != nil {
			w.tb.Fatalf("verifiertest: another issuer answers at %s; use WithMetadataURL or WithoutDiscovery", metadata)
		}
		h.metadata[target] = i
	}
	h, target := w.locate(i.JWKS)
	if h.metadata[target] != nil {
		w.tb.Fatalf("verifiertest: the metadata of an issuer are at %s; use another WithJWKSURL", i.JWKS)
	}
	h.sets[target] = append(h.sets[target], i)
	return i
}

// Client returns a client that reaches every host of the World on loopback and trusts
// its CA. For all other hosts it fails. Its Transport is a *http.Transport.
func (w *World) Client() *http.Client { return w.client }

// CA returns the certificate of the CA in PEM, for programs that read it from a file.
func (w *World) CA() []byte { return w.ca.pem() }

// Requests returns how many requests a host has received. The name is as in
// [World.Handle]. One that the World does not have ends the test, so that a
// misspelled one does not count as a host without requests.
func (w *World) Requests(name string) int {
	w.tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hosts[canonical(name)]
	if h == nil {
		w.tb.Fatalf("verifiertest: the World has no host %q; add it with Handle or Issuer", name)
	}
	return h.requests
}

// host returns the host of that name, which it adds if it is new. The caller holds
// the lock.
func (w *World) host(name string) *host {
	w.tb.Helper()
	u, err := url.Parse("https://" + name)
	if err != nil || u.Host != name || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		w.tb.Fatalf("verifiertest: %q is not the name of a host; give a name such as \"login.example\", with a port if it is not 443", name)
	}
	h := w.hosts[canonical(name)]
	if h == nil {
		h = &host{handler: http.NotFoundHandler(), metadata: map[string]*Issuer{}, sets: map[string]published{}}
		w.hosts[canonical(name)] = h
	}
	return h
}

// locate returns the host of a URL, and its path and query. The caller holds the
// lock.
func (w *World) locate(rawURL string) (h *host, target string) {
	w.tb.Helper()
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		w.tb.Fatalf("verifiertest: %q is not an https URL; use WithJWKSURL, and WithMetadataURL or WithoutDiscovery", rawURL)
	}
	return w.host(u.Host), u.RequestURI()
}

// canonical returns the name by which a World knows a host.
func canonical(name string) string { return strings.TrimSuffix(strings.ToLower(name), ":443") }

func (w *World) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	h := w.hosts[canonical(r.Host)]
	if h == nil {
		w.mu.Unlock()
		http.Error(rw, "no such host", http.StatusMisdirectedRequest) // RFC 9110 §15.5.20
		return
	}
	h.requests++
	handler, target := h.handler, r.URL.RequestURI()
	metadata, set := h.metadata[target], h.sets[target]
	w.mu.Unlock()
	switch {
	case set != nil:
		set.ServeHTTP(rw, r)
	case metadata == nil:
		handler.ServeHTTP(rw, r)
	case !metadata.answerBroken(rw, r):
		metadata.discovery(rw, r)
	}
}

// dial connects to the World in place of addr, which must be one of its hosts.
func (w *World) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	h := w.hosts[canonical(addr)]
	w.mu.Unlock()
	if h == nil {
		return nil, fmt.Errorf("verifiertest: the World has no host %q; add it with Handle or Issuer", addr)
	}
	return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
}

// certificate returns the certificate of the host that a client asks for.
func (w *World) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	asked := strings.ToLower(hello.ServerName)
	w.mu.Lock()
	found := false
	for name := range w.hosts {
		found = found || (&url.URL{Host: name}).Hostname() == asked
	}
	w.mu.Unlock()
	if !found {
		return nil, fmt.Errorf("verifiertest: the World has no host %q", asked)
	}
	return w.ca.forHost(asked)
}
