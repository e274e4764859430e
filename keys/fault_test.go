package keys_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// The fault suite runs remote key sets against a server that fails in one way,
// with a clock that the test sets. The server is a real one on loopback or, where
// time must pass, one in a synctest bubble. Tokens signed with good keys must keep
// verifying, or else the answer must be "undecided" (internal/refresh has the
// rules that the tests are named after):
//
//	go test ./keys/... -run Fault -v

// A setClock is a clock that the test sets.
type setClock struct{ now atomic.Pointer[time.Time] }

func newClock() *setClock {
	c := new(setClock)
	c.set(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return c
}

func (c *setClock) read() time.Time         { return *c.now.Load() }
func (c *setClock) set(t time.Time)         { c.now.Store(&t) }
func (c *setClock) advance(d time.Duration) { c.set(c.read().Add(d)) }

// A faultySite publishes a JWK Set and can be told to fail.
type faultySite struct {
	*httptest.Server
	answer  atomic.Pointer[http.HandlerFunc]
	fetches atomic.Int64
}

// newSite starts a site that answers over plain http on loopback.
func newSite(t *testing.T, answer http.HandlerFunc) *faultySite {
	s := newUnstartedSite(answer)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func newUnstartedSite(answer http.HandlerFunc) *faultySite {
	s := new(faultySite)
	s.answers(answer)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fetches.Add(1)
		(*s.answer.Load())(w, r)
	}))
	return s
}

func (s *faultySite) answers(h http.HandlerFunc) { s.answer.Store(&h) }

// jwks answers with the keys of signers.
func jwks(signers ...*verifiertest.Signer) http.HandlerFunc {
	return text(set(jwksOf(signers...)...))
}

func jwksOf(signers ...*verifiertest.Signer) (list []string) {
	for _, s := range signers {
		list = append(list, string(s.JWK()))
	}
	return list
}

// text answers 200 with body and headers, given as "Name: value".
func text(body string, headers ...string) http.HandlerFunc {
	return status(http.StatusOK, body, headers...)
}

func status(code int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		w.Write([]byte(body))
	}
}

func edSigner(t *testing.T, id string) *verifiertest.Signer {
	t.Helper()
	return verifiertest.NewSigner(t, keys.EdDSA, id)
}

// sign returns a token that expires after the end of every scenario.
func sign(s *verifiertest.Signer) string {
	return s.Sign(map[string]any{"sub": "user-123", "exp": time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Unix()})
}

// A guard is a service that verifies tokens with the keys of a remote set.
type guard struct {
	t        *testing.T
	clock    *setClock
	remote   *keys.Remote
	verifier *verifier.Keyed
	asked    int // good tokens, and how many of them were verified
	verified int
}

// newGuard returns a guard with the keys at url.
func newGuard(t *testing.T, c *setClock, url string, opts ...keys.Option) *guard {
	t.Helper()
	opts = append([]keys.Option{keys.WithClock(c.read), keys.WithTimeout(10 * time.Second)}, opts...)
	return guarded(t, c, newRemote(t, url, opts...))
}

func guarded(t *testing.T, c *setClock, r *keys.Remote) *guard {
	t.Helper()
	v, err := verifier.New(r, verifier.WithClock(c.read), verifier.WithAnyIssuer())
	if err != nil {
		t.Fatal(err)
	}
	return &guard{t: t, clock: c, remote: r, verifier: v}
}

// accepts fails the test unless all tokens verify.
func (g *guard) accepts(when string, toks ...string) {
	g.t.Helper()
	for i, tok := range toks {
		g.asked++
		if _, err := g.verifier.Verify(g.t.Context(), tok); err != nil {
			g.t.Errorf("%s: good token %d is refused: %v", when, i+1, err)
			continue
		}
		g.verified++
	}
}

// undecided fails the test unless the error is ErrUnavailable, and HTTP clients get
// 503 without a challenge.
func (g *guard) undecided(when, tok string) {
	g.t.Helper()
	_, err := g.verifier.Verify(g.t.Context(), tok)
	if !errors.Is(err, verifier.ErrUnavailable) || !errors.Is(err, keys.ErrUnavailable) || errors.Is(err, verifier.ErrInvalidToken) {
		g.t.Errorf("%s: Verify = %v; want ErrUnavailable", when, err)
	}
	w := g.ask(tok)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("WWW-Authenticate") != "" {
		g.t.Errorf("%s: HTTP %d %v; want 503 with Retry-After and no challenge", when, w.Code, w.Header())
	}
}

// refuses fails the test unless the token is invalid because of why.
func (g *guard) refuses(when, tok string, why error) {
	g.t.Helper()
	if _, err := g.verifier.Verify(g.t.Context(), tok); !errors.Is(err, verifier.ErrInvalidToken) || !errors.Is(err, why) {
		g.t.Errorf("%s: Verify = %v; want %v", when, err, why)
	}
}

// tally returns how many of the good tokens were verified, as text.
func (g *guard) tally() string {
	return fmt.Sprintf("%d of %d good tokens verified", g.verified, g.asked)
}

// ask sends a request with tok through the HTTP middleware.
func (g *guard) ask(tok string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+tok)
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	httpauth.New(g.verifier).Handler(ok).ServeHTTP(w, r)
	return w
}

// leaksNothing fails t if goroutines or heap remain once all its scenarios have
// ended and closed what they opened. It is the first line of a fault test, which
// must not itself be parallel: the counts are those of the whole process.
func leaksNothing(t *testing.T) {
	t.Helper()
	goroutines, heap := runtime.NumGoroutine(), liveHeap()
	t.Cleanup(func() {
		left := settle(goroutines) - goroutines
		grown := int64(liveHeap()) - int64(heap)
		if left > 0 {
			t.Errorf("%d goroutines remain\n%s", left, stacks())
		}
		if grown > 4<<20 {
			t.Errorf("the heap has grown by %d KiB", grown>>10)
		}
		t.Logf("goroutines %+d, heap %+d KiB", left, grown>>10)
	})
}

// An outcome collects what a scenario has shown, for the log of "go test -v".
type outcome struct {
	mu    sync.Mutex
	parts []string
}

// begin starts a scenario, which runs in parallel with those beside it.
func begin(t *testing.T) *outcome {
	t.Helper()
	t.Parallel()
	return alone(t)
}

// alone starts a scenario that measures the process and must run by itself.
func alone(t *testing.T) *outcome {
	t.Helper()
	o := new(outcome)
	t.Cleanup(func() {
		_, name, _ := strings.Cut(t.Name(), "/")
		t.Logf("%s: %s", strings.ReplaceAll(name, "_", " "), strings.Join(o.parts, "; "))
	})
	return o
}

func (o *outcome) logf(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parts = append(o.parts, fmt.Sprintf(format, args...))
}

// settle waits up to 5 s for the number of goroutines to fall to want.
func settle(want int) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		n := runtime.NumGoroutine()
		if n <= want {
			return n
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return n
		}
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // for what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func stacks() string {
	buf := make([]byte, 1<<16)
	return string(buf[:runtime.Stack(buf, true)])
}
