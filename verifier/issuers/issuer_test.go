package issuers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestIssuerAtATime: VerifyAt judges as of the time that the caller gives, alone and
// in a list.
func TestIssuerAtATime(t *testing.T) {
	w := verifiertest.NewWorld(t)
	signer := w.Issuer("https://a.example", verifiertest.WithAudience("api"))
	past := time.Now().Add(-24 * time.Hour)
	raw := signer.Sign(map[string]any{"iss": "https://a.example", "aud": "api", "sub": "u", "iat": past.Unix(), "exp": past.Add(time.Hour).Unix()})
	for _, ref := range []string{"oidc:https://a.example?aud=api", "oidc:https://a.example?aud=api,oidc:https://b.example?aud=api"} {
		iss := open(t, w, ref)
		if _, err := iss.VerifyAt(t.Context(), raw, past.Add(time.Minute)); err != nil {
			t.Errorf("%s: as of then: %v", ref, err)
		}
		if _, err := iss.VerifyAt(t.Context(), raw, past.Add(2*time.Hour)); !errors.Is(err, claims.ErrExpired) {
			t.Errorf("%s: as of later: %v; want %v", ref, err, claims.ErrExpired)
		}
		if _, err := iss.VerifyAt(t.Context(), raw, time.Time{}); !errors.Is(err, verifier.ErrNoTime) {
			t.Errorf("%s: as of no time: %v; want %v", ref, err, verifier.ErrNoTime)
		}
		if _, err := iss.Verify(t.Context(), raw); !errors.Is(err, claims.ErrExpired) {
			t.Errorf("%s: as of now: %v; want %v", ref, err, claims.ErrExpired)
		}
	}
}

// TestIssuerExplains: the report is that of the rules of the issuer that the token
// names, and agrees with Verify.
func TestIssuerExplains(t *testing.T) {
	w := verifiertest.NewWorld(t)
	a := w.Issuer("https://a.example", verifiertest.WithAudience("api"))
	stranger := w.Issuer("https://stranger.example", verifiertest.WithAudience("api"))
	for _, ref := range []string{"oidc:https://a.example?aud=api&client=web", "oidc:https://a.example?aud=api&client=web,oidc:https://b.example?aud=api"} {
		iss := open(t, w, ref)
		for name, raw := range map[string]string{
			"another client":     a.Token("u", time.Hour),
			"good":               a.Sign(map[string]any{"iss": "https://a.example", "aud": "api", "sub": "u", "client_id": "web", "exp": time.Now().Add(time.Hour).Unix()}),
			"of a stranger":      stranger.Token("u", time.Hour),
			"not a token":        "rubbish",
			"another's issuer":   stranger.Sign(map[string]any{"iss": "https://a.example", "aud": "api", "sub": "u", "client_id": "web", "exp": time.Now().Add(time.Hour).Unix()}),
			"nothing whatsoever": "",
		} {
			_, err := iss.Verify(t.Context(), raw)
			r := iss.Explain(t.Context(), raw)
			if (r.Err == nil) != (err == nil) || verifier.Classify(r.Err) != verifier.Classify(err) || len(r.Checks) == 0 {
				t.Errorf("%s: %s: Explain says %v, Verify %v", ref, name, r.Err, err)
			}
			if signature := raw[strings.LastIndexByte(raw, '.')+1:]; len(signature) > 20 && strings.Contains(fmt.Sprint(r), signature) {
				t.Errorf("%s: %s: the report has the signature", ref, name)
			}
		}
	}
}

