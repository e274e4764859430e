package keys_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestFaultR3Discovery breaks the metadata while the keys are still published and
// rotate: the last JWKS URL found is used.
func TestFaultR3Discovery(t *testing.T) {
	leaksNothing(t)
	old, next := edSigner(t, "old"), edSigner(t, "next")
	for _, test := range []struct {
		name   string
		answer func(s *oidcSite) http.HandlerFunc
	}{
		{"discovery 404", func(*oidcSite) http.HandlerFunc { return status(404, "") }},
		{"discovery 500", func(*oidcSite) http.HandlerFunc { return status(500, "") }},
		{"discovery HTML", func(*oidcSite) http.HandlerFunc { return text("<html>") }},
		{"discovery {}", func(*oidcSite) http.HandlerFunc { return text("{}") }},
		{"discovery null", func(*oidcSite) http.HandlerFunc { return text("null") }},
		{"discovery hangs", func(*oidcSite) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}},
		{"discovery of another issuer", func(s *oidcSite) http.HandlerFunc { return s.metadata("https://evil.example", "/evil") }},
		{"discovery without jwks_uri", func(s *oidcSite) http.HandlerFunc { return text(`{"issuer":"` + s.URL + `"}`) }},
		{"discovery with jwks_uri over http", func(s *oidcSite) http.HandlerFunc {
			return text(`{"issuer":"` + s.URL + `","jwks_uri":"http://keys.example/"}`)
		}},
		{"discovery of 2 MiB", func(*oidcSite) http.HandlerFunc { return text(strings.Repeat(" ", 2<<20)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			clock := newClock()
			s := newOIDCSite(t)
			good := s.metadata(s.URL, "/keys")
			s.serve(map[string]http.HandlerFunc{wellKnownOIDC: good, "/keys": jwks(old)})
			j := new(journal)
			timeout := 10 * time.Second
			if test.name == "discovery hangs" {
				timeout = 600 * time.Millisecond
			}
			g := guarded(t, clock, newOIDC(t, s.URL, keys.WithClock(clock.read), keys.WithTimeout(timeout), j.option()))
			tok := func(signer *verifiertest.Signer) string {
				return signer.Sign(map[string]any{"sub": "a", "exp": clock.read().Add(time.Hour).Unix(), "iss": s.URL})
			}
			g.accepts("before", tok(old))
			broken := test.answer(s)
			s.serve(map[string]http.HandlerFunc{wellKnownOIDC: broken, wellKnownOAuth: broken, "/keys": jwks(next), "/evil": jwks(edSigner(t, "evil"))})
			for range 4 {
				clock.advance(11 * time.Minute)
				if err := g.remote.Refresh(t.Context()); err != nil {
					t.Errorf("Refresh: %v", err)
				}
				g.accepts("rotated meanwhile", tok(next))
			}
			s.serve(map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL, "/moved"), "/moved": jwks(old)})
			clock.advance(11 * time.Minute)
			g.accepts("fixed, and moved", tok(old))
			want := []string{
				"INFO keys: the set has changed",
				"WARN keys: discovery failed; using the last JWKS URL",
				"INFO keys: the set has changed",
				"INFO keys: discovery works again",
				"INFO keys: the set has changed",
			}
			if diff := cmp.Diff(want, j.take()); diff != "" {
				t.Errorf("log (-want +got)\n%s", diff)
			}
			w.logf("%s; rotation and move followed", g.tally())
		})
	}
	t.Run("discovery down at cold start", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		s := newOIDCSite(t)
		g := guarded(t, clock, newOIDC(t, s.URL, keys.WithClock(clock.read)))
		tok := old.Sign(map[string]any{"sub": "a", "exp": clock.read().Add(time.Hour).Unix(), "iss": s.URL})
		g.undecided("cold start", tok)
		s.serve(map[string]http.HandlerFunc{wellKnownOIDC: text("\ufeff" + `{"issuer":"` + s.URL + `","jwks_uri":"` + s.URL + `/keys"}`), "/keys": jwks(old)})
		clock.advance(time.Second)
		g.accepts("ready as soon as it answers", tok)
		w.logf("503, then %s", g.tally())
	})
}

// TestFaultR13LateDiscovery: metadata that comes after its fetch was given up, or fails
// then, does not bring back a JWKS URL that the issuer has left.
func TestFaultR13LateDiscovery(t *testing.T) {
	const issuer = "https://issuer.example"
	left, now := edSigner(t, "left"), edSigner(t, "now")
	for _, code := range []int{200, 500} {
		inBubble(t, func(t *testing.T) {
			metadata := func(place string) string {
				return `{"issuer":"` + issuer + `","jwks_uri":"` + issuer + place + `"}`
			}
			release := make(chan struct{})
			var stuck, down, moved atomic.Bool
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				switch r.URL.Path {
				case "/left":
					return answered(200, set(jwksOf(left)...)), nil
				case "/now":
					return answered(200, set(jwksOf(now)...)), nil
				}
				if stuck.Swap(false) {
					<-release // whatever its context says
					return answered(code, metadata("/left")), nil
				}
				if down.Load() {
					return answered(500, ""), nil
				}
				if moved.Load() {
					return answered(200, metadata("/now")), nil
				}
				return answered(200, metadata("/left")), nil
			})}
			r := newOIDC(t, issuer, keys.WithHTTPClient(client))
			mustFind(t, r, hint("left"))
			stuck.Store(true)
			if err := r.Refresh(t.Context()); err == nil {
				t.Error("the stuck fetch did not fail")
			}
			moved.Store(true)
			if err := r.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
			close(release)
			synctest.Wait()
			down.Store(true)
			if err := r.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
			if ks := r.Status().Keys; len(ks) != 1 || ks[0].ID() != "now" {
				t.Errorf("status %d: keys %v", code, ks)
			}
		})
	}
}
