package verifiertest

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/issuing"
	"github.com/jwtverify/jwtverify/keys"
)

// An Issuer is a local OpenID issuer on TLS. It publishes the key that it signs with
// and the one before. Make one with [NewIssuer] or [World.Issuer].
type Issuer struct {
	URL  string // the issuer, as in "iss"
	JWKS string // the URL of its JWK Set

	tb          testing.TB
	config      config
	client      *http.Client
	certificate []byte // in PEM
	ring        *issuing.Ring

	mu      sync.Mutex
	newest  *Signer // as Signer returned it last, or nil
	broken  func(http.ResponseWriter, *http.Request)
	fetches int
}

// NewIssuer starts an issuer on a port of 127.0.0.1. It stops when the test ends.
func NewIssuer(tb testing.TB, opts ...Option) *Issuer {
	tb.Helper()
	i := newIssuer(tb, new(atomic.Int64), opts)
	if i.config.jwks != "" || i.config.metadata != "" {
		tb.Fatal("verifiertest: NewIssuer chooses its own URLs; for others, use World.Issuer")
	}
	mux := http.NewServeMux()
	if !i.config.undiscovered {
		mux.HandleFunc("/.well-known/openid-configuration", i.discovery)
	}
	mux.Handle("/jwks.json", published{i})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !i.answerBroken(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	tb.Cleanup(server.Close)
	i.URL, i.JWKS, i.client = server.URL, server.URL+"/jwks.json", server.Client()
	i.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return i
}

// newIssuer returns an Issuer with a first key and without URLs.
func newIssuer(tb testing.TB, made *atomic.Int64, opts []Option) *Issuer {
	tb.Helper()
	i := &Issuer{tb: tb, config: config{alg: keys.ES256, now: time.Now}}
	for _, o := range opts {
		if o == nil {
			tb.Fatal("verifiertest: an option is nil")
		}
		o(&i.config)
	}
	var first *issuing.Signer
	if i.config.signer != nil {
		s := i.config.signer(tb)
		if s == nil {
			tb.Fatal("verifiertest: WithSigner: there is no Signer")
		}
		first, i.config.alg = s.signer, s.Key().Algorithm()
	}
	switch i.config.alg {
	case keys.HS256, keys.HS384, keys.HS512:
		tb.Fatalf("verifiertest: an issuer cannot publish a secret for %s; use NewSigner", i.config.alg)
	}
	if _, err := json.Marshal(i.config.members); err != nil {
		tb.Fatalf("verifiertest: WithKeyMember: %v", err)
	}
	ring, err := issuing.NewRing(first, i.config.alg, made, i.config.members)
	if err != nil {
		tb.Fatalf("verifiertest: %v", err)
	}
	i.ring = ring
	return i
}

// Client returns a client that trusts the certificate of the issuer. Pass it to
// keys.WithHTTPClient. For an issuer of a World it is [World.Client].
func (i *Issuer) Client() *http.Client { return i.client }

// Certificate returns what Client trusts, in PEM. It is for programs that read it
// from a file, such as the one in SSL_CERT_FILE.
func (i *Issuer) Certificate() []byte { return slices.Clone(i.certificate) }

// Sign returns a token with exactly these claims, signed with the newest key. They
// need not make sense: "iss" and "exp", for example, are not added.
func (i *Issuer) Sign(claims map[string]any) string {
	i.tb.Helper()
	return i.Signer().Sign(claims)
}

// SignHeader is Sign with other members in the header, as [Signer.SignHeader]
// describes.
func (i *Issuer) SignHeader(header, claims map[string]any) string {
	i.tb.Helper()
	return i.Signer().SignHeader(header, claims)
}

// SignPadded is SignHeader with base64 padding, as [Signer.SignPadded] describes.
func (i *Issuer) SignPadded(header, claims map[string]any) string {
	i.tb.Helper()
	return i.Signer().SignPadded(header, claims)
}

// Token returns a valid token for sub that expires ttl from now. A negative ttl gives
// one that has expired; verifiers forgive 30 seconds. Its claims are iss, sub, iat,
// exp and, with [WithAudience], aud.
func (i *Issuer) Token(sub string, ttl time.Duration) string {
	i.tb.Helper()
	now := i.config.now()
	claims := map[string]any{"iss": i.URL, "sub": sub, "iat": now.Unix(), "exp": now.Add(ttl).Unix()}
	if i.config.audience != "" {
		claims["aud"] = i.config.audience
	}
	return i.Sign(claims)
}

// Signer returns the newest Signer. It keeps its key after a Rotate, so that a test
// can make tokens with a key that is no longer published.
func (i *Issuer) Signer() *Signer {
	i.mu.Lock()
	defer i.mu.Unlock()
	if newest := i.ring.Newest(); i.newest == nil || i.newest.signer != newest {
		i.newest = &Signer{i.tb, newest}
	}
	return i.newest // the same until a Rotate
}

// Rotate makes a new key, with an ID of its own, and signs with it from now on. The
// new key and the one before are published; older ones are not.
func (i *Issuer) Rotate() {
	i.tb.Helper()
	if err := i.ring.Rotate(); err != nil {
		i.tb.Fatalf("verifiertest: %v", err)
	}
}

// Break makes mode answer every request, including discovery, until it is called
// again. Break(nil) repairs the issuer. To act like a server that is down, hijack the
// connection and close it, or answer with a 503.
//
// In a World, mode answers for the metadata and the JWK Set of this issuer, and not
// for the rest of its host. A set that several issuers share is broken while one of
// them is.
func (i *Issuer) Break(mode func(http.ResponseWriter, *http.Request)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.broken = mode
}

// Fetches returns how often the JWK Set was served. Requests that Break answers do
// not count. A set that several issuers share counts for each of them.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	issuing.WriteJSON(w, issuing.Metadata(i.URL, i.JWKS, i.config.alg))
}

// answerBroken reports whether Break has answered r.
func (i *Issuer) answerBroken(w http.ResponseWriter, r *http.Request) bool {
	i.mu.Lock()
	broken := i.broken
	i.mu.Unlock()
	if broken == nil {
		return false
	}
	broken(w, r)
	return true
}

// fetched counts a request for the JWK Set and returns the keys in it.
func (i *Issuer) fetched() []map[string]any {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetches++
	return i.ring.Published()
}

// published are the issuers whose keys are in one JWK Set.
type published []*Issuer

func (p published) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, i := range p {
		if i.answerBroken(w, r) {
			return
		}
	}
	all := []map[string]any{}
	for _, i := range p {
		all = append(all, i.fetched()...)
	}
	issuing.WriteJSON(w, map[string]any{"keys": all})
}
