// Package keystest checks that a [keys.Provider] keeps the contract that a
// verifier relies on:
//
//	func TestVault(t *testing.T) {
//		keystest.Run(t, func(t *testing.T, ks ...*keys.Key) keys.Provider {
//			return newVaultProvider(t, ks) // that provides exactly ks
//		})
//	}
//
// # Errors
//
// Every breach is an error of the test, and says which sentence is broken.
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
	"slices"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// A New returns a provider of exactly ks. The keys are public ones for ES256
// and EdDSA; some have the same ID, or none.
type New func(t *testing.T, ks ...*keys.Key) keys.Provider

// Run runs the suite.
func Run(t *testing.T, newProvider New) {
	ec1, ec2 := ecKey(t, "one"), ecKey(t, "two")
	same := edKey(t, "one") // the ID of ec1, of another algorithm
	anonymous := edKey(t, "")
	all := []*keys.Key{ec1, ec2, same, anonymous}

	for _, test := range []struct {
		name string
		hint keys.Hint
		want []*keys.Key // those that must be found; no others may fit
	}{
		{"by ID", keys.Hint{KeyID: "two", Algorithm: keys.ES256}, []*keys.Key{ec2}},
		{"by ID and algorithm", keys.Hint{KeyID: "one", Algorithm: keys.ES256}, []*keys.Key{ec1}},
		{"a key without ID fits any", keys.Hint{KeyID: "one", Algorithm: keys.EdDSA}, []*keys.Key{same, anonymous}},
		{"a token without ID fits any key", keys.Hint{Algorithm: keys.ES256}, []*keys.Key{ec1, ec2}},
		{"unknown ID", keys.Hint{KeyID: "three", Algorithm: keys.ES256}, nil},
		{"looked up again", keys.Hint{KeyID: "two", Algorithm: keys.ES256, Retry: true}, []*keys.Key{ec2}},
		{"unknown algorithm", keys.Hint{KeyID: "two", Algorithm: "none"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newProvider(t, all...)
			for range 2 { // the second time from memory
				found, err := p.Find(t.Context(), test.hint)
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
	t.Run("the slice is not changed", func(t *testing.T) { testShared(t, newProvider(t, all...), ec1, ec2) })
	t.Run("a context that has ended", func(t *testing.T) { testEnded(t, newProvider(t, all...), ec2) })
	t.Run("many goroutines", func(t *testing.T) { testConcurrent(t, newProvider(t, all...), ec2) })
}

// testEmpty: a source without keys either has looked and has none, or takes
// that for a failure, and says so.
func testEmpty(t *testing.T, p keys.Provider) {
	found, err := p.Find(t.Context(), keys.Hint{KeyID: "one", Algorithm: keys.ES256})
	if len(found) > 0 {
		t.Errorf("found %v, where there is no key", found)
	}
	if err != nil && !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("the error %v does not wrap keys.ErrUnavailable", err)
	}
}

// testShared: what one look-up returned stays as it is, whatever others do.
func testShared(t *testing.T, p keys.Provider, first, second *keys.Key) {
	h := keys.Hint{KeyID: first.ID(), Algorithm: first.Algorithm()}
	found, err := p.Find(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(found)
	if _, err := p.Find(t.Context(), keys.Hint{KeyID: second.ID(), Algorithm: second.Algorithm()}); err != nil {
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
	h := keys.Hint{KeyID: k.ID(), Algorithm: k.Algorithm()}
	found, err := p.Find(ctx, h)
	switch {
	case err != nil && !errors.Is(err, keys.ErrUnavailable):
		t.Errorf("the error %v does not wrap keys.ErrUnavailable", err)
	case err == nil && !sameKeys(fitting(found, h), []*keys.Key{k}):
		t.Error("no key and no error: it must say that it could not look")
	}
}

func testConcurrent(t *testing.T, p keys.Provider, k *keys.Key) {
	h := keys.Hint{KeyID: k.ID(), Algorithm: k.Algorithm()}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				found, err := p.Find(t.Context(), h)
				if err != nil || !sameKeys(fitting(found, h), []*keys.Key{k}) {
					t.Errorf("Find(%+v) = %v, %v", h, found, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

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
