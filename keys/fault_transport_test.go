package keys_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A roundTrip is a function as an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answered returns a response from memory.
func answered(code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
}

// A brokenBody fails while it is read.
type brokenBody struct{ breaks func() }

func (b brokenBody) Read([]byte) (int, error) { b.breaks(); return 0, errors.New("broken") }
func (brokenBody) Close() error               { return nil }

// TestFaultR3Transport is about a caller's own transport in front of a real server.
func TestFaultR3Transport(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	goodToken, nextToken := sign(good), sign(next)
	for _, test := range []struct {
		name, want string
		broken     roundTrip
	}{
		{"panic inside a RoundTripper", "panicked: boom", func(*http.Request) (*http.Response, error) { panic("boom") }},
		{"nil dereference inside a RoundTripper", "panicked: runtime error", func(*http.Request) (*http.Response, error) {
			var client *http.Client
			return client.Transport.RoundTrip(nil)
		}},
		{"panic inside a body", "panicked: boom", func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: brokenBody{func() { panic("boom") }}}, nil
		}},
		{"goroutine that exits inside a RoundTripper", "ended its goroutine", func(*http.Request) (*http.Response, error) {
			runtime.Goexit()
			return nil, nil
		}},
		{"neither a response nor an error", "nil", func(*http.Request) (*http.Response, error) { return nil, nil }},
		{"error of many lines", "one; two", func(*http.Request) (*http.Response, error) {
			return nil, errors.Join(errors.New("one"), errors.New("two"))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			s := newSite(t, jwks(good))
			var broken atomic.Bool
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if broken.Load() {
					return test.broken(r)
				}
				return http.DefaultTransport.RoundTrip(r)
			})}
			outlast(t, w, fault{s.URL, client,
				func() { broken.Store(true) },
				func() { broken.Store(false); s.answers(jwks(good, next)) },
				test.want,
			}, goodToken, nextToken)
		})
	}
}

// TestFaultR13UnresponsiveTransport is about a transport that ignores the context
// of its request: the fetch is given up all the same, and the next one starts.
func TestFaultR13UnresponsiveTransport(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	t.Run("transport that never returns", func(t *testing.T) {
		w := begin(t)
		bubble(t, func(t *testing.T) {
			release := make(chan struct{})
			var fetches atomic.Int64
			client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				if fetches.Add(1) == 1 {
					<-release
				}
				return answered(200, set(jwksOf(good)...)), nil
			})}
			r := newRemote(t, "https://keys.example/", keys.WithHTTPClient(client))
			start := time.Now()
			if _, err := r.Find(t.Context(), keys.Hint{KeyID: "good", Algorithm: keys.EdDSA}); !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("Find: %v", err)
			}
			waited := time.Since(start)
			if waited > 6*time.Second {
				t.Errorf("the lookup waited %v", waited)
			}
			<-time.After(time.Second)
			if ks := mustFind(t, r, keys.Hint{KeyID: "good", Algorithm: keys.EdDSA}); len(ks) != 1 {
				t.Errorf("then: %v", ks)
			}
			close(release)
			synctest.Wait() // a late response changes nothing
			if s := r.Status(); s.Err != nil || len(s.Keys) != 1 {
				t.Errorf("then: %+v", s)
			}
			w.logf("given up after %v; the next fetch is used", waited)
		})
	})
}

