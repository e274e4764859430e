package conformance_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// endpointAttacks have keys fetched from elsewhere, or used for another. Each
// runs against a real server on loopback, whose requests are counted.
var endpointAttacks = []attack{
	{id: "CVE-2026-49998", test: attackSameKeyID},
	{id: "CVE-2025-59936", test: attackPoisonedCache},
	{id: "CVE-2026-49478", test: attackRedirect},
	{id: "CVE-2026-41413", test: attackJWKSURI},
	{id: "CVE-2024-8901", test: attackOtherTenant},
}

// issued returns a token that names an issuer, signed with key.
func issued(iss, kid string, key any) string {
	return token(keys.ES256, kid, `{"sub":"user-123","exp":1700000060,"iss":"`+iss+`"}`, key)
}

func newOIDC(t *testing.T, i *issuer, opts ...keys.Option) *keys.Remote {
	t.Helper()
	r, err := keys.NewOIDC(i.URL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// attackSameKeyID: two issuers publish the same kid, and B signs for A.
func attackSameKeyID(t *testing.T) {
	a := newIssuer(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	b := newIssuer(t, jwks(jwkOf(evilP256(), `"kid":"k"`)))
	srcA, srcB := newOIDC(t, a), newOIDC(t, b)
	routed := verifier.ByIssuer(map[string]verifier.Verifier{a.URL: newVerifier(t, srcA), b.URL: newVerifier(t, srcB)})
	merged := newVerifier(t, keys.Merge(srcA, srcB), verifier.WithCache(10))
	plain := newVerifier(t, keys.Merge(
		keys.ForIssuer(a.URL, newRemote(t, a.URL+"/jwks")), keys.ForIssuer(b.URL, newRemote(t, b.URL+"/jwks"))))
	for range 2 { // the second time from every cache
		for _, v := range []verifier.Verifier{routed, merged, plain} {
			accepts(t, v, issued(a.URL, "k", p256Key()))
			accepts(t, v, issued(b.URL, "k", evilP256()))
		}
		badSignature(t, routed, issued(a.URL, "k", evilP256()))
		for _, v := range []verifier.Verifier{merged, plain} {
			refuses(t, v, issued(a.URL, "k", evilP256()), claims.ErrMismatch, "iss_mismatch")
		}
	}
}

// attackPoisonedCache: the attacker's own issuer fills the cache first.
func attackPoisonedCache(t *testing.T) {
	victim := newIssuer(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	attacker := newIssuer(t, jwks(jwkOf(evilP256(), `"kid":"k"`)))
	v := verifier.ByIssuer(map[string]verifier.Verifier{victim.URL: newVerifier(t, newOIDC(t, victim))})
	refuses(t, v, issued(attacker.URL, "k", evilP256()), claims.ErrMismatch, "iss_mismatch")
	badSignature(t, v, issued(victim.URL, "k", evilP256()))
	accepts(t, v, issued(victim.URL, "k", p256Key()))
	if n := attacker.requests.Load(); n != 0 {
		t.Errorf("the attacker's issuer was asked %d times", n)
	}
	// Nor does the attacker's metadata speak for the victim, or the reverse.
	for _, metadata := range []string{
		`{"issuer":"` + victim.URL + `","jwks_uri":"` + attacker.URL + `/jwks"}`,
		`{"issuer":"` + attacker.URL + `/","jwks_uri":"` + attacker.URL + `/jwks"}`,
		`{"jwks_uri":"` + attacker.URL + `/jwks"}`,
	} {
		attacker.metadata.Store(&metadata)
		v := newVerifier(t, newOIDC(t, attacker))
		refuses(t, v, issued(attacker.URL, "k", evilP256()), verifier.ErrUnavailable, "unavailable")
	}
}

// attackRedirect: neither discovery nor the set is taken from another host.
func attackRedirect(t *testing.T) {
	evil := newIssuer(t, jwks(jwkOf(evilP256(), `"kid":"k"`)))
	for _, to := range []string{evil.URL + "/jwks", evil.URL + "/.well-known/openid-configuration", "http://169.254.169.254/", "file:///etc/passwd", "https://evil.invalid/"} {
		var asked atomic.Int64
		ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(w, r, to, http.StatusFound)
		}))
		t.Cleanup(ours.Close)
		oidc, err := keys.NewOIDC(ours.URL)
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []keys.Provider{newRemote(t, ours.URL), oidc} {
			v := newVerifier(t, src, verifier.WithAnyIssuer())
			refuses(t, v, issued(ours.URL, "k", evilP256()), verifier.ErrUnavailable, "unavailable")
		}
		if n := asked.Load(); n < 2 || n > 3 { // one for the set, one or two for discovery
			t.Errorf("our server was asked %d times", n)
		}
	}
	if n := evil.requests.Load(); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

// attackJWKSURI: discovery may not send us to plain http, a file or a link-local
// service.
func attackJWKSURI(t *testing.T) {
	ours := newIssuer(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	for _, uri := range []string{"http://169.254.169.254/latest", "http://metadata.invalid/", "file:///etc/passwd", "gopher://127.0.0.1/", "", "//127.0.0.1/x", "/jwks"} {
		metadata := fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, ours.URL, uri)
		ours.metadata.Store(&metadata)
		var asked []string
		client := &http.Client{Transport: answers(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String())
			if r.URL.Host == strings.TrimPrefix(ours.URL, "http://") {
				return http.DefaultTransport.RoundTrip(r)
			}
			return nil, errors.New("not to be asked")
		})}
		v := newVerifier(t, newOIDC(t, ours, keys.WithHTTPClient(client)))
		refuses(t, v, issued(ours.URL, "k", p256Key()), verifier.ErrUnavailable, "unavailable")
		for _, url := range asked {
			if !strings.HasPrefix(url, ours.URL+"/.well-known/") {
				t.Errorf("jwks_uri %q: a request to %s", uri, url)
			}
		}
	}
}

// attackOtherTenant: a good signature of the common signer, for another tenant.
func attackOtherTenant(t *testing.T) {
	shared := newPublisher(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	for _, v := range []verifier.Verifier{
		newVerifier(t, newRemote(t, shared.URL), verifier.WithIssuer("https://mine")),
		newVerifier(t, keys.ForIssuer("https://mine", newRemote(t, shared.URL)), verifier.WithAnyIssuer()),
	} {
		accepts(t, v, issued("https://mine", "k", p256Key()))
		refuses(t, v, issued("https://other", "k", p256Key()), claims.ErrMismatch, "iss_mismatch")
		refuses(t, v, token(keys.ES256, "k", good, p256Key()), claims.ErrMissing, "iss_missing")
	}
	refuses(t, newVerifier(t, newRemote(t, shared.URL)), issued("https://other", "k", p256Key()), claims.ErrMismatch, "iss_mismatch")
}