// TestLocation: a single issuer has its own places, and a list those of all.
func TestLocation(t *testing.T) {
	const (
		auth0      = "auth0:a.auth0.com?aud=api"
		apple      = "apple:?client=a"
		iap        = "iap:?aud=/projects/1/apps/a"
		alb        = "alb:eu-west-1?iss=https://idp.example&signer=arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188&client=a"
		cloudflare = "cloudflare:team?aud=4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
	)
	for _, test := range []struct {
		name, ref string
		want      verifier.Location
	}{
		{"usual", auth0, verifier.Location{}},
		{"two of the usual", auth0 + "," + apple, verifier.Location{Schemes: []string{"Bearer"}}},
		{"a proxy alone", iap, verifier.Location{Headers: []string{"X-Goog-Iap-Jwt-Assertion"}}},
		{"padded", alb, verifier.Location{Headers: []string{"X-Amzn-Oidc-Data"}, Padded: true}},
		{"the application's cookie", "firebase-session:p?cookie=__session", verifier.Location{Cookies: []string{"__session"}}},
		{"a proxy and the usual", iap + "," + auth0, verifier.Location{Schemes: []string{"Bearer"}, Headers: []string{"X-Goog-Iap-Jwt-Assertion"}}},
		{"everything", cloudflare + "," + alb + "," + iap + "," + auth0, verifier.Location{
			Schemes: []string{"Bearer"}, Cookies: []string{"CF_Authorization"}, Padded: true, Repeated: true,
			Headers: []string{"Cf-Access-Jwt-Assertion", "X-Amzn-Oidc-Data", "X-Goog-Iap-Jwt-Assertion"}}},
	} {
		iss, err := issuers.Open(t.Context(), test.ref)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, iss.Location()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestNobodyChangesThePresets: what Presets returns belongs to the caller.
func TestNobodyChangesThePresets(t *testing.T) {
	first := issuers.Presets()
	for i := range first {
		for _, list := range [][]string{first[i].Needs, first[i].Location.Headers, first[i].Location.Schemes, first[i].Location.Cookies} {
			for j := range list {
				list[j] = "changed"
			}
		}
		for j := range first[i].Algorithms {
			first[i].Algorithms[j] = "none"
		}
	}
	iss, err := issuers.Open(t.Context(), "iap:?aud=/projects/1/apps/a")
	if err != nil {
		t.Fatal(err)
	}
	at := iss.Location()
	if at.Headers[0] != "X-Goog-Iap-Jwt-Assertion" {
		t.Errorf("a caller of Presets changed a location to %q", at.Headers)
	}
	at.Headers[0] = "changed"
	if got := iss.Location().Headers[0]; got == "changed" {
		t.Error("a caller of Location changed it")
	}
	for _, p := range issuers.Presets() {
		if strings.Contains(fmt.Sprint(p), "changed") {
			t.Errorf("%s was changed", p.Name)
		}
	}
}

// TestPrintingAnIssuer: no verb and no logger prints what a reference holds.
func TestPrintingAnIssuer(t *testing.T) {
	t.Setenv("SHOPIFY_SECRET", "shpss_0123456789abcdef0123456789abcdef")
	iss, err := issuers.Open(t.Context(), "shopify:?key="+marker+"&secret=env:SHOPIFY_SECRET,oidc:https://a.example?aud="+marker)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		fmt.Fprintf(&out, verb+verb, iss, *iss)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "issuer", iss, "value", *iss)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "issuer", iss, "value", *iss)
	if s := out.String(); strings.Contains(s, "M4RKER") || strings.Contains(s, "shpss") || strings.Contains(s, "a.example") {
		t.Errorf("printed %s", s)
	}
}

// TestZeroIssuer: nil and the zero value cannot decide, and do not panic.
func TestZeroIssuer(t *testing.T) {
	for name, iss := range map[string]*issuers.Issuer{"nil": nil, "zero": {}} {
		_, err := iss.Verify(t.Context(), "a.b.c")
		_, errAt := iss.VerifyAt(t.Context(), "a.b.c", time.Now())
		for of, err := range map[string]error{"Verify": err, "VerifyAt": errAt, "Explain": iss.Explain(t.Context(), "a.b.c").Err, "Replace": iss.Replace(t.Context(), "apple:?client=a"), "Refresh": keys.Refresh(t.Context(), iss.Keys())} {
			if !errors.Is(err, verifier.ErrUnavailable) && !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("%s: %s: %v; want unavailable", name, of, err)
			}
		}
		if iss.Names() != nil || len(iss.Location().Headers) != 0 {
			t.Errorf("%s: it has names or a location", name)
		}
	}
}

