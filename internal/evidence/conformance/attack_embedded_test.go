package conformance_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// embeddedAttacks bring the key along, or say where to fetch it.
var embeddedAttacks = []attack{
	{id: "CVE-2018-0114", test: attackEmbeddedJWK},
	{id: "CVE-2026-27962", test: attackNoKeyButEmbedded},
	{id: "CVE-2025-24976", test: attackEmbeddedChain},
	{id: "CVE-2020-10770 class; jku/x5u SSRF", test: attackKeyURL},
	{id: "CVE-2026-32301", test: attackClaimInURL},
	{id: "CVE-2025-65945", test: attackHintHoldsNoClaims},
}

// evilHeaders name our key ID and bring the attacker's key.
func evilHeaders(t *testing.T) map[string]string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "evil"}, NotAfter: now.Add(time.Hour)}
	cert := must(x509.CreateCertificate(rand.Reader, template, template, evilP256().Public(), evilP256()))
	x5c := string(must(json.Marshal([]string{base64.StdEncoding.EncodeToString(cert)})))
	jwk := jwkOf(evilP256(), `"kid":"k"`)
	return map[string]string{
		"jwk":              `{"alg":"ES256","kid":"k","jwk":` + jwk + `}`,
		"jwk without kid":  `{"alg":"ES256","jwk":` + jwk + `}`,
		"jwk with x5c":     `{"alg":"ES256","kid":"k","jwk":` + jwkOf(evilP256(), `"x5c":`+x5c) + `}`,
		"x5c":              `{"alg":"ES256","kid":"k","x5c":` + x5c + `}`,
		"x5c, no kid":      `{"alg":"ES256","x5c":` + x5c + `}`,
		"jwk that is ours": `{"alg":"ES256","kid":"k","jwk":` + jwkOf(p256Key(), "") + `}`,
	}
}

func attackEmbeddedJWK(t *testing.T) {
	for _, src := range bothReadings(t, jwkOf(p256Key(), `"kid":"k"`)) {
		v := newVerifier(t, src)
		for _, header := range evilHeaders(t) {
			badSignature(t, v, mint(keys.ES256, header, good, evilP256()))
			accepts(t, v, mint(keys.ES256, header, good, p256Key())) // it is ignored, not used
		}
	}
}

func attackNoKeyButEmbedded(t *testing.T) {
	if v, err := verifier.New(nil); v != nil || err == nil {
		t.Errorf("New(nil) = %v, %v", v, err)
	}
	for _, src := range []keys.Provider{found(), found(nil)} {
		v := newVerifier(t, src)
		for _, header := range evilHeaders(t) {
			unknownKey(t, v, mint(keys.ES256, header, good, evilP256()))
		}
	}
	for _, src := range []keys.Provider{keys.Static(), keys.NewSet(), keys.Merge()} { // undecided without any key
		v := newVerifier(t, src)
		for _, header := range evilHeaders(t) {
			refuses(t, v, mint(keys.ES256, header, good, evilP256()), verifier.ErrUnavailable, "unavailable")
		}
	}
}

func attackEmbeddedChain(t *testing.T) {
	ours := public(t, keys.ES256, "", p256Key())
	v := newVerifier(t, keys.Static(ours))
	for _, header := range evilHeaders(t) {
		badSignature(t, v, mint(keys.ES256, header, good, evilP256()))
	}
}

