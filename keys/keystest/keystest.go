// Package keystest checks that a [keys.Provider] keeps the contract that a
// verifier relies on:
//
//	func TestVault(t *testing.T) {
//		keystest.RunSource(t, func(t *testing.T, ks ...*keys.Key) (keys.Provider, func(down bool)) {
//			server := newFakeVault(t, ks) // that publishes the JWK of each
//			return NewVault(server.URL), server.SetDown
//		})
//	}
//
// [Run] is for providers that have all their keys at hand; [RunSource] also
// takes the source down, since an outage must never look like "no such key".
//
// # Errors
//
// Every breach is an error of the test, and says which sentence is broken. A
// provider that panics is reported and does not end the tests.
//
// # Concurrency
//
// The suite calls a provider from many goroutines: run it with -race.
//
// # Security
//
// The suite shows that a provider finds what it should. It cannot show that a
// source is to be trusted.
package keystest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// A New returns a provider of exactly ks. The keys are public ones for ES256
// and EdDSA; some have the same ID, or none. A fake server can publish what
// [keys.Key.JWK] gives.
type New func(t *testing.T, ks ...*keys.Key) keys.Provider

// Run runs the suite.
func Run(t *testing.T, newProvider New) {
	s := newSample(t)
	for _, test := range s.lookups() {
		t.Run(test.name, func(t *testing.T) {
			p := newProvider(t, s.all...)
			for range 2 { // the second time from memory
				found, err := find(t.Context(), t, p, test.hint)
				if err != nil {
					t.Fatalf("Find(%+v): %v; a provider that has looked returns no error", test.hint, err)
				}
				if got := fitting(found, test.hint); !sameKeys(got, test.want) {
					t.Errorf("Find(%+v) = %v; want %v", test.hint, got, test.want)
				}
			}
		})
	}
	t.Run("no keys", func(t *testing.T) { testEmpty(t, newProvider(t)) })
	t.Run("the slice is not changed", func(t *testing.T) { testShared(t, newProvider(t, s.all...), s.first, s.second) })
	t.Run("a context that has ended", func(t *testing.T) { testEnded(t, newProvider(t, s.all...), s.second) })
	t.Run("the issuer narrows", func(t *testing.T) { testIssuer(t, newProvider(t, s.all...), s.second) })
	t.Run("many goroutines", func(t *testing.T) { testConcurrent(t, newProvider(t, s.all...), s.second) })
}

// A sample is what a provider is made of.
type sample struct {
	first, second   *keys.Key
	same, anonymous *keys.Key // with the ID of first and another algorithm; without ID
	all             []*keys.Key
}

func newSample(t *testing.T) *sample {
	t.Helper()
	s := &sample{first: ecKey(t, "one"), second: ecKey(t, "two"), same: edKey(t, "one"), anonymous: edKey(t, "")}
	s.all = []*keys.Key{s.first, s.second, s.same, s.anonymous}
	return s
}

// A lookup is a hint and the keys that must be found; no others may fit.
type lookup struct {
	name string
	hint keys.Hint
	want []*keys.Key
}

func (s *sample) lookups() []lookup {
	return []lookup{
		{"by ID", keys.Hint{KeyID: "two", Algorithm: keys.ES256}, []*keys.Key{s.second}},
		{"by ID and algorithm", keys.Hint{KeyID: "one", Algorithm: keys.ES256}, []*keys.Key{s.first}},
		{"a key without ID fits any", keys.Hint{KeyID: "one", Algorithm: keys.EdDSA}, []*keys.Key{s.same, s.anonymous}},
		{"a token without ID fits any key", keys.Hint{Algorithm: keys.ES256}, []*keys.Key{s.first, s.second}},
		{"unknown ID", keys.Hint{KeyID: "three", Algorithm: keys.ES256}, nil},
		{"looked up again", keys.Hint{KeyID: "two", Algorithm: keys.ES256, Retry: true}, []*keys.Key{s.second}},
		{"unknown algorithm", keys.Hint{KeyID: "two", Algorithm: "none"}, nil},
	}
}