// TestNilOptions: nil and typed nil are mistakes, all reported in one error.
func TestNilOptions(t *testing.T) {
	var client *http.Client
	for name, opt := range map[string]issuers.Option{
		"nil":                    nil,
		"nil logger":             issuers.WithLogger(nil),
		"nil clock":              issuers.WithClock(nil),
		"nil option of keys":     issuers.WithKeys(nil),
		"nil client":             issuers.WithKeys(keys.WithHTTPClient(client)),
		"nil verifier option":    issuers.WithVerifier(nil),
		"nil validator":          issuers.WithVerifier(verifier.WithClaims(claims.ValidatorFunc(nil))),
		"a contradiction":        issuers.WithVerifier(verifier.WithAnyIssuer()),
		"no algorithm in common": issuers.WithVerifier(verifier.WithAlgorithms(keys.HS256)),
	} {
		iss, err := issuers.Open(t.Context(), "oidc:https://a.example?aud=api&alg=RS256", opt)
		if err == nil || iss != nil {
			t.Errorf("%s: Open = %v, %v; want an error", name, iss, err)
			continue
		}
		oneLine(t, err)
	}
	_, err := issuers.Open(t.Context(), "apple:?client=a", nil, issuers.WithLogger(nil), issuers.WithClock(nil))
	for _, want := range []string{"an option is nil", "the logger is nil", "the clock is nil"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q too", err, want)
		}
	}
}

// TestSameTokenInSeveralLists: an API that takes two kinds of tokens of one issuer
// has a list for each, and neither accepts what the other does.
func TestSameTokenInSeveralLists(t *testing.T) {
	w := verifiertest.NewWorld(t)
	signer := w.Issuer("https://accounts.google.com", verifiertest.WithAlgorithm(keys.RS256), verifiertest.WithJWKSURL("https://www.googleapis.com/oauth2/v3/certs"), verifiertest.WithoutDiscovery())
	people, machines := open(t, w, "google:?client=app"), open(t, w, "google-sa:?aud=https://api.example&email=web@p.iam.gserviceaccount.com")
	person := signer.Sign(map[string]any{"iss": "https://accounts.google.com", "sub": "1", "aud": "app", "azp": "app", "exp": time.Now().Add(time.Hour).Unix()})
	machine := signer.Sign(map[string]any{"iss": "https://accounts.google.com", "sub": "2", "aud": "https://api.example", "azp": "2", "email": "web@p.iam.gserviceaccount.com", "email_verified": true, "exp": time.Now().Add(time.Hour).Unix()})
	for _, test := range []struct {
		v    verifier.Verifier
		raw  string
		want bool
	}{{people, person, true}, {people, machine, false}, {machines, machine, true}, {machines, person, false}} {
		if _, err := test.v.Verify(t.Context(), test.raw); (err == nil) != test.want {
			t.Errorf("%v; want accepted %v", err, test.want)
		}
	}
}

// TestStrangersCostNothing: a token of an issuer that is not in the list, and one
// that names none, make no request.
func TestStrangersCostNothing(t *testing.T) {
	w := verifiertest.NewWorld(t)
	a := w.Issuer("https://a.example", verifiertest.WithAudience("api"))
	stranger := w.Issuer("https://stranger.example", verifiertest.WithAudience("api"))
	iss := open(t, w, "oidc:https://a.example?aud=api,spiffe:example.org?bundle=https://spire.example/b&aud=api")
	for range 10 {
		for _, claims := range []map[string]any{{"iss": "https://stranger.example"}, {}, {"iss": "https://a.example/"}, {"sub": "spiffe://example.com/x"}} {
			if _, err := iss.Verify(t.Context(), stranger.Sign(claims)); !errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("%v; want invalid", err)
			}
		}
	}
	if a.Fetches() != 0 || stranger.Fetches() != 0 || w.Requests("a.example") != 0 {
		t.Error("a stranger's token triggered a request")
	}
}

// TestOneDownOthersServe: an issuer that is down makes only its own tokens undecided.
func TestOneDownOthersServe(t *testing.T) {
	w := verifiertest.NewWorld(t)
	a, b := w.Issuer("https://a.example", verifiertest.WithAudience("api")), w.Issuer("https://b.example", verifiertest.WithAudience("api"))
	a.Break(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) })
	iss := open(t, w, "oidc:https://a.example?aud=api,oidc:https://b.example?aud=api")
	if _, err := iss.Verify(t.Context(), a.Token("u", time.Hour)); !errors.Is(err, verifier.ErrUnavailable) || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("of the one that is down: %v; want unavailable", err)
	}
	if _, err := iss.Verify(t.Context(), b.Token("u", time.Hour)); err != nil {
		t.Errorf("of the other: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := keys.Run(ctx, iss.Keys()); err != nil {
		t.Errorf("Run with a context that has ended: %v", err)
	}
}