// TestFaultR13Cancel is about callers that give up while they share a fetch.
func TestFaultR13Cancel(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	t.Run("caller cancelling during the shared fetch", func(t *testing.T) {
		w := begin(t)
		reached, release := make(chan struct{}), make(chan struct{})
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
			close(reached)
			<-release
			jwks(good)(w, r)
		})
		g := newGuard(t, newClock(), s.URL)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { _, err := g.verifier.Verify(ctx, sign(good)); first <- err }()
		<-reached
		go func() { _, err := g.verifier.Verify(t.Context(), sign(good)); second <- err }()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) || !errors.Is(err, verifier.ErrUnavailable) || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("the caller that cancelled: %v", err)
		}
		close(release)
		if err := <-second; err != nil {
			t.Errorf("the caller that shared the fetch: %v", err)
		}
		g.accepts("after it", sign(good))
		if n := s.fetches.Load(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
		w.logf("cancelled: unavailable; shared the fetch: verified; %d fetch", s.fetches.Load())
	})
	t.Run("callers that hang up do not repeat a fetch", func(t *testing.T) {
		w := begin(t)
		s := newSite(t, jwks(good))
		g := newGuard(t, newClock(), s.URL)
		g.accepts("before", sign(good))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 {
			if _, err := g.verifier.Verify(gone, sign(next)); err == nil {
				t.Error("an unknown key is accepted")
			}
			if err := g.remote.Refresh(t.Context()); err != nil { // lets the fetch end
				t.Fatal(err)
			}
		}
		asked := s.fetches.Load()
		g.refuses("a caller that stays", sign(next), verifier.ErrUnknownKey)
		if s.fetches.Load() != asked || asked > 1+20+1 {
			t.Errorf("%d fetches, and then one more; want 22", asked)
		}
		w.logf("an unknown kid is remembered although no caller waited")
	})
	t.Run("deadline shorter than the fetch", func(t *testing.T) {
		w := begin(t)
		s := newSite(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		g := newGuard(t, newClock(), s.URL)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := g.verifier.Verify(ctx, sign(good))
		waited := time.Since(start)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, verifier.ErrUnavailable) || waited > 5*time.Second {
			t.Errorf("after %v: %v", waited, err)
		}
		s.CloseClientConnections() // ends the fetch
		w.logf("unavailable after %v", waited.Round(time.Millisecond))
	})
}

// TestFaultConstructors makes many providers: they must leave nothing behind.
func TestFaultConstructors(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	t.Run("1,000 constructors that fail", func(t *testing.T) {
		w := begin(t)
		dir := t.TempDir()
		for i := range 1000 {
			bad := keys.Option(nil)
			if i%2 == 0 {
				bad = keys.WithSeed([]byte(`{"keys":[]}`))
			}
			r, err := keys.NewRemote("https://127.0.0.1/", bad)
			o, oidcErr := keys.NewOIDC("https://127.0.0.1/?", bad)
			f, fileErr := keys.NewFile(dir)
			if r != nil || err == nil || o != nil || oidcErr == nil || f != nil || fileErr == nil {
				t.Fatalf("%v, %v; %v, %v; %v, %v", r, err, o, oidcErr, f, fileErr)
			}
		}
		w.logf("nothing remains")
	})
	t.Run("1,000 providers made and dropped", func(t *testing.T) {
		w := begin(t)
		s := newSite(t, jwks(good))
		for range 1000 {
			newRemote(t, s.URL)
		}
		w.logf("unused: nothing remains")
	})
	t.Run("1,000 providers made, used and dropped", func(t *testing.T) {
		w := begin(t)
		s := newSite(t, jwks(good))
		for range 1000 {
			mustFind(t, newRemote(t, s.URL), keys.Hint{KeyID: "good", Algorithm: keys.EdDSA})
		}
		w.logf("%d fetches", s.fetches.Load())
	})
	t.Run("1,000 providers whose endpoint is down", func(t *testing.T) {
		w := begin(t)
		s := newSite(t, status(503, ""))
		for range 1000 {
			if err := newRemote(t, s.URL).Refresh(t.Context()); !errors.Is(err, keys.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		w.logf("%d fetches", s.fetches.Load())
	})
	t.Run("100 Runs that end", func(t *testing.T) {
		w := begin(t)
		fetched := make(chan struct{}, 100)
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) { jwks(good)(w, r); fetched <- struct{}{} })
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := newRemote(t, s.URL).Run(ctx); err != nil {
					t.Errorf("Run: %v", err)
				}
			})
		}
		for range 100 {
			<-fetched
		}
		cancel()
		wg.Wait()
		w.logf("%d fetches", s.fetches.Load())
	})
}
