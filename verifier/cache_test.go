package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// again reports whether raw is verified from the cache. A hit costs one allocation,
// or a few with the race detector, while an ES256 signature costs 24.
func again(t *testing.T, v *verifier.Keyed, raw string) (hit bool) {
	t.Helper()
	ctx := t.Context()
	return testing.AllocsPerRun(20, func() {
		if _, err := v.Verify(ctx, raw); err != nil {
			t.Fatal(err)
		}
	}) < 8
}

func claimsOf(sub string) map[string]any {
	return map[string]any{"sub": sub, "exp": now.Unix() + 60}
}

func TestRule10CacheHit(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	a, b := signer.Sign(claimsOf("a")), signer.Sign(claimsOf("b"))
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(10))
	for range 3 {
		for raw, want := range map[string]string{a: "a", b: "b"} {
			tok, err := v.Verify(t.Context(), raw)
			if err != nil || tok.Subject != want || tok.Algorithm != keys.ES256 || tok.KeyID != "k" || tok.Type != "JWT" {
				t.Fatalf("Verify = %+v, %v; want the token of %s", tok, err, want)
			}
		}
	}
	if !again(t, v, a) {
		t.Error("a token that comes again is not found in the cache")
	}
	if plain := newVerifier(t, keys.Static(signer.Key())); again(t, plain, a) {
		t.Error("it is remembered without WithCache")
	}
	// The header and payload of a remembered token, with another signature.
	i := strings.LastIndexByte(a, '.')
	check(t, v, a[:i+1]+flipped(a[i+1:]), verifier.ErrSignature, "signature")
	check(t, v, a[:i]+b[strings.LastIndexByte(b, '.'):], verifier.ErrSignature, "signature")
	check(t, v, a+"A", verifier.ErrSignature, "signature")
}

// TestCacheHitAllocatesOnce: only the copy for the caller is allocated.
func TestCacheHitAllocatesOnce(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	for _, alg := range []keys.Algorithm{keys.HS256, keys.RS256, keys.ES256, keys.EdDSA} {
		signer := verifiertest.NewSigner(t, alg, "k")
		raw, ctx := signer.Sign(claimsOf("a")), t.Context()
		v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(10))
		check(t, v, raw, nil, "")
		if n := testing.AllocsPerRun(100, func() { v.Verify(ctx, raw) }); n > 1 {
			t.Errorf("%s: %v allocations, want one", alg, n)
		}
	}
}

// TestCopySharesNothing that can be changed.
func TestCopySharesNothing(t *testing.T) {
	token := func(payload string) *verifier.Token {
		s, err := claims.Parse([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		return &verifier.Token{Set: s, Algorithm: keys.ES256, KeyID: "k", Type: "JWT"}
	}
	everything := cmp.Exporter(func(reflect.Type) bool { return true })
	for _, payload := range []string{
		`{"iss":"i","sub":"s","aud":"a","exp":3,"x":"y","cnf":{}}`, `{"aud":["a","b"]}`, `{"aud":[]}`, `{}`,
	} {
		tok, want := token(payload), token(payload)
		c := verifier.CopyOf(tok)
		if diff := cmp.Diff(want, c, everything); diff != "" {
			t.Errorf("%s (-want +got)\n%s", payload, diff)
		}
		for i := range tok.Audience {
			tok.Audience[i] = "changed"
		}
		*tok.Set = claims.Set{Subject: "changed"}
		tok.KeyID = "changed"
		if diff := cmp.Diff(want, c, everything); diff != "" {
			t.Errorf("%s changes with its original (-want +got)\n%s", payload, diff)
		}
	}
}

// TestRule10CacheHitStopsWithItsKey: a removed or replaced key stops the hit
// immediately.
func TestRule10CacheHitStopsWithItsKey(t *testing.T) {
	signer, other := verifiertest.NewSigner(t, keys.ES256, "k"), verifiertest.NewSigner(t, keys.ES256, "k")
	raw := signer.Sign(claimsOf("a"))
	set := keys.NewSet(signer.Key(), verifiertest.NewSigner(t, keys.ES256, "another").Key())
	v := newVerifier(t, set, verifier.WithCache(10))
	check(t, v, raw, nil, "")
	set.Remove("k")
	check(t, v, raw, verifier.ErrUnknownKey, "unknown_key")
	set.Add(other.Key())
	check(t, v, raw, verifier.ErrSignature, "signature")
	set.Add(signer.Key())
	check(t, v, raw, nil, "")
	set.Rotate(other.Key(), 0)
	check(t, v, raw, verifier.ErrSignature, "signature")
}

// TestRule10CacheOutlivesRefresh: a refresh that returns an equal key does not empty
// the cache.
func TestRule10CacheOutlivesRefresh(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	raw := signer.Sign(claimsOf("a"))
	set := keys.NewSet(signer.Key())
	v := newVerifier(t, set, verifier.WithCache(10))
	check(t, v, raw, nil, "")
	fresh, _, err := keys.Parse(signer.JWK())
	if err != nil {
		t.Fatal(err)
	}
	if set.Replace(fresh...); fresh[0] == signer.Key() {
		t.Fatal("the key is the same pointer")
	}
	if !again(t, v, raw) {
		t.Error("an equal key does not keep the token")
	}
}

// TestRule10CacheAsksTheProvider: if the provider is down, nothing is decided.
func TestRule10CacheAsksTheProvider(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	raw := signer.Sign(claimsOf("a"))
	var down error
	v := newVerifier(t, keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.KeyID != "k" || h.Algorithm != keys.ES256 || h.Retry {
			t.Errorf("asked for %+v", h)
		}
		return []*keys.Key{signer.Key()}, down
	}), verifier.WithCache(10))
	check(t, v, raw, nil, "")
	down = fmt.Errorf("%w: gone", keys.ErrUnavailable)
	check(t, v, raw, verifier.ErrUnavailable, "unavailable")
	down = nil
	check(t, v, raw, nil, "")
}

