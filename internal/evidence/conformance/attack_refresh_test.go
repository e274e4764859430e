package conformance_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// refreshAttacks use when a set is fetched, and what becomes of the one before.
// Each runs against a real server on loopback, whose requests are counted.
var refreshAttacks = []attack{
	{id: "CVE-2025-22149", test: attackRemovedKey},
	{id: "CVE-2026-48524", test: attackFloodOfKeyIDs},
	{id: "CVE-2026-42576", test: attackOddKeys},
	{id: "CVE-2024-45809", test: attackRefreshRace},
}

// attackRemovedKey: after the next refresh a removed key verifies nothing, also
// not what is in the cache of tokens.
func attackRemovedKey(t *testing.T) {
	a, b := jwkOf(p256Key(), `"kid":"a"`), jwkOf(edKey(), `"kid":"b"`)
	server := newPublisher(t, jwks(a, b))
	src := newRemote(t, server.URL)
	raw := token(keys.ES256, "a", good, p256Key())
	for _, v := range []verifier.Verifier{newVerifier(t, src), newVerifier(t, src, verifier.WithCache(10))} {
		server.publish(jwks(a, b))
		if err := src.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		accepts(t, v, raw)
		accepts(t, v, raw)
		server.publish(jwks(b))
		if err := src.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		unknownKey(t, v, raw)
		accepts(t, v, token(keys.EdDSA, "b", good, edKey()))
	}
}

// attackFloodOfKeyIDs: a thousand unknown key IDs cost no more than the budget,
// and an outage meanwhile takes no key away.
func attackFloodOfKeyIDs(t *testing.T) {
	var asked atomic.Int64
	var down atomic.Bool
	set := jwks(jwkOf(p256Key(), `"kid":"k"`))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if down.Load() {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, set)
	}))
	t.Cleanup(server.Close)
	var offset atomic.Int64
	src := newRemote(t, server.URL, keys.WithClock(func() time.Time { return now.Add(time.Duration(offset.Load())) }))
	v := newVerifier(t, src)
	raw := token(keys.ES256, "k", good, p256Key())
	accepts(t, v, raw)
	for i := range 1000 {
		unknownKey(t, v, token(keys.ES256, fmt.Sprint("random-", i), good, evilP256()))
	}
	if n := asked.Load(); n > 1+3 {
		t.Errorf("%d fetches for a thousand unknown key IDs, want at most 4", n)
	}
	down.Store(true)
	offset.Store(int64(30 * time.Second)) // the budget is full again
	before := asked.Load()
	for i := range 1000 {
		raw := token(keys.ES256, fmt.Sprint("more-", i), good, evilP256())
		refuses(t, v, raw, verifier.ErrUnavailable, "unavailable") // undecided
	}
	if n := asked.Load() - before; n != 1 {
		t.Errorf("%d fetches during the outage, want 1: backoff holds", n)
	}
	accepts(t, v, raw)
}

// attackOddKeys: the good key is published among keys of every other kind.
func attackOddKeys(t *testing.T) {
	odd := []string{
		jwkOf(p384Key(), `"kid":"1"`), jwkOf(edKey(), `"kid":"2"`), `{"kty":"oct","k":"AAAA","kid":"3"}`, `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA","kid":"4"}`,
		`{"kty":"XYZ","kid":"5"}`, `{}`, `null`, `7`, `"x"`, `[]`, `{"kty":null}`, `{"kty":"RSA"}`, `{"kty":"EC","crv":"P-256"}`, `{"kty":"OKP","crv":"X448","x":"AA"}`,
	}
	server := newPublisher(t, jwks(append(odd, jwkOf(rsaKey(), `"kid":"rsa"`))...))
	src := newRemote(t, server.URL)
	v := newVerifier(t, src)
	accepts(t, v, token(keys.RS256, "rsa", good, rsaKey()))
	for i, kid := range []string{"3", "4", "5"} {
		unknownKey(t, v, token(keys.HS256, kid, good, []byte{0, 0, 0}))
		if n := server.requests.Load(); n > int64(2+i) {
			t.Errorf("%d requests", n)
		}
	}
	wrongAlgorithm(t, v, token(keys.RS256, "1", good, evilRSA()))
	if s := src.Status(); len(s.Keys) != 3 || len(s.Skipped) != len(odd)-2 {
		t.Errorf("%d keys, %d skipped", len(s.Keys), len(s.Skipped))
	}
}

// attackRefreshRace verifies while the endpoint answers, fails and is refreshed.
func attackRefreshRace(t *testing.T) {
	set := jwks(jwkOf(p256Key(), `"kid":"k"`))
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 4 {
		case 0:
			http.Error(w, "down", http.StatusBadGateway)
		case 1:
			fmt.Fprint(w, set)
		case 2:
			fmt.Fprint(w, "<html>")
		case 3:
			fmt.Fprint(w, `{"keys":[]}`)
		}
	}))
	t.Cleanup(server.Close)
	src := newRemote(t, server.URL)
	v := newVerifier(t, src, verifier.WithCache(10))
	raw := token(keys.ES256, "k", good, p256Key())
	accepts(t, v, raw)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				if _, err := v.Verify(t.Context(), raw); err != nil {
					t.Errorf("while it is refreshed: %v", err)
				}
				if _, err := v.Verify(t.Context(), token(keys.ES256, "k", good, evilP256())); err == nil {
					t.Error("a forgery is accepted")
				}
			}
		})
		wg.Go(func() {
			for range 25 {
				if err := src.Refresh(t.Context()); err != nil && !errors.Is(err, keys.ErrUnavailable) {
					t.Errorf("Refresh: %v", err)
				}
			}
		})
	}
	wg.Wait()
	accepts(t, v, raw)
}
