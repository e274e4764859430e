package conformance_test

import (
	"crypto/fips140"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// An endpointModel is what a keys.Remote may know: the keys it fetched last,
// and when. Fetches are seen at the endpoint, so that the model need not know
// when the Remote decides to make one.
type endpointModel struct {
	published []*modelKey // at the endpoint
	known     []*modelKey // as last fetched
	fetchedAt time.Time   // zero: never
	down      bool
	failing   bool // the last fetch failed
	fetches   int  // that succeeded
}

// RoundTrip is the endpoint.
func (m *endpointModel) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.down {
		m.failing = true
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	var set []string
	for _, k := range m.published {
		set = append(set, k.jwk())
	}
	m.fetches++
	m.known, m.fetchedAt, m.failing = m.published, time.Now(), false
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(jwks(set...))), Request: r}, nil
}

// usable is how long a set may be used: ten minutes, and an hour past that.
const usable = 70 * time.Minute

// TestModelOfRefresh runs random interleavings of an endpoint that publishes
// other keys, goes down and comes back, of Refresh, of time and of Verify. A
// token is only accepted with a key that was published when it was last
// looked, at most 70 minutes ago; and refused, only when there was none.
func TestModelOfRefresh(t *testing.T) {
	t.Parallel()
	if fips140.Enabled() {
		t.Skip("FIPS mode has no random numbers in a synctest bubble")
	}
	r := newRandom(t)
	for range 30 {
		synctest.Test(t, func(t *testing.T) { refreshed(t, r) })
	}
}

func refreshed(t *testing.T, r *rand.Rand) {
	all := modelKeys()[:len(modelKeys())-1] // no secret is published
	tokens := modelTokens(all, time.Now())
	m := &endpointModel{published: all[:1]}
	src, err := keys.NewRemote("https://keys.example/jwks.json", keys.WithHTTPClient(&http.Client{Transport: m}))
	if err != nil {
		t.Fatal(err)
	}
	plain := newVerifier(t, src, verifier.WithLeeway(0), verifier.WithClock(time.Now))
	cached := newVerifier(t, src, verifier.WithLeeway(0), verifier.WithClock(time.Now), verifier.WithCache(20))
	for range 150 {
		m.change(t, r, src)
		for range 3 {
			tok := pick(r, tokens)
			m.ask(t, pick(r, []*verifier.Keyed{plain, cached}), tok)
		}
	}
}

// change makes one random change to the endpoint, or to the time.
func (m *endpointModel) change(t *testing.T, r *rand.Rand, src *keys.Remote) {
	t.Helper()
	all := modelKeys()[:len(modelKeys())-1]
	switch r.IntN(6) {
	case 0, 1:
		if ks := some(r, all, 4); len(ks) > 0 {
			m.published = ks
		}
	case 2:
		m.down = !m.down
	case 3:
		before := m.fetches
		err := src.Refresh(t.Context())
		if (err == nil) == m.down || (err == nil) != (m.fetches > before) {
			t.Fatalf("Refresh = %v, while the endpoint is down: %v", err, m.down)
		}
	default:
		<-time.After(pick(r, []time.Duration{time.Second, 31 * time.Second, 5 * time.Minute, 9 * time.Minute, 30 * time.Minute, 2 * time.Hour}))
	}
}

// ask verifies one token and holds the answer to the model before and after:
// a fetch may come between.
func (m *endpointModel) ask(t *testing.T, v *verifier.Keyed, tok modelToken) {
	t.Helper()
	before, fetches := m.known, m.fetches
	alive := !m.fetchedAt.IsZero() && time.Since(m.fetchedAt) < usable
	got, err := v.Verify(t.Context(), tok.raw)
	synctest.Wait() // for a fetch without a waiter
	reason := verifier.Reason(err)
	var allowed []string
	if alive {
		allowed = tok.expected(before, time.Now())
	}
	if m.fetches > fetches {
		allowed = append(allowed, tok.expected(m.known, time.Now())...)
	}
	// A token that the current keys do not verify may be undecided, while the
	// endpoint is down.
	if m.failing && (!alive || !slices.Contains(allowed, "")) {
		allowed = append(allowed, "unavailable")
	}
	if !slices.Contains(allowed, reason) || (got == nil) != (err != nil) {
		t.Fatalf("%v: %v; the model says %q\nknown: %v, fetched %v ago\npublished: %v, down: %v", tok, err, allowed, before, time.Since(m.fetchedAt), m.published, m.down)
	}
	if got != nil && got.Subject != fmt.Sprint(tok.by.n) {
		t.Fatalf("%v: the token of %s is returned", tok, got.Subject)
	}
}
