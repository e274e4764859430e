package keys_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestFaultR14Size is about responses that are too large, and measures what they
// cost.
func TestFaultR14Size(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	goodToken, nextToken := sign(good), sign(next)
	mib := bytes.Repeat([]byte(" "), 1<<20)
	bomb := zipped(t, 64<<20)
	filler := strings.Repeat("x", 1<<18)
	for _, test := range []struct {
		name, want string
		answer     http.HandlerFunc
	}{
		{"300 MiB body", "larger than 1048576 bytes", func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"keys":[` + string(good.JWK())))
			for range 300 {
				if _, err := w.Write(mib); err != nil {
					return
				}
			}
			w.Write([]byte(`]}`))
		}},
		{"gzip bomb", "larger than 1048576 bytes", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb)
		}},
		{"gzip that is not gzip", "response truncated", text("no gzip", "Content-Encoding: gzip")},
		{"16 MiB of headers", "headers exceeded 262144 bytes", func(w http.ResponseWriter, _ *http.Request) {
			for range 64 {
				w.Header().Add("X-Filler", filler)
			}
		}},
		{"deep nesting", "not valid JSON", text(`{"a":` + strings.Repeat("[", 1<<18) + strings.Repeat("]", 1<<18) + `,"keys":[]}`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := alone(t)
			s := newSite(t, jwks(good))
			warm := newGuard(t, newClock(), s.URL)
			warm.accepts("before the fault", goodToken)
			s.answers(test.answer)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			warm.undecided("during the fault", nextToken)
			warm.accepts("during the fault", goodToken)
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 10
			if allocated > 16<<10 {
				t.Errorf("one answer made the process allocate %d KiB", allocated)
			}
			w.logf("%d KiB allocated for one answer, by client and server", allocated)

			s.answers(jwks(good))
			outlast(t, w, fault{s.URL, new(http.Client),
				func() { s.answers(test.answer) },
				func() { s.answers(jwks(good, next)) },
				test.want,
			}, goodToken, nextToken)
		})
	}
}

// zipped returns that many spaces, compressed.
func zipped(t *testing.T, size int64) []byte {
	t.Helper()
	return zip(t, io.LimitReader(spaces{}, size))
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func zip(t *testing.T, doc io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.Copy(z, doc)
	if cerr := z.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	return b.Bytes()
}

// TestFaultR4RetryAfter counts the fetches from an endpoint that asks for a pause.
func TestFaultR4RetryAfter(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	clock := newClock()
	for _, test := range []struct {
		name, header string
		want         time.Duration // no request before it, and one then
	}{
		{"429 with Retry-After in seconds", "120", 2 * time.Minute},
		{"429 with Retry-After as a date", clock.read().Add(5 * time.Minute).Format(http.TimeFormat), 4 * time.Minute},
		{"429 with Retry-After in the past", clock.read().Add(-time.Hour).Format(http.TimeFormat), time.Second},
		{"429 with Retry-After of a year", "31536000", time.Hour},
		{"429 with Retry-After beyond counting", "99999999999999999999", time.Hour},
		{"429 with Retry-After that is garbage", "soon", time.Second},
		{"429 without Retry-After", "", time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			clock := newClock()
			s := newSite(t, jwks(good))
			g := newGuard(t, clock, s.URL)
			g.accepts("before the fault", sign(good))
			s.answers(status(http.StatusTooManyRequests, "", "Retry-After: "+test.header))
			clock.advance(time.Minute)
			g.undecided("during the fault", sign(next))

			clock.advance(test.want - time.Second)
			for range 10 {
				g.undecided("before the time it asks for", sign(next))
				g.accepts("before the time it asks for", sign(good))
			}
			if n := s.fetches.Load(); n != 2 {
				t.Errorf("it was asked %d times before the time it asks for, want 2", n)
			}
			s.answers(jwks(good, next))
			clock.advance(time.Second)
			g.accepts("at the time it asks for", sign(next), sign(good))
			if n := s.fetches.Load(); n != 3 {
				t.Errorf("it was asked %d times in all, want 3", n)
			}
			w.logf("not asked for %v, then once; %s", test.want, g.tally())
		})
	}
	t.Run("503 of discovery with Retry-After", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		s := newSite(t, status(http.StatusServiceUnavailable, "", "Retry-After: 1800"))
		r, err := keys.NewOIDC(s.URL, keys.WithClock(clock.read))
		if err != nil {
			t.Fatal(err)
		}
		g := guarded(t, clock, r)
		g.undecided("cold start", sign(good))
		asked := s.fetches.Load()
		clock.advance(59 * time.Second)
		g.undecided("before a minute is over", sign(good))
		if s.fetches.Load() != asked {
			t.Error("it was asked before a minute was over")
		}
		clock.advance(time.Second)
		g.undecided("without a key, it is asked after a minute", sign(good))
		if s.fetches.Load() == asked {
			t.Error("it was not asked after a minute")
		}
		w.logf("not asked for 1m")
	})
}