// attackKeyURL counts every connection that is opened: one, to our own
// endpoint, regardless of what the tokens say.
func attackKeyURL(t *testing.T) {
	evil := newPublisher(t, jwks(jwkOf(evilP256(), `"kid":"k"`)))
	ours := newPublisher(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	var mu sync.Mutex
	var dialed []string
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		mu.Lock()
		dialed = append(dialed, addr)
		mu.Unlock()
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}}
	t.Cleanup(client.CloseIdleConnections)
	v := newVerifier(t, newRemote(t, ours.URL, keys.WithHTTPClient(client)))
	host := strings.TrimPrefix(evil.URL, "http://")
	for _, url := range []string{
		evil.URL, evil.URL + "/jwks.json", "https://" + host, "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "gopher://" + host,
		ours.URL + "@" + host, "http://127.0.0.1@" + host + "/", ours.URL + "/redirect?to=" + evil.URL, "//" + host, "data:application/json,{}", "",
	} {
		quoted := string(must(json.Marshal(url)))
		for _, member := range []string{`"jku":`, `"x5u":`, `"kid":"k","jku":`, `"kid":"k","x5u":`, `"jwk":{"kty":"EC"},"jku":`} {
			header := `{"alg":"ES256",` + member + quoted + `}`
			badSignature(t, v, mint(keys.ES256, header, good, evilP256()))
			accepts(t, v, mint(keys.ES256, header, good, p256Key()))
		}
		refuses(t, v, mint(keys.ES256, `{"alg":"ES256","kid":`+quoted+`}`, good, evilP256()), verifier.ErrInvalidToken, kidReason(url))
	}
	if evil.requests.Load() != 0 {
		t.Errorf("the attacker's server was asked %d times", evil.requests.Load())
	}
	for _, addr := range dialed {
		if "http://"+addr != ours.URL {
			t.Errorf("a connection to %s", addr)
		}
	}
	// The first fetch, one probe of the key that did not verify, and the burst.
	if n := ours.requests.Load(); n < 1 || n > 4 {
		t.Errorf("our endpoint was asked %d times, want 1 to 4", n)
	}
}

// kidReason: an empty kid is as none, and the key of the set is tried.
func kidReason(kid string) string {
	if kid == "" {
		return "signature"
	}
	return "unknown_key"
}

// attackClaimInURL: what a token says never becomes a part of a URL.
func attackClaimInURL(t *testing.T) {
	var mu sync.Mutex
	paths := map[string]int{}
	issuer := newIssuer(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	inner := issuer.Config.Handler
	issuer.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths[r.Host+r.URL.String()]++
		mu.Unlock()
		inner.ServeHTTP(w, r)
	})
	src, err := keys.NewOIDC(issuer.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, src)
	byIssuer := verifier.ByIssuer(map[string]verifier.Verifier{issuer.URL: v})
	says := func(iss string) string {
		doc := must(json.Marshal(map[string]any{"sub": "a", "exp": now.Unix() + 60, "iss": iss, "tenant": iss}))
		return token(keys.ES256, "k", string(doc), p256Key())
	}
	for _, iss := range []string{
		"@127.0.0.1", "../../x", "%2e%2e", "..%2f..%2fx", issuer.URL + "@127.0.0.1", issuer.URL + "/../x", issuer.URL + "#", issuer.URL + "?x", issuer.URL + "/",
	} {
		refuses(t, byIssuer, says(iss), claims.ErrMismatch, "iss_mismatch")
	}
	if len(paths) > 0 {
		t.Errorf("requests for tokens of no known issuer: %v", paths)
	}
	refuses(t, v, says("@127.0.0.1"), claims.ErrMismatch, "iss_mismatch")
	accepts(t, byIssuer, says(issuer.URL))
	host := strings.TrimPrefix(issuer.URL, "http://")
	want := map[string]int{host + "/.well-known/openid-configuration": 1, host + "/jwks": 1}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("requests (-want +got)\n%s", diff)
	}
}

// attackHintHoldsNoClaims: a provider gets kid, alg and iss, and nothing else of the
// token, whatever it holds.
func attackHintHoldsNoClaims(t *testing.T) {
	var hints []keys.Hint
	v := newVerifier(t, keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		hints = append(hints, h)
		return []*keys.Key{secretKey(t, keys.HS256, "k", secret)}, nil
	}))
	header := `{"alg":"HS256","kid":"k","secret":"` + b64("attacker") + `","jwk":{"kty":"oct","k":"` + b64("attacker") + `"}}`
	badSignature(t, v, mint(keys.HS256, header, `{"sub":"a","exp":1700000060,"secret":"attacker"}`, []byte("attacker")))
	want := []keys.Hint{{KeyID: "k", Algorithm: keys.HS256}, {KeyID: "k", Algorithm: keys.HS256, Retry: true}}
	if diff := cmp.Diff(want, hints); diff != "" {
		t.Errorf("the provider got (-want +got)\n%s", diff)
	}
}