// TestRule10CacheChecksEveryClaim on every hit, as of the time asked for.
func TestRule10CacheChecksEveryClaim(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	raw := signer.Sign(map[string]any{"sub": "a", "nbf": 1000, "exp": 2000})
	ran := 0
	var refuse error
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(10), verifier.WithLeeway(0),
		verifier.WithClaims(claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { ran++; return refuse })))
	for _, test := range []struct {
		at   int64
		want error
	}{{1500, nil}, {2000, claims.ErrExpired}, {999, claims.ErrNotYetValid}, {1000, nil}, {1999, nil}} {
		if tok, err := v.VerifyAt(t.Context(), raw, time.Unix(test.at, 0)); !errors.Is(err, test.want) || (tok == nil) != (err != nil) {
			t.Errorf("at %d: %v, want %v", test.at, err, test.want)
		}
	}
	if ran != 3 {
		t.Errorf("the caller's validator ran %d times, want 3", ran)
	}
	refuse = claims.ErrUnavailable
	if _, err := v.VerifyAt(t.Context(), raw, time.Unix(1500, 0)); !errors.Is(err, verifier.ErrUnavailable) {
		t.Errorf("a validator that is down: %v", err)
	}
}

// TestRule10CacheKeepsNoFailure, and one verifier does not share its cache with
// another.
func TestRule10CacheKeepsNoFailure(t *testing.T) {
	signer, other := verifiertest.NewSigner(t, keys.ES256, "k"), verifiertest.NewSigner(t, keys.ES256, "k")
	set := keys.NewSet(other.Key())
	v := newVerifier(t, set, verifier.WithCache(10))
	raw := signer.Sign(claimsOf("a"))
	for range 3 {
		check(t, v, raw, verifier.ErrSignature, "signature")
	}
	check(t, v, other.Sign(map[string]any{"sub": "a", "exp": "soon"}), claims.ErrMalformed, "exp_malformed")
	check(t, v, "x", verifier.ErrMalformed, "malformed")
	if n := v.Cached(); n != 0 {
		t.Errorf("%d failures are remembered", n)
	}
	set.Add(signer.Key())
	check(t, v, raw, nil, "")
	check(t, newVerifier(t, keys.Static(other.Key()), verifier.WithCache(10)), raw, verifier.ErrSignature, "signature")
}

// TestCacheKeepsWhatIsUsed while tokens pass that come only once.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.EdDSA, "k")
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(4))
	used, unused := signer.Sign(claimsOf("used")), signer.Sign(claimsOf("unused"))
	check(t, v, unused, nil, "")
	for i := range 50 {
		check(t, v, used, nil, "")
		check(t, v, signer.Sign(claimsOf(fmt.Sprint(i))), nil, "")
		if i > 0 && !v.Remembers(used) {
			t.Fatalf("after %d others, a token that is used all the time is gone", i+1)
		}
	}
	if v.Remembers(unused) {
		t.Error("a token that was used once outlives 50 others")
	}
}

