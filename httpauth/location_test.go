package httpauth_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// spots are places where one of the issuers below puts a token, and how.
var spots = map[string]func(h http.Header, token string){
	"Bearer":                  func(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) },
	"JWT":                     func(h http.Header, token string) { h.Set("Authorization", "JWT "+token) },
	"Cf-Access-Jwt-Assertion": func(h http.Header, token string) { h.Set("Cf-Access-Jwt-Assertion", token) },
	"X-Amzn-Oidc-Data":        func(h http.Header, token string) { h.Set("X-Amzn-Oidc-Data", token) },
	assertion:                 func(h http.Header, token string) { h.Set(assertion, token) },
	"CF_Authorization":        func(h http.Header, token string) { h.Add("Cookie", "CF_Authorization="+token) },
	"__session":               func(h http.Header, token string) { h.Add("Cookie", "__session="+token) },
}

func conflict(a, b string) bool {
	return a == b || slices.Contains([]string{"Bearer", "JWT"}, a) && slices.Contains([]string{"Bearer", "JWT"}, b)
}

// located is an issuer and where its tokens are.
type located struct {
	name     string
	location verifier.Location
	listed   []string // of spots
	v        verifier.Verifier
	token    func(sub string) string
}

// newLocated returns the issuers in a world of their own.
func newLocated(t *testing.T) []located {
	w := verifiertest.NewWorld(t)
	soon := func() int64 { return time.Now().Add(time.Hour).Unix() }
	token := func(iss *verifiertest.Issuer) func(string) string {
		return func(sub string) string { return iss.Token(sub, time.Hour) }
	}
	verify := func(src keys.Provider, err error, opts ...verifier.Option) verifier.Verifier {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		v, err := verifier.New(src, append(opts, verifier.WithAnyAudience())...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	remote := func(iss *verifiertest.Issuer) verifier.Verifier {
		t.Helper()
		src, err := keys.NewRemote(iss.JWKS, keys.WithHTTPClient(w.Client()))
		return verify(src, err, verifier.WithIssuer(iss.URL))
	}
	hidden := verifiertest.WithoutDiscovery()

	cloudflare := w.Issuer("https://team.cloudflareaccess.com", hidden, verifiertest.WithAlgorithm(keys.RS256),
		verifiertest.WithJWKSURL("https://team.cloudflareaccess.com/cdn-cgi/access/certs"))
	iap := w.Issuer("https://cloud.google.com/iap", hidden, verifiertest.WithJWKSURL("https://www.gstatic.com/iap/verify/public_key-jwk"))
	clerk := w.Issuer("https://magical-marmoset-51.clerk.accounts.dev")
	discovered, err := keys.NewOIDC(clerk.URL, keys.WithHTTPClient(w.Client()))
	clerkVerifier := verify(discovered, err)
	shopify := verifiertest.NewSigner(t, keys.HS256, "")
	const shop = "https://exampleshop.myshopify.com/admin"
	atlassian := verifiertest.NewSigner(t, keys.HS256, "")
	alb := verifiertest.NewSigner(t, keys.ES256, "0f2a4a5c-1b1d-4c39-9a3c-3f1f3b1b9d11")
	var albTokens []string

	return []located{
		{"Cloudflare Access", verifier.Location{Headers: []string{"Cf-Access-Jwt-Assertion"}, Cookies: []string{"CF_Authorization"}, Repeated: true},
			[]string{"Cf-Access-Jwt-Assertion", "CF_Authorization"}, remote(cloudflare), token(cloudflare)},
		{"Cloudflare Access, not repeated", verifier.Location{Headers: []string{"Cf-Access-Jwt-Assertion"}, Cookies: []string{"CF_Authorization"}},
			[]string{"Cf-Access-Jwt-Assertion", "CF_Authorization"}, remote(cloudflare), token(cloudflare)},
		{"AWS ALB", verifier.Location{Headers: []string{"x-amzn-oidc-data"}, Padded: true}, []string{"X-Amzn-Oidc-Data"},
			verifier.Func(func(_ context.Context, raw string) (*verifier.Token, error) {
				if !slices.Contains(albTokens, raw) {
					return nil, verifier.ErrInvalidToken
				}
				return says(user(t), nil).Verify(t.Context(), raw)
			}),
			func(sub string) string {
				raw := alb.SignPadded(map[string]any{"signer": "arn:aws:elasticloadbalancing:x"}, map[string]any{"sub": sub, "exp": soon()})
				albTokens = append(albTokens, raw)
				return raw
			}},
		{"Google IAP", verifier.Location{Headers: []string{"X-Goog-IAP-JWT-Assertion"}}, []string{assertion}, remote(iap), token(iap)},
		{"Clerk", verifier.Location{Schemes: []string{"Bearer"}, Cookies: []string{"__session"}, Repeated: true},
			[]string{"Bearer", "__session"}, clerkVerifier, token(clerk)},
		{"Shopify", verifier.Location{}, []string{"Bearer"}, verify(keys.Static(shopify.Key()), nil, verifier.WithIssuer(shop)),
			func(sub string) string {
				return shopify.Sign(map[string]any{"iss": shop, "sub": sub, "exp": soon()})
			}},
		{"Atlassian Connect", verifier.Location{Schemes: []string{"JWT"}}, []string{"JWT"}, verify(keys.Static(atlassian.Key()), nil, verifier.WithIssuer("client-key-1")),
			func(sub string) string {
				return atlassian.Sign(map[string]any{"iss": "client-key-1", "sub": sub, "exp": soon()})
			}},
	}
}

// user returns the token of user-1 for verifiers that are not real.
func user(t *testing.T) *verifier.Token {
	t.Helper()
	tok, err := expects(t, "").Verify(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestLocations sends tokens of real issuers to every place, alone and in pairs.
func TestLocations(t *testing.T) {
	for _, test := range newLocated(t) {
		t.Run(test.name, func(t *testing.T) {
			srv := serve(t, httpauth.New(test.v, httpauth.WithLocation(test.location)).Handler(page))
			good, another := test.token("user-1"), test.token("user-2")
			if good == another {
				t.Fatal("both tokens are equal")
			}
			check := func(name string, want int, fields http.Header) {
				t.Helper()
				got := do(t, srv, http.MethodGet, fields)
				if got.Status != want || want == http.StatusOK && got.Body != "hello user-1" {
					t.Errorf("%s: %d %s, want %d", name, got.Status, got.Body, want)
				}
			}
			check("none", http.StatusUnauthorized, nil)
			for spot, put := range spots {
				listed := slices.Contains(test.listed, spot)
				fields, bad := http.Header{}, http.Header{}
				put(fields, good)
				put(bad, good[:len(good)-4]+"AAAA")
				want := http.StatusUnauthorized
				if listed {
					want = http.StatusOK
				}
				check(spot, want, fields)
				check(spot+", bad", http.StatusUnauthorized, bad)
				if !listed {
					continue
				}
				for other, putOther := range spots {
					if conflict(spot, other) {
						continue
					}
					same, two := fields.Clone(), fields.Clone()
					putOther(same, good)
					putOther(two, another)
					wantSame, wantTwo := http.StatusOK, http.StatusOK // a place that is not listed does not matter
					if slices.Contains(test.listed, other) {
						wantTwo = http.StatusBadRequest
						if !test.location.Repeated {
							wantSame = http.StatusBadRequest
						}
					}
					check(spot+" and "+other+", the same", wantSame, same)
					check(spot+" and "+other+", another", wantTwo, two)
				}
			}
		})
	}
}

// TestLocationPadded: padding is accepted in every place, and only where the Location
// says so.
func TestLocationPadded(t *testing.T) {
	const padded = "abc=.de==.f="
	for _, places := range []verifier.Location{
		{}, {Schemes: []string{"JWT"}}, {Headers: []string{assertion}}, {Cookies: []string{"__session"}},
	} {
		fields := http.Header{}
		switch {
		case places.Headers != nil:
			spots[assertion](fields, padded)
		case places.Cookies != nil:
			spots["__session"](fields, padded)
		case places.Schemes != nil:
			spots["JWT"](fields, padded)
		default:
			spots["Bearer"](fields, padded)
		}
		for want, isPadded := range map[int]bool{http.StatusOK: true, http.StatusBadRequest: false} {
			places.Padded = isPadded
			m := httpauth.New(expects(t, padded), httpauth.WithLocation(places))
			if got := do(t, serve(t, m.Handler(page)), http.MethodGet, fields); got.Status != want {
				t.Errorf("%+v: %d, want %d", places, got.Status, want)
			}
		}
	}
}

// TestLocationMistakesPanic: a Location that finds nothing, or finds every token
// twice, and options that hide each other.
func TestLocationMistakesPanic(t *testing.T) {
	s := newSite(t)
	for name, l := range map[string]verifier.Location{
		"an empty scheme":           {Schemes: []string{"Bearer", ""}},
		"a scheme with a space":     {Schemes: []string{"Bearer "}},
		"Basic":                     {Schemes: []string{"Basic"}},
		"DPoP":                      {Schemes: []string{"dpop"}},
		"an empty header":           {Headers: []string{""}},
		"Host":                      {Headers: []string{"host"}},
		"Cookie":                    {Headers: []string{"Cookie"}},
		"an empty cookie":           {Cookies: []string{""}},
		"a scheme twice":            {Schemes: []string{"Bearer", "bearer"}},
		"a header twice":            {Headers: []string{assertion, "x-goog-iap-jwt-assertion"}},
		"a cookie twice":            {Cookies: []string{"a", "b", "a"}},
		"a cookie twice, and again": {Cookies: []string{"a", "a"}, Repeated: true},
	} {
		mustPanic(t, name, "WithLocation", func() { httpauth.WithLocation(l) })
	}
	httpauth.WithLocation(verifier.Location{Cookies: []string{"a", "A"}})

	here, there := httpauth.WithLocation(verifier.Location{}), httpauth.WithExtractor(httpauth.Cookie("session"))
	mustPanic(t, "an extractor first", "New", func() { httpauth.New(s, there, here) })
	mustPanic(t, "an extractor last", "New", func() { httpauth.New(s, here, there) })
	mustPanic(t, "twice", "New", func() { httpauth.New(s, here, here) })
	mustPanic(t, "the scheme of a proof", "New", func() {
		httpauth.New(s, httpauth.WithLocation(verifier.Location{Schemes: []string{"Fake"}}), httpauth.WithProof(fakeScheme{fake{"s", new(int)}}))
	})
}

// TestLocationIsCopied: what the caller does with the lists later changes nothing.
func TestLocationIsCopied(t *testing.T) {
	l := verifier.Location{Cookies: []string{"__session"}}
	option := httpauth.WithLocation(l)
	l.Cookies[0] = "other"
	fields := http.Header{}
	spots["__session"](fields, "a.b.c")
	got := do(t, serve(t, httpauth.New(expects(t, "a.b.c"), option).Handler(page)), http.MethodGet, fields)
	if got.Status != http.StatusOK {
		t.Errorf("%d, want 200", got.Status)
	}
}
