package verifiertest

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// An Issuer is a local OpenID issuer on TLS. It publishes the key that it signs with
// and the one before.
type Issuer struct {
	URL  string // the issuer, as in "iss"
	JWKS string // the URL of its JWK Set

	tb     testing.TB
	config config
	server *httptest.Server

	mu      sync.Mutex
	made    int       // how many keys there were, to give each an ID of its own
	signers []*Signer // published, the newest last
	broken  func(http.ResponseWriter, *http.Request)
	fetches int
}

// An Option configures [NewIssuer]. A nil one ends the test.
type Option func(*config)

type config struct {
	alg      keys.Algorithm
	audience string
	now      func() time.Time
}

// WithAlgorithm signs with alg. The default is ES256. A secret cannot be published:
// HS256, HS384 and HS512 end the test; use [NewSigner] for them.
func WithAlgorithm(alg keys.Algorithm) Option { return func(c *config) { c.alg = alg } }

// WithAudience puts "aud" into the tokens of [Issuer.Token]. By default they have
// none.
func WithAudience(aud string) Option { return func(c *config) { c.audience = aud } }

// WithClock replaces time.Now in [Issuer.Token]. TLS still uses the real time.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// NewIssuer starts an issuer on a port of 127.0.0.1. It stops when the test ends.
func NewIssuer(tb testing.TB, opts ...Option) *Issuer {
	tb.Helper()
	i := &Issuer{tb: tb, config: config{alg: keys.ES256, now: time.Now}}
	for _, o := range opts {
		if o == nil {
			tb.Fatal("verifiertest: an option is nil")
		}
		o(&i.config)
	}
	switch i.config.alg {
	case keys.HS256, keys.HS384, keys.HS512:
		tb.Fatalf("verifiertest: an issuer cannot publish a secret for %s; use NewSigner", i.config.alg)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("/jwks.json", i.jwks)
	i.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		broken := i.broken
		i.mu.Unlock()
		if broken != nil {
			broken(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(i.server.Close)
	i.URL, i.JWKS = i.server.URL, i.server.URL+"/jwks.json"
	i.Rotate()
	return i
}

// Client returns a client that trusts the certificate of the issuer. Pass it to
// keys.WithHTTPClient.
func (i *Issuer) Client() *http.Client { return i.server.Client() }

// Certificate returns what Client trusts, in PEM. It is for programs that read it
// from a file, such as the one in SSL_CERT_FILE.
func (i *Issuer) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.server.Certificate().Raw})
}

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
	return i.signers[len(i.signers)-1]
}

// Rotate makes a new key, with an ID of its own, and signs with it from now on. The
// new key and the one before are published; older ones are not.
func (i *Issuer) Rotate() {
	i.tb.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.made++
	i.signers = append(i.signers, NewSigner(i.tb, i.config.alg, fmt.Sprintf("key-%d", i.made)))
	i.signers = i.signers[max(0, len(i.signers)-2):]
}

// Break makes mode answer every request, including discovery, until it is called
// again. Break(nil) repairs the issuer. To act like a server that is down, hijack the
// connection and close it, or answer with a 503.
func (i *Issuer) Break(mode func(http.ResponseWriter, *http.Request)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.broken = mode
}

// Fetches returns how often the JWK Set was served. Requests that Break answers do
// not count.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"issuer":                                i.URL,
		"jwks_uri":                              i.JWKS,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []keys.Algorithm{i.config.alg},
	})
}

func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	i.fetches++
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	for _, s := range i.signers {
		set.Keys = append(set.Keys, s.JWK())
	}
	i.mu.Unlock()
	writeJSON(w, set)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
