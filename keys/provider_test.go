package keys_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/keystest"
)

// publish returns the JWK Set of ks, which must be public keys.
func publish(t *testing.T, ks ...*keys.Key) []byte {
	t.Helper()
	doc, err := json.Marshal(map[string]any{"keys": ks})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// serve publishes a document on loopback.
func serve(t *testing.T, doc []byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(doc) }))
	t.Cleanup(server.Close)
	return server.URL
}

// TestContract runs the conformance suite over every provider.
func TestContract(t *testing.T) {
	providers := map[string]keystest.New{
		"Static": func(_ *testing.T, ks ...*keys.Key) keys.Provider { return keys.Static(ks...) },
		"Set":    func(_ *testing.T, ks ...*keys.Key) keys.Provider { return keys.NewSet(ks...) },
		"ProviderFunc that gives all it has": func(_ *testing.T, ks ...*keys.Key) keys.Provider {
			return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return ks, nil })
		},
		"Merge": func(_ *testing.T, ks ...*keys.Key) keys.Provider {
			var each []keys.Provider
			for _, k := range ks {
				each = append(each, keys.Static(k))
			}
			return keys.Merge(each...)
		},
		"Merge of remotes": func(t *testing.T, ks ...*keys.Key) keys.Provider {
			var each []keys.Provider
			for _, k := range ks {
				each = append(each, newRemote(t, serve(t, publish(t, k))))
			}
			p := keys.Merge(each...)
			if len(ks) > 0 { // when cold, it would stop at the first that has a key
				if err := keys.Refresh(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
			return p
		},
		"ForIssuer": func(_ *testing.T, ks ...*keys.Key) keys.Provider {
			return keys.ForIssuer("https://issuer.example", keys.Static(ks...))
		},
		"Remote": func(t *testing.T, ks ...*keys.Key) keys.Provider { return newRemote(t, serve(t, publish(t, ks...))) },
		"File": func(t *testing.T, ks ...*keys.Key) keys.Provider {
			if len(ks) == 0 {
				return keys.Static() // NewFile refuses a file without a key
			}
			path := filepath.Join(t.TempDir(), "keys.json")
			if err := os.WriteFile(path, publish(t, ks...), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := keys.NewFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return f
		},
		"Mux": func(t *testing.T, ks ...*keys.Key) keys.Provider {
			p, err := keys.Open(t.Context(), serve(t, publish(t, ks...)))
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
	}
	for name, newProvider := range providers {
		t.Run(name, func(t *testing.T) { keystest.Run(t, newProvider) })
	}
}

func newRemote(t *testing.T, url string, opts ...keys.Option) *keys.Remote {
	t.Helper()
	r, err := keys.NewRemote(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func down(context.Context, keys.Hint) ([]*keys.Key, error) {
	return nil, fmt.Errorf("%w: %w", keys.ErrUnavailable, errDown)
}

func TestMergeOneDownDoesNotHideAnother(t *testing.T) {
	a := newSecret(t, "a", keys.HS256)
	blocked := keys.ProviderFunc(func(ctx context.Context, _ keys.Hint) ([]*keys.Key, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("%w: %w", keys.ErrUnavailable, ctx.Err())
	})
	panics := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { panic("boom") })
	slow := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return []*keys.Key{a}, nil })
	known, unknown := keys.Hint{KeyID: "a", Algorithm: keys.HS256}, keys.Hint{KeyID: "b", Algorithm: keys.HS256}

	for name, other := range map[string]keys.Provider{"down": keys.ProviderFunc(down), "hanging": blocked, "panicking": panics} {
		for _, p := range []keys.Provider{
			keys.Merge(other, keys.Static(a)),
			keys.Merge(keys.Static(a), other),
			keys.Merge(other, nil, slow),
			keys.Merge(slow, other),
			keys.Merge(other, keys.Merge(slow, other)),
		} {
			if ks, err := p.Find(t.Context(), known); err != nil || len(ks) != 1 || ks[0] != a {
				t.Errorf("one %s: Find = %v, %v", name, ks, err)
			}
		}
	}
	for _, other := range []keys.Provider{keys.ProviderFunc(down), panics} {
		p := keys.Merge(keys.Static(a), other)
		if ks, err := p.Find(t.Context(), unknown); !errors.Is(err, keys.ErrUnavailable) || ks != nil {
			t.Errorf("a key that none has while one is down: Find = %v, %v", ks, err)
		}
		again := known
		again.Retry = true
		if ks, err := p.Find(t.Context(), again); !errors.Is(err, keys.ErrUnavailable) || ks != nil {
			t.Errorf("keys that did not verify while one is down: Find = %v, %v", ks, err)
		}
	}
}

func TestMergeUnites(t *testing.T) {
	a1, a2 := newSecret(t, "a", keys.HS256), newSecret(t, "a", keys.HS512)
	anonymous := newSecret(t, "", keys.HS256)
	other, err := keys.NewSecret("a", keys.HS256, append([]byte("other"), secret...))
	if err != nil {
		t.Fatal(err)
	}
	p := keys.Merge(keys.Static(a1, a2), keys.Static(anonymous), keys.NewSet(other))
	h := keys.Hint{KeyID: "a", Algorithm: keys.HS256}
	for _, h := range []keys.Hint{h, {KeyID: "a", Algorithm: keys.HS256, Retry: true}} {
		n := 0
		for _, k := range mustFind(t, p, h) {
			if h.Fits(k) {
				n++
			}
		}
		if n != 3 {
			t.Errorf("Find(%+v) has %d keys that fit, want 3", h, n)
		}
	}
}

func TestForIssuer(t *testing.T) {
	a, b := newSecret(t, "a", keys.HS256), newSecret(t, "b", keys.HS256)
	p := keys.ForIssuer("https://one", keys.Static(a, b))
	for _, h := range []keys.Hint{{KeyID: "a", Algorithm: keys.HS256}, {Algorithm: keys.HS256}} {
		for _, k := range mustFind(t, p, h) {
			if k.Issuer() != "https://one" {
				t.Errorf("Find(%+v) has %v, bound to %q", h, k, k.Issuer())
			}
		}
	}
	if a.Issuer() != "" {
		t.Error("the key itself was bound")
	}
	h := keys.Hint{KeyID: "a", Algorithm: keys.HS256}
	if ks := mustFind(t, keys.ForIssuer("https://two", p), h); len(ks) > 0 {
		t.Errorf("keys of one issuer were bound to another: %v", ks)
	}
	if ks := mustFind(t, keys.ForIssuer("https://one", p), h); len(ks) != 1 {
		t.Errorf("bound twice to the same issuer: %v", ks)
	}
	two := keys.ForIssuer("https://two", keys.Static(a))
	if one, other := mustFind(t, p, h)[0], mustFind(t, two, h)[0]; one.Issuer() != "https://one" || other.Issuer() != "https://two" {
		t.Error("one key cannot be bound to two issuers in two providers")
	}
	empty := keys.ForIssuer("", keys.Static(a))
	if ks, err := empty.Find(t.Context(), h); ks != nil || err == nil {
		t.Errorf("an empty issuer: Find = %v, %v", ks, err)
	}
	if err := keys.Refresh(t.Context(), empty); err == nil {
		t.Error("an empty issuer: Refresh says nothing")
	}
	if ks, err := keys.Merge(empty, keys.Static(b)).Find(t.Context(), h); ks != nil || err == nil {
		t.Errorf("an empty issuer in a Merge: Find = %v, %v", ks, err)
	}
	if _, err := keys.ForIssuer("https://one", keys.ProviderFunc(down)).Find(t.Context(), h); !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("a provider that is down: %v", err)
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	a, b := newSecret(t, "a", keys.HS256), newSecret(t, "b", keys.HS512)
	h := keys.Hint{KeyID: "a", Algorithm: keys.HS256}
	remote := newRemote(t, serve(t, publish(t, edKey(t, "a"))))
	if err := remote.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]keys.Provider{
		"Static":    keys.Static(a, b),
		"Set":       keys.NewSet(a, b),
		"Merge":     keys.Merge(keys.Static(b), keys.Static(a)),
		"ForIssuer": keys.ForIssuer("https://one", keys.Static(a, b)),
		"Remote":    remote,
		"all":       keys.Merge(keys.ForIssuer("https://one", keys.NewSet(b)), keys.ForIssuer("https://two", keys.NewSet(a))),
	} {
		mustFind(t, p, h)
		if n := testing.AllocsPerRun(100, func() { p.Find(t.Context(), h) }); n != 0 {
			t.Errorf("%s: %v allocations per lookup", name, n)
		}
	}
}
