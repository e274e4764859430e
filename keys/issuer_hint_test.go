package keys_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// of returns the hint of a token that names issuer.
func of(issuer, kid string) keys.Hint {
	return keys.Hint{KeyID: kid, Algorithm: keys.EdDSA, Issuer: issuer}
}

func fitting(t *testing.T, p keys.Provider, h keys.Hint) (fit []*keys.Key) {
	t.Helper()
	for _, k := range mustFind(t, p, h) {
		if h.Fits(k) {
			fit = append(fit, k)
		}
	}
	return fit
}

// TestS02R17OtherIssuerFetchesNothing: a source bound to an issuer answers from memory
// for a token of another one, regardless of its state.
func TestS02R17OtherIssuerFetchesNothing(t *testing.T) {
	const ours, other = "https://keys.example", "https://other.example"
	inBubble(t, func(t *testing.T) {
		site := new(memorySite)
		site.fails(time.Hour, 503)
		client := keys.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == wellKnownOIDC {
				return answered(200, `{"issuer":"`+ours+`","jwks_uri":"`+ours+`/keys"}`), nil
			}
			return site.RoundTrip(r)
		})})
		oidc := newOIDC(t, ours, client)
		all := map[string]keys.Provider{
			"NewOIDC":                oidc,
			"ForIssuer of NewOIDC":   keys.ForIssuer(ours, oidc),
			"Merge of NewOIDC":       keys.Merge(oidc, keys.ForIssuer(ours, newRemote(t, ours+"/keys", client))),
			"ForIssuer of NewRemote": keys.ForIssuer(ours, newRemote(t, ours+"/keys", client)),
			"ForIssuer of your own":  keys.ForIssuer(ours, keys.ProviderFunc(down)),
		}
		check := func(state string, want int) {
			t.Helper()
			before, start := site.fetches.Load(), time.Now()
			for name, p := range all {
				for _, h := range []keys.Hint{of(other, "a"), of(other, "unknown"), of(other, ""), {KeyID: "a", Algorithm: keys.EdDSA, Issuer: other, Retry: true}} {
					ks, err := p.Find(t.Context(), h)
					if err != nil || slices.ContainsFunc(ks, h.Fits) {
						t.Errorf("%s, %s: Find(%v) = %v, %v", name, state, h, ks, err)
					}
					if name == "NewOIDC" && h.KeyID == "a" && len(ks) != want {
						t.Errorf("%s, %s: %d keys in memory, want %d", name, state, len(ks), want)
					}
				}
			}
			synctest.Wait()
			if site.fetches.Load() != before || time.Since(start) > 0 {
				t.Errorf("%s: %d fetches in %v", state, site.fetches.Load()-before, time.Since(start))
			}
		}
		check("cold", 0)
		go oidc.Find(t.Context(), of(ours, "a"))
		synctest.Wait()
		check("cold, with a fetch under way", 0)
		<-time.After(time.Minute)
		site.publishes(0, edSigner(t, "a"))
		for _, p := range all {
			if err := keys.Refresh(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		fetches := site.fetches.Load()
		check("fresh", 1)
		for range 20 { // the budget is not touched
			check("flooded", 1)
		}
		if ks := mustFind(t, oidc, of(ours, "unknown")); len(ks) > 0 || site.fetches.Load() != fetches+1 {
			t.Errorf("an unknown key of its own: %v, %d fetches", ks, site.fetches.Load())
		}
		site.fails(time.Hour, 503)
		<-time.After(9 * time.Minute)
		check("due", 1)
		<-time.After(10 * time.Minute)
		check("stale", 1)
		<-time.After(time.Hour)
		check("too old", 0)
		if _, err := oidc.Find(t.Context(), of(ours, "a")); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("too old, for its own issuer: %v", err)
		}
		if _, err := oidc.Find(t.Context(), of("", "a")); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("too old, for a token without issuer: %v", err)
		}
	})
}

// TestS02SharedKeys: what another issuer publishes does not hide A's keys.
func TestS02SharedKeys(t *testing.T) {
	const a, b = "https://a.example", "https://b.example"
	shared := edSigner(t, "k")
	var four []*keys.Key
	for range 4 {
		four = append(four, edSigner(t, "k").Key())
	}
	var anonymous []*keys.Key
	for range 8 {
		anonymous = append(anonymous, boundKey(t, b, edSigner(t, "")))
	}
	for name, p := range map[string]keys.Provider{
		"both publish it":               keys.Merge(keys.ForIssuer(b, keys.Static(shared.Key())), keys.ForIssuer(a, keys.Static(shared.Key()))),
		"B has four of that ID":         keys.Merge(keys.ForIssuer(b, keys.Static(four...)), keys.ForIssuer(a, keys.Static(shared.Key()))),
		"B has four of that ID, behind": keys.Merge(keys.ForIssuer(a, keys.Static(shared.Key())), keys.ForIssuer(b, keys.Static(four...))),
		"B has many without ID":         keys.Static(append(anonymous, boundKey(t, a, shared))...),
		"B has many without ID, A too":  keys.Static(append(anonymous, boundKey(t, a, verifiertest.NewSigner(t, keys.EdDSA, "")))...),
		"B is down":                     keys.Merge(keys.ForIssuer(b, keys.ProviderFunc(down)), keys.ForIssuer(a, keys.Static(shared.Key()))),
	} {
		for _, h := range []keys.Hint{of(a, "k"), {KeyID: "k", Algorithm: keys.EdDSA, Issuer: a, Retry: true}} {
			if ks := fitting(t, p, h); len(ks) != 1 || ks[0].Issuer() != a {
				t.Errorf("%s: Find(%v) has %v", name, h, ks)
			}
		}
	}
	// Nor does an unknown key of A concern B.
	p := keys.Merge(keys.ForIssuer(b, keys.ProviderFunc(down)), keys.ForIssuer(a, keys.Static(shared.Key())))
	if ks := fitting(t, p, of(a, "unknown")); len(ks) > 0 {
		t.Errorf("an unknown key of A: %v", ks)
	}
	if _, err := p.Find(t.Context(), of(b, "unknown")); !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("an unknown key of B, which is down: %v", err)
	}
}