// TestCacheIsShared: goroutines that find, add and replace tokens get the right ones,
// and the account stays right.
func TestCacheIsShared(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.HS256, "k")
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(200)) // two shards
	raws := make([]string, 300)
	for i := range raws {
		raws[i] = signer.Sign(claimsOf(fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				n := (i*(g+1) + g) % len(raws)
				tok, err := v.Verify(t.Context(), raws[n])
				if err != nil || tok.Subject != fmt.Sprint(n) {
					t.Errorf("Verify = %v, %v; want the token of %d", tok, err, n)
					return
				}
			}
		})
	}
	wg.Wait()
	if found, counted := v.Cached(), v.CachedCount(); found != counted || found > 200 || found < 150 {
		t.Errorf("%d tokens are found and %d are counted, of 200", found, counted)
	}
}

// TestRule10CacheHoldsHMAC as it holds other signatures: until the secret has gone, and
// for that signature only.
func TestRule10CacheHoldsHMAC(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.HS256, keys.HS384, keys.HS512} {
		signer, other := verifiertest.NewSigner(t, alg, "k"), verifiertest.NewSigner(t, alg, "k")
		set := keys.NewSet(signer.Key())
		v := newVerifier(t, set, verifier.WithCache(10))
		raw := signer.Sign(claimsOf("a"))
		for range 3 {
			check(t, v, raw, nil, "")
		}
		if n := v.Cached(); n != 1 {
			t.Errorf("%s: %d tokens are remembered, want 1", alg, n)
		}
		i := strings.LastIndexByte(raw, '.')
		check(t, v, raw[:i+1]+flipped(raw[i+1:]), verifier.ErrSignature, "signature")
		set.Rotate(other.Key(), 0)
		check(t, v, raw, verifier.ErrSignature, "signature")
	}
}

// TestCacheIsBounded in entries and in bytes.
func TestCacheIsBounded(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.EdDSA, "k")
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(50))
	sizes := []int{10, 10, 10, 9000}
	for i := range 400 {
		all := claimsOf(fmt.Sprint(i))
		all["x"] = strings.Repeat("x", sizes[i%len(sizes)])
		check(t, v, signer.Sign(all), nil, "")
		if n, bytes := v.Cached(), v.CachedBytes(); n > 50 || bytes > 50*2048 {
			t.Fatalf("after %d tokens %d are remembered, in %d bytes", i+1, n, bytes)
		}
	}
	if n := v.Cached(); n < 10 {
		t.Errorf("only %d are remembered", n)
	}
}

// TestCacheUnderRotation verifies from many goroutines while keys come and go: no
// token is accepted if its key was gone before the call began and stayed away.
func TestCacheUnderRotation(t *testing.T) {
	gone, stays := verifiertest.NewSigner(t, keys.EdDSA, "gone"), verifiertest.NewSigner(t, keys.EdDSA, "stays")
	removed, kept := gone.Sign(claimsOf("a")), stays.Sign(claimsOf("b"))
	set := keys.NewSet(gone.Key(), stays.Key())
	v := newVerifier(t, set, verifier.WithCache(4))
	check(t, v, removed, nil, "")

	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			<-begin
			for range 200 {
				if _, err := v.Verify(t.Context(), kept); err != nil {
					t.Errorf("a token signed with the key that stays: %v", err)
				}
				if _, err := v.Verify(t.Context(), removed); !errors.Is(err, verifier.ErrUnknownKey) {
					t.Errorf("a token signed with the key that is gone: %v", err)
				}
			}
		})
	}
	set.Remove("gone")
	close(begin)
	for range 200 {
		fresh, _, err := keys.Parse(stays.JWK())
		if err != nil {
			t.Fatal(err)
		}
		set.Replace(fresh...)
		set.Add(verifiertest.NewSigner(t, keys.EdDSA, "new").Key())
	}
	wg.Wait()
}

// TestS25CacheWeighsHeaders: the size of a token includes its header, and one with a
// large header is found again.
func TestS25CacheWeighsHeaders(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.EdDSA, strings.Repeat("k", 1024))
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(4), verifier.WithMaxSize(1<<20))
	for i := range 20 {
		all := claimsOf(fmt.Sprint(i))
		all["x"] = strings.Repeat("x", 1500*(i%3))
		check(t, v, signer.Sign(all), nil, "")
		if bytes := v.CachedBytes(); bytes > 4*2048 {
			t.Fatalf("%d bytes are remembered", bytes)
		}
	}
	raw := signer.Sign(claimsOf("again"))
	check(t, v, raw, nil, "")
	if !again(t, v, raw) {
		t.Error("a token with a large header is not found in the cache")
	}
	huge := claimsOf("huge")
	huge["x"] = strings.Repeat("x", 100_000)
	check(t, v, signer.Sign(huge), nil, "")
	if v.Cached() == 0 {
		t.Error("a token that is too large for the cache has emptied it")
	}
}