// find asks p, and reports what no answer may be: a panic, keys together with
// an error, an error that does not say that p could not look.
func find(ctx context.Context, t *testing.T, p keys.Provider, h keys.Hint) (found []*keys.Key, err error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("Find(%+v) panicked: %v", h, r)
			found, err = nil, fmt.Errorf("%w: it panicked", keys.ErrUnavailable)
		}
	}()
	found, err = p.Find(ctx, h)
	if err != nil && len(found) > 0 {
		t.Errorf("Find(%+v) = %v, %v; keys must not come with an error", h, found, err)
	}
	if err != nil && !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("Find(%+v): the error %v does not wrap keys.ErrUnavailable", h, err)
	}
	return found, err
}

// testEmpty: a source without keys either has looked and has none, or takes
// that for a failure, and says so.
func testEmpty(t *testing.T, p keys.Provider) {
	found, _ := find(t.Context(), t, p, keys.Hint{KeyID: "one", Algorithm: keys.ES256})
	if len(found) > 0 {
		t.Errorf("found %v, where there is no key", found)
	}
}

// testShared: what one lookup returned stays as it is, whatever others do.
func testShared(t *testing.T, p keys.Provider, first, second *keys.Key) {
	found, err := find(t.Context(), t, p, hint(first))
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(found)
	if _, err := find(t.Context(), t, p, hint(second)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, found) {
		t.Error("a later Find has changed the slice that an earlier one returned")
	}
}

// testEnded: a context that has ended is no reason to say that there is no key.
func testEnded(t *testing.T, p keys.Provider, k *keys.Key) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := find(ctx, t, p, hint(k))
	if err == nil && !sameKeys(fitting(found, hint(k)), []*keys.Key{k}) {
		t.Error("no key and no error: it must say that it could not look")
	}
}

// testIssuer: the issuer of a token leaves out keys bound to another one, and
// nothing else.
func testIssuer(t *testing.T, p keys.Provider, k *keys.Key) {
	found, err := find(t.Context(), t, p, hint(k))
	if fit := fitting(found, hint(k)); err != nil || len(fit) != 1 {
		t.Fatalf("Find(%+v) = %v, %v", hint(k), fit, err)
	}
	bound := fitting(found, hint(k))[0].Issuer()
	for _, issuer := range []string{bound, "https://issuer.example/keystest"} {
		h := hint(k)
		h.Issuer = issuer
		found, err := find(t.Context(), t, p, h)
		var want []*keys.Key
		if bound == "" || bound == issuer {
			want = []*keys.Key{k}
		}
		if got := fitting(found, h); err != nil || !sameKeys(got, want) {
			t.Errorf("Find(%+v) = %v, %v; want %v", h, got, err, want)
		}
	}
}

func testConcurrent(t *testing.T, p keys.Provider, k *keys.Key) {
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				found, err := find(t.Context(), t, p, hint(k))
				if err != nil || !sameKeys(fitting(found, hint(k)), []*keys.Key{k}) {
					t.Errorf("Find(%+v) = %v, %v", hint(k), found, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func hint(k *keys.Key) keys.Hint { return keys.Hint{KeyID: k.ID(), Algorithm: k.Algorithm()} }

func fitting(found []*keys.Key, h keys.Hint) (fit []*keys.Key) {
	for _, k := range found {
		if h.Fits(k) {
			fit = append(fit, k)
		}
	}
	return fit
}

// sameKeys compares by ID and material, in any order: a provider may bind keys
// to an issuer.
func sameKeys(got, want []*keys.Key) bool {
	if len(got) != len(want) {
		return false
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g *keys.Key) bool {
			return g.ID() == w.ID() && g.Thumbprint() == w.Thumbprint()
		}) {
			return false
		}
	}
	return true
}

func ecKey(t *testing.T, id string) *keys.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newKey(t, id, keys.ES256, &private.PublicKey)
}

func edKey(t *testing.T, id string) *keys.Key {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newKey(t, id, keys.EdDSA, pub)
}

func newKey(t *testing.T, id string, alg keys.Algorithm, pub any) *keys.Key {
	t.Helper()
	k, err := keys.NewPublic(id, alg, pub)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