// boundKey returns the key of s, bound to issuer.
func boundKey(t *testing.T, issuer string, s *verifiertest.Signer) *keys.Key {
	t.Helper()
	return mustFind(t, keys.ForIssuer(issuer, keys.Static(s.Key())), hint(s.Key().ID()))[0]
}

// TestS02MergeAsksOnFit: a key bound to another issuer does not count as found, so the
// source that may have the right key is asked.
func TestS02MergeAsksOnFit(t *testing.T) {
	const a, b = "https://a.example", "https://b.example"
	shared := edSigner(t, "k")
	cold := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return []*keys.Key{shared.Key()}, nil })
	p := keys.Merge(keys.ForIssuer(b, keys.Static(shared.Key())), keys.ForIssuer(a, cold))
	if ks := fitting(t, p, of(a, "k")); len(ks) != 1 || ks[0].Issuer() != a {
		t.Errorf("Find has %v", ks)
	}
}

// TestS02ScopeOfJWK: the "issuer" of a JWK says for whom its key may sign, and
// ForIssuer does not widen that.
func TestS02ScopeOfJWK(t *testing.T) {
	const (
		tenant = "https://login.example/8f6e2b2e-4f5a-4a0e-9b57-1f9d3c1a2b3c/v2.0"
		other  = "https://login.example/9a6e2b2e-4f5a-4a0e-9b57-1f9d3c1a2b3c/v2.0"
	)
	ks := []*keys.Key{
		edSigner(t, "any").Key().Scoped("https://login.example/{tenantid}/v2.0"),
		edSigner(t, "one").Key().Scoped(tenant),
		boundKey(t, tenant, edSigner(t, "bound to one, for another")).Scoped(other),
	}
	got := map[string][]string{}
	for _, issuer := range []string{tenant, other, "https://login.example/evil/v2.0"} {
		for _, id := range []string{"any", "one", "bound to one, for another"} {
			for range fitting(t, keys.ForIssuer(issuer, keys.Static(ks...)), of(issuer, id)) {
				got[issuer] = append(got[issuer], id)
			}
		}
	}
	want := map[string][]string{tenant: {"any", "one"}, other: {"any"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys of an issuer (-want +got)\n%s", diff)
	}
}

func TestBoundTo(t *testing.T) {
	const a, b = "https://a.example", "https://b.example"
	k := keys.Static(edKey(t, "k"))
	own := keys.ProviderFunc(down)
	oidc := newOIDC(t, a)
	for _, test := range []struct {
		name string
		p    keys.Provider
		want []string
	}{
		{"nil", nil, nil},
		{"a nil pointer", (*keys.Remote)(nil), nil},
		{"Static", k, nil},
		{"NewRemote", newRemote(t, a), nil},
		{"NewOIDC", oidc, []string{a}},
		{"ForIssuer", keys.ForIssuer(b, own), []string{b}},
		{"ForIssuer of an empty issuer", keys.ForIssuer("", k), nil},
		{"Merge", keys.Merge(oidc, keys.ForIssuer(b, k), keys.ForIssuer(a, own)), []string{a, b}},
		{"Merge in Merge", keys.Merge(keys.Merge(oidc, keys.ForIssuer(b, k)), oidc), []string{a, b}},
		{"Merge with one that is not bound", keys.Merge(oidc, k), nil},
		{"Merge with one of your own", keys.Merge(oidc, own), nil},
		{"one that embeds it", embedding{oidc}, nil},
	} {
		if diff := cmp.Diff(test.want, keys.BoundTo(test.p)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

// embedding has the methods of a Remote, and its own Find.
type embedding struct{ *keys.Remote }

func (embedding) Find(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil }

// TestMergeAsksWhoEmbeds: a type that embeds one of our providers is asked through
// its own Find, also for keys in memory.
func TestMergeAsksWhoEmbeds(t *testing.T) {
	r := newRemote(t, serve(t, []byte(set(jwksOf(edSigner(t, "a"))...))))
	mustFind(t, r, hint("a"))
	p := keys.Merge(embedding{r}, keys.Static(edKey(t, "b")))
	if ks := mustFind(t, p, hint("a")); len(ks) > 0 {
		t.Errorf("Find = %v, past the Find of the type that embeds", ks)
	}
}
