package issuers_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A recorder notes the URLs of all requests.
type recorder struct {
	http.RoundTripper
	mu   sync.Mutex
	urls []string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.urls = append(r.urls, req.URL.String())
	r.mu.Unlock()
	return r.RoundTripper.RoundTrip(req)
}

// firstProvider returns the first simulated provider of a preset.
func firstProvider(t *testing.T, preset string) *providers.Provider {
	t.Helper()
	all := providers.All()
	i := slices.IndexFunc(all, func(p *providers.Provider) bool { return p.Preset == preset })
	if i < 0 {
		t.Fatalf("there is no provider for %s", preset)
	}
	return all[i]
}

// TestFacts holds every preset against what is known of its issuer.
func TestFacts(t *testing.T) {
	table := map[string]issuers.Preset{}
	for _, p := range issuers.Presets() {
		table[p.Name] = p
	}
	for _, fact := range providers.Facts(t) {
		preset, ok := table[fact.Preset]
		if !ok {
			t.Errorf("there is no preset %s, or two facts for it", fact.Preset)
			continue
		}
		delete(table, fact.Preset)
		t.Run(fact.Preset, func(t *testing.T) {
			t.Parallel()
			holdAgainst(t, fact, preset)
		})
	}
	for name := range table {
		t.Errorf("there are no facts for preset %s", name)
	}
}

func holdAgainst(t *testing.T, fact providers.Fact, preset issuers.Preset) {
	if len(fact.Source) == 0 || fact.Audience == "" || fact.SignsFor == "" {
		t.Error("the facts lack a source, an audience or whom the issuer signs for")
	}
	w := verifiertest.NewWorld(t)
	p := *firstProvider(t, fact.Preset)
	if fact.Metadata != "" {
		p.Options = append(slices.Clone(p.Options), verifiertest.WithJWKSURL(fact.Keys))
	}
	running := p.Start(t, w)
	seen := &recorder{RoundTripper: w.Client().Transport}
	iss, err := issuers.Open(t.Context(), p.Reference, issuers.WithKeys(keys.WithHTTPClient(&http.Client{Transport: seen})))
	if err != nil {
		t.Fatal(err)
	}
	verify := func(what string, v providers.Variant, want bool) {
		t.Helper()
		switch _, err := iss.Verify(t.Context(), running.Token(t, v)); {
		case want && err != nil:
			t.Errorf("%s: refused: %v", what, err)
		case !want && err == nil:
			t.Errorf("%s: accepted", what)
		case !want && verifier.Classify(err) != verifier.Invalid:
			t.Errorf("%s: %v; want invalid", what, err)
		}
	}
	claim := func(name string, value any) providers.Variant {
		return providers.Variant{Claims: map[string]any{name: value}}
	}
	if fact.Issuer == "" {
		verify("no issuer", claim("iss", nil), true)
	} else {
		verify("the issuer "+fact.Issuer, claim("iss", fact.Issuer), true)
	}

	var urls []string // where the facts say that keys are
	if fact.Metadata != "" {
		urls = append(urls, fact.Metadata)
	}
	if fact.Keys != "" {
		url, perKey := strings.CutSuffix(fact.Keys, "{kid}")
		if perKey {
			url += keys.Statuses(iss.Keys())[0].Keys[0].ID()
		}
		urls = append(urls, url)
	}
	if diff := cmp.Diff(urls, seen.urls); diff != "" {
		t.Errorf("the requests (-facts +preset):\n%s", diff)
	}

	holdAlgorithms(t, fact, preset)
	for _, typ := range fact.Typ {
		verify("typ "+typ, header("typ", typ), true)
	}
	for _, typ := range append(fact.RefusedTyp, "logout+jwt", "dpop+jwt") {
		verify("typ "+typ, header("typ", typ), false)
	}
	at := iss.Location()
	got := [][]string{at.Schemes, at.Headers, at.Cookies}
	if diff := cmp.Diff([][]string{fact.Location.Schemes, fact.Location.Headers, fact.Location.Cookies}, got); diff != "" {
		t.Errorf("the location (-facts +preset):\n%s", diff)
	}
	verify("no exp", claim("exp", nil), false)
	if fact.Subject == "required" {
		verify("no sub", claim("sub", nil), false)
	}
	for _, c := range fact.Claims {
		name := strings.Join(c.Name, " and ")
		other := c.Wrong
		if other == nil {
			other = "of-nobody"
		}
		if c.Absent {
			verify("with "+name, without(&p, c, other), false)
			continue
		}
		verify("without "+name, without(&p, c, nil), c.Optional)
		if !c.Present {
			verify("another "+name, without(&p, c, other), false)
		}
	}
}

// header is a token with another header.
func header(name string, value any) providers.Variant {
	if value == "" {
		value = nil
	}
	return providers.Variant{Header: map[string]any{name: value}}
}

// without is a token of p in which a claim has another value, or none if that is
// nil.
func without(p *providers.Provider, c providers.RequiredClaim, value any) providers.Variant {
	changed := map[string]any{}
	for _, name := range c.Name {
		changed[name] = value
	}
	switch {
	case c.Header:
		return providers.Variant{Header: changed}
	case c.Path != nil:
		return providers.Variant{Claims: map[string]any{c.Path[0]: replaced(p.Claims[c.Path[0]], c.Path[1:], value)}}
	}
	return providers.Variant{Claims: changed}
}

// replaced returns a copy of object in which the member that path leads to is value.
func replaced(object any, path []string, value any) any {
	copied := maps.Clone(object.(map[string]any))
	switch {
	case len(path) > 1:
		copied[path[0]] = replaced(copied[path[0]], path[1:], value)
	case value == nil:
		delete(copied, path[0])
	default:
		copied[path[0]] = value
	}
	return copied
}

// holdAlgorithms compares the algorithms, and tries a token with another one that
// the issuer publishes a key for.
func holdAlgorithms(t *testing.T, fact providers.Fact, preset issuers.Preset) {
	t.Helper()
	var got []string
	for _, alg := range preset.Algorithms {
		if alg != keys.Ed25519 { // another name of EdDSA
			got = append(got, string(alg))
		}
	}
	if preset.Algorithms != nil {
		if diff := cmp.Diff(fact.Algorithms, got); diff != "" {
			t.Errorf("the algorithms (-facts +preset):\n%s", diff)
		}
	}
	if preset.Algorithms == nil || fact.Keys == "" || strings.Contains(fact.Keys, "{kid}") || slices.Contains(got, "ES512") {
		return
	}
	w := verifiertest.NewWorld(t)
	p := *firstProvider(t, fact.Preset)
	if p.Certificates {
		return
	}
	p.Options = append(slices.Clone(p.Options), verifiertest.WithAlgorithm(keys.ES512), verifiertest.WithKeyMember("alg", "ES512"))
	p.Others = nil
	running := p.Start(t, w)
	_, err := open(t, w, p.Reference).Verify(t.Context(), running.Token(t, providers.Variant{}))
	if !errors.Is(err, verifier.ErrAlgorithm) {
		t.Errorf("a token with ES512: %v; want %v", err, verifier.ErrAlgorithm)
	}
}
