package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

const (
	audience = "https://api.example"
	items    = "https://api.example/items"
)

var today = time.Unix(1_700_000_000, 0)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// A site is a verifier and a Middleware with a Checker, and one client with a
// key, whose token is bound to it.
type site struct {
	*verifiertest.Signer
	auth  *httpauth.Middleware
	now   time.Time // the time of the Checker
	key   *ecdsa.PrivateKey
	jkt   string
	token string
}

func newSite(tb testing.TB, opts ...dpop.Option) *site {
	tb.Helper()
	s := &site{Signer: verifiertest.NewSigner(tb, keys.HS256, "key-1"), now: today, key: newKey(tb)}
	s.jkt = thumbprint(tb, s.key)
	s.token = s.tokenFor(map[string]any{"jkt": s.jkt})
	s.auth = s.guard(tb, s.checker(tb, opts...))
	return s
}

// guard returns a Middleware for the tokens of s.
func (s *site) guard(tb testing.TB, c *dpop.Checker, opts ...httpauth.Option) *httpauth.Middleware {
	tb.Helper()
	v, err := verifier.New(keys.Static(s.Key()), verifier.WithAudience(audience), verifier.WithPossessionProven(), verifier.WithClock(func() time.Time { return today }))
	if err != nil {
		tb.Fatal(err)
	}
	return httpauth.New(v, append(opts, httpauth.WithProof(c))...)
}

// checker returns a Checker for the host of items.
func (s *site) checker(tb testing.TB, opts ...dpop.Option) *dpop.Checker {
	tb.Helper()
	return s.bare(tb, append([]dpop.Option{dpop.WithHosts("api.example")}, opts...)...)
}

// bare returns a Checker with the clock of s and only these options.
func (s *site) bare(tb testing.TB, opts ...dpop.Option) *dpop.Checker {
	tb.Helper()
	c, err := dpop.New(append([]dpop.Option{dpop.WithClock(func() time.Time { return s.now })}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// tokenFor returns a token bound by cnf, or an unbound one if cnf is nil.
func (s *site) tokenFor(cnf map[string]any) string {
	all := map[string]any{"aud": audience, "sub": "user-1", "exp": today.Add(time.Hour).Unix()}
	if cnf != nil {
		all["cnf"] = cnf
	}
	return s.Sign(all)
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// thumbprint lets go-jose compute the thumbprint.
func thumbprint(tb testing.TB, key crypto.Signer) string {
	tb.Helper()
	sum, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		tb.Fatal(err)
	}
	return b64(sum)
}

// members returns a public or private key as the members of a JWK.
func members(tb testing.TB, key any) map[string]any {
	tb.Helper()
	doc, err := json.Marshal(&jose.JSONWebKey{Key: key})
	if err != nil {
		tb.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(doc, &m); err != nil {
		tb.Fatal(err)
	}
	return m
}

// changed returns m with the changes; nil removes a member.
func changed(m, changes map[string]any) map[string]any {
	m = maps.Clone(m)
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m
}

func (s *site) header(tb testing.TB) map[string]any {
	return map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": members(tb, s.key.Public())}
}

func (s *site) claims(jti string) map[string]any {
	return map[string]any{"jti": jti, "htm": "GET", "htu": items, "iat": s.now.Unix(), "ath": hash(s.token)}
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return b64(sum[:])
}

// sign makes a proof of any header and claims with ES256. It does so by hand: no
// library would make most of the proofs that tests need.
func (s *site) sign(tb testing.TB, header, claims any) string {
	tb.Helper()
	signed := part(tb, header) + "." + part(tb, claims)
	sum := sha256.Sum256([]byte(signed))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	return signed + "." + b64(append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...))
}

// part encodes text as it is, and anything else as JSON.
func part(tb testing.TB, v any) string {
	tb.Helper()
	if text, ok := v.(string); ok {
		return b64([]byte(text))
	}
	doc, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b64(doc)
}

// proof returns a good proof for GET of items, with changes to its claims.
func (s *site) proof(tb testing.TB, jti string, changes map[string]any) string {
	return s.sign(tb, s.header(tb), changed(s.claims(jti), changes))
}

// request returns a GET of items with the token and the proofs.
func (s *site) request(proofs ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, items+"?page=2", nil)
	r.Header.Set("Authorization", "DPoP "+s.token)
	if len(proofs) > 0 {
		r.Header["Dpop"] = proofs
	}
	return r
}

// serve returns the answer of h to r.
func serve(h http.Handler, r *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

var page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	w.Write([]byte("hello " + tok.Subject))
})
