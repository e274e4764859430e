package keys_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// memoryHas checks what p has in memory for the key k: whether k is there, and
// whether the answer is complete.
func memoryHas(t *testing.T, when string, p keys.Provider, k *keys.Key, has, complete bool) {
	t.Helper()
	ks, all := keys.InMemory(p, keys.Hint{KeyID: k.ID(), Algorithm: k.Algorithm(), Issuer: k.Issuer()})
	if got := slices.ContainsFunc(ks, k.Equal); got != has || all != complete {
		t.Errorf("%s: InMemory has the key: %v, complete: %v; want %v, %v", when, got, all, has, complete)
	}
}

// TestInMemory: what is known of a key without asking anybody.
func TestInMemory(t *testing.T) {
	k, other := edKey(t, "k"), edKey(t, "other")
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, slices.Concat([]byte(`{"keys":[`), other.JWK(), []byte(`]}`)), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := keys.NewFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name          string
		p             keys.Provider
		has, complete bool
	}{
		{"Static with it", keys.Static(other, k), true, true},
		{"Static without it", keys.Static(other), false, true},
		{"Static of nothing", keys.Static(), false, false},
		{"a Set with it", keys.NewSet(k), true, true},
		{"a Set that is empty", keys.NewSet(), false, true},
		{"a nil Set", (*keys.Set)(nil), false, false},
		{"a file without it", file, false, true},
		{"Merge", keys.Merge(keys.Static(other), keys.NewSet(k)), true, true},
		{"Merge without it", keys.Merge(keys.Static(other), keys.NewSet(other)), false, true},
		{"Merge with a provider of one's own", keys.Merge(keys.Static(other), answers(nil)), false, false},
		{"Merge with it and a provider of one's own", keys.Merge(keys.Static(k), answers(nil)), true, false},
		{"ForIssuer of one's own", keys.ForIssuer("https://a", answers(nil, k)), false, false},
		{"one's own", answers(nil, k), false, false},
		{"nil", nil, false, false},
		{"a nil Remote", (*keys.Remote)(nil), false, false},
	} {
		memoryHas(t, test.name, test.p, k, test.has, test.complete)
	}
	bound := keys.ForIssuer("https://a", keys.Static(k))
	ks, err := bound.Find(t.Context(), keys.Hint{KeyID: "k", Algorithm: keys.EdDSA})
	if err != nil || len(ks) != 1 {
		t.Fatal(ks, err)
	}
	memoryHas(t, "ForIssuer", bound, ks[0], true, true)
	memoryHas(t, "ForIssuer, the key without the issuer", bound, k, false, true)
}

// TestInMemoryOfRemote: an outage takes away no key before WithMaxStale, only an
// answer of the endpoint does, and nothing but a refresh that is due is requested.
func TestInMemoryOfRemote(t *testing.T) {
	a, b := verifiertest.NewSigner(t, keys.ES256, "a"), verifiertest.NewSigner(t, keys.ES256, "b")
	clock, site := newClock(), newSite(t, jwks(a, b))
	r, err := keys.NewRemote(site.URL, keys.WithClock(clock.read), keys.WithMaxStale(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string, k *keys.Key, has, complete bool) {
		t.Helper()
		memoryHas(t, when, r, k, has, complete)
	}
	refresh := func() error { return r.Refresh(context.Background()) }
	check("never fetched", a.Key(), false, false)
	if n := site.fetches.Load(); n != 0 {
		t.Errorf("%d fetches", n)
	}
	if err := refresh(); err != nil {
		t.Fatal(err)
	}
	check("fetched", a.Key(), true, true)
	check("another key of that ID", verifiertest.NewSigner(t, keys.ES256, "a").Key(), false, true)
	check("an unknown key", verifiertest.NewSigner(t, keys.ES256, "x").Key(), false, true)
	if n := site.fetches.Load(); n != 1 {
		t.Errorf("%d fetches: an unknown key has cost one", n)
	}
	site.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	clock.advance(30 * time.Minute)
	check("past its freshness", a.Key(), true, false)
	check("past its freshness, an unknown key", verifiertest.NewSigner(t, keys.ES256, "x").Key(), false, false)
	if err := refresh(); !errors.Is(err, keys.ErrUnavailable) {
		t.Fatal(err)
	}
	clock.advance(40*time.Minute - time.Second)
	check("nearly too old", a.Key(), true, false)
	clock.advance(time.Second)
	check("too old", a.Key(), false, false)
	site.answers(jwks(b))
	if err := refresh(); err != nil {
		t.Fatal(err)
	}
	check("removed", a.Key(), false, true)
	check("left", b.Key(), true, true)
}

// TestInMemoryPerID: where each key ID has a fetch of its own, a key that is not in
// memory is not one that was removed.
func TestInMemoryPerID(t *testing.T) {
	a := verifiertest.NewSigner(t, keys.ES256, "a")
	site := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Write(a.JWK())
	})
	r, err := keys.NewPerID(site.URL + "/{kid}")
	if err != nil {
		t.Fatal(err)
	}
	memoryHas(t, "never asked", r, a.Key(), false, false)
	if _, err := r.Find(t.Context(), keys.Hint{KeyID: "a", Algorithm: keys.ES256}); err != nil {
		t.Fatal(err)
	}
	memoryHas(t, "found", r, a.Key(), true, true)
	memoryHas(t, "another ID", r, verifiertest.NewSigner(t, keys.ES256, "b").Key(), false, false)
	if n := site.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}
