package keys_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// A journal keeps the log lines, and may run a function at each of them.
type journal struct {
	mu    sync.Mutex
	lines []string // level and message
	whole strings.Builder
	hook  func()
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(ctx context.Context, r slog.Record) error {
	j.mu.Lock()
	j.lines = append(j.lines, r.Level.String()+" "+r.Message)
	err := slog.NewTextHandler(&j.whole, nil).Handle(ctx, r)
	j.mu.Unlock()
	if j.hook != nil {
		j.hook()
	}
	return err
}

// take returns the lines since the last time.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.whole.String()
}

func (j *journal) option() keys.Option { return keys.WithLogger(slog.New(j)) }

// TestLogReportsChangesOfState: one line for each change, and none for a request.
func TestLogReportsChangesOfState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const (
			changed   = "INFO keys: the set has changed"
			failing   = "WARN keys: fetch failed; using the last good set"
			none      = "ERROR keys: fetch failed, and there are no keys that may be used"
			recovered = "INFO keys: the endpoint answers again"
		)
		a, b := edSigner(t, "a"), edSigner(t, "b")
		j := new(journal)
		r, s := inMemory(t, j.option())
		step := func(name string, lasts time.Duration, want ...string) {
			t.Helper()
			for end := time.Now().Add(lasts); time.Now().Before(end); {
				<-time.After(10 * time.Second)
				r.Find(t.Context(), hint("a"))
				r.Find(t.Context(), hint("unknown"))
				r.Find(t.Context(), keys.Hint{KeyID: "a", Algorithm: keys.EdDSA, Retry: true})
			}
			synctest.Wait()
			if diff := cmp.Diff(want, j.take()); diff != "" {
				t.Errorf("%s: log (-want +got)\n%s", name, diff)
			}
		}
		s.fails(0, 500)
		step("cold start with the endpoint down", time.Hour, none)
		s.publishes(0, a, b)
		step("then it answers", time.Hour, recovered, changed)
		s.publishes(0, b, a)
		step("the same keys in another order", time.Hour)
		s.publishes(0, a)
		step("a key is gone", time.Hour, changed)
		s.answer.Store(&memoryAnswer{0, 200, set(string(a.JWK()), `{"kid":"odd"}`)})
		step("a key that is skipped", time.Hour, changed)
		s.fails(0, 404)
		step("an outage", 30*time.Minute, failing)
		s.fails(0, 500)
		step("it fails in another way", 15*time.Minute)
		step("past the limit", time.Hour, none)
		s.publishes(0, a)
		step("then it answers", time.Hour, recovered, changed)
		if !strings.Contains(j.String(), `removed="[\"b\" EdDSA `) || !strings.Contains(j.String(), `\"odd\": kty \"\" is not used`) {
			t.Errorf("the log does not say which keys:\n%s", j)
		}
	})
}

// TestLogIsShort: however many keys are published.
func TestLogIsShort(t *testing.T) {
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprintf(`{"kid":"%d"}`, i))
	}
	j := new(journal)
	r := newRemote(t, serve(t, []byte(set(append(many, string(edSigner(t, "a").JWK()))...))), j.option())
	mustFind(t, r, hint("a"))
	if n := len(j.String()); n > 2000 || !strings.Contains(j.String(), "and 4900 more") {
		t.Errorf("%d bytes of log: %.2000s", n, j)
	}
}

// TestLoggerMayDoAnything: call Status, block or panic.
func TestLoggerMayDoAnything(t *testing.T) {
	good := edSigner(t, "a")
	t.Run("ask", func(t *testing.T) {
		var r *keys.Remote
		j := &journal{hook: func() { r.Status(); r.Find(t.Context(), hint("a")) }}
		r = newRemote(t, serve(t, []byte(set(jwksOf(good)...))), j.option())
		mustFind(t, r, hint("a"))
	})
	t.Run("panic", func(t *testing.T) {
		j := &journal{hook: func() { panic("boom") }}
		r := newRemote(t, serve(t, []byte(set(jwksOf(good)...))), j.option())
		mustFind(t, r, hint("a"))
	})
	t.Run("block", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			release := make(chan struct{})
			j := &journal{hook: func() { <-release }}
			r, s := inMemory(t, j.option())
			s.publishes(0, good)
			start := time.Now()
			if ks := mustFind(t, r, hint("a")); len(ks) != 1 || time.Since(start) > 6*time.Second {
				t.Errorf("Find = %v after %v", ks, time.Since(start))
			}
			s.fails(0, 500) // now the logger blocks in every fetch
			for range 60 {
				<-time.After(time.Minute)
				before := time.Now()
				if ks := mustFind(t, r, hint("a")); len(ks) != 1 || time.Since(before) > time.Second {
					t.Errorf("after %v: Find = %v after %v", before.Sub(start), ks, time.Since(before))
				}
			}
			close(release)
			synctest.Wait()
		})
	})
}

// TestNothingRevealsSecretsOfURL: no log line, error or Status holds the user,
// password or query of a URL, however that gets into an error.
func TestNothingRevealsSecretsOfURL(t *testing.T) {
	const tail = "/keys?code=querysecret"
	closed := newSite(t, nil)
	closed.Close()
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		broken roundTrip
	}{
		{name: "nothing listens"},
		{name: "500", answer: status(500, "")},
		{name: "no set", answer: text("{}")},
		{name: "redirect that cannot be read", answer: status(302, "", "Location: http://user:passwordsecret@host/%zz?code=querysecret")},
		{name: "redirect to another host", answer: status(302, "", "Location: http://user:passwordsecret@host.invalid"+tail)},
		{name: "redirect loop", answer: status(302, "", "Location: "+tail)},
		{name: "transport that reports the URL", broken: func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("GET %s (%s, %s) failed", r.URL, r.URL.Redacted(), r.URL.RequestURI())
		}},
		{name: "transport with a client inside", broken: func(r *http.Request) (*http.Response, error) {
			_, err := http.Get("http://user:passwordsecret@127.0.0.1:0" + tail)
			return nil, fmt.Errorf("inside: %w", err)
		}},
		{name: "transport that reports the URL it was redirected to", broken: func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/moved" {
				a := answered(302, "")
				a.Header.Set("Location", "/moved?code=othersecret")
				return a, nil
			}
			return nil, fmt.Errorf("GET %s failed", r.URL)
		}},
		{name: "transport that panics with the URL", broken: func(r *http.Request) (*http.Response, error) { panic(r.URL.String()) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := closed.Listener.Addr().String()
			if test.answer != nil {
				host = newSite(t, test.answer).Listener.Addr().String()
			}
			client := new(http.Client)
			if test.broken != nil {
				client.Transport = test.broken
			}
			j := new(journal)
			r := newRemote(t, "http://usersecret:passwordsecret@"+host+tail, j.option(), keys.WithHTTPClient(client),
				keys.WithSnapshotFile(filepath.Join(t.TempDir(), "absent", "keys.json")))
			err := r.Refresh(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			_, findErr := r.Find(t.Context(), hint("a"))
			if len(j.take()) != 1 {
				t.Errorf("the log: %s", j)
			}
			for _, text := range []string{err.Error(), findErr.Error(), fmt.Sprintf("%+v", r.Status()), j.String()} {
				if strings.Contains(text, "secret") {
					t.Errorf("it reveals a secret: %s", text)
				}
				if !strings.Contains(text, host) {
					t.Errorf("it does not name the host: %s", text)
				}
			}
		})
	}
	if _, err := keys.NewRemote("ftp://usersecret:passwordsecret@127.0.0.1" + tail); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("NewRemote: %v", err)
	}
}
