// Package keystest checks that a [keys.Provider] of your own keeps the contract
// that a verifier relies on:
//
//	func TestVault(t *testing.T) {
//		keystest.RunSource(t, func(t *testing.T, ks ...*keys.Key) (keys.Provider, func(down bool)) {
//			server := newFakeVault(t, ks) // publishes the JWK of each key
//			return NewVault(server.URL), server.SetDown
//		})
//	}
//
// [Run] is for providers that have all their keys in memory. [RunSource] also
// takes the source down, since an outage must never look like an unknown key: a
// verifier would refuse good tokens instead of leaving them undecided.
//
// # Errors
//
// Each breach of the contract is an error of a subtest and says what was found
// and what the contract wants. A provider that panics is reported and does not
// end the tests. A provider may return more keys than fit the hint; the suite
// looks only at those that do.
//
// # Concurrency
//
// The suite calls a provider from many goroutines: run it with -race. Subtests
// run one after the other.
//
// # Security
//
// The suite shows that a provider finds the keys that it should. It cannot show
// that the source of the keys deserves trust.
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

// A New returns a provider of exactly ks. It is called for each subtest, once
// without keys. The keys are public keys for ES256 and EdDSA; two share an ID, and
// one has none. A fake server can publish what [keys.Key.JWK] returns, or marshal
// ks as JSON. Report a failed setup with t.Fatal.
type New func(t *testing.T, ks ...*keys.Key) keys.Provider

// Run checks, in a subtest each, that a provider finds the keys that fit a hint
// and no others, also on a second lookup; that it does not change a slice that it
// has returned; that a context that has ended is not taken for an unknown key; that
// the issuer of a token only narrows; and that goroutines may share it.
func Run(t *testing.T, newProvider New) {
	s := newSample(t)
	for _, test := range s.lookups() {
		t.Run(test.name, func(t *testing.T) {
			p := newProvider(t, s.all...)
			for range 2 { // the second lookup may come from memory
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

// A sample is the keys that a provider under test has.
type sample struct {
	first, second *keys.Key // ES256, with the IDs "one" and "two"
	same          *keys.Key // EdDSA, with the ID of first
	anonymous     *keys.Key // EdDSA, without an ID
	all           []*keys.Key
}

func newSample(t *testing.T) *sample {
	t.Helper()
	s := &sample{first: ecKey(t, "one"), second: ecKey(t, "two"), same: edKey(t, "one"), anonymous: edKey(t, "")}
	s.all = []*keys.Key{s.first, s.second, s.same, s.anonymous}
	return s
}

// A lookup is a hint and the keys that must be found for it. Other keys may be
// found as long as they do not fit.
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

// find calls Find of p, and reports what is wrong in any answer: a panic, keys
// together with an error, and an error that does not wrap keys.ErrUnavailable.
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

// testEmpty checks that a provider without keys finds none. It may also fail: an
// empty source can be a failure.
func testEmpty(t *testing.T, p keys.Provider) {
	found, _ := find(t.Context(), t, p, keys.Hint{KeyID: "one", Algorithm: keys.ES256})
	if len(found) > 0 {
		t.Errorf("found %v, where there is no key", found)
	}
}

// testShared checks that what one lookup returned stays as it is. Callers share
// the slice, so a provider must not reuse it.
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

// testEnded checks that a context that has ended does not turn into "no key". The
// provider may fail, or answer from memory.
func testEnded(t *testing.T, p keys.Provider, k *keys.Key) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := find(ctx, t, p, hint(k))
	if err == nil && !sameKeys(fitting(found, hint(k)), []*keys.Key{k}) {
		t.Error("no key and no error: it must say that it could not look")
	}
}

// testIssuer checks that the issuer of a token leaves out keys bound to another
// issuer, and nothing else.
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

// testConcurrent checks that goroutines may share a provider.
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

// fitting returns the keys that a verifier would try.
func fitting(found []*keys.Key, h keys.Hint) (fit []*keys.Key) {
	for _, k := range found {
		if h.Fits(k) {
			fit = append(fit, k)
		}
	}
	return fit
}

// sameKeys compares keys by ID and material, in any order. It does not use Equal:
// a provider may bind keys to an issuer.
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
