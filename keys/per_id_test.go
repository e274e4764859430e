package keys_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"crypto/x509"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A keySite has a document for each key ID, in memory.
type keySite struct {
	mu    sync.Mutex
	docs  map[string]string
	codes map[string]int // "": of all
	delay time.Duration
	asked []string
}

func (s *keySite) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	delay := s.delay
	id := strings.TrimPrefix(r.URL.Path, "/keys/")
	s.asked = append(s.asked, id)
	doc, there := s.docs[id]
	code := s.codes[id]
	if s.codes[""] != 0 {
		code = s.codes[""]
	}
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	switch {
	case code != 0:
		return answered(code, ""), nil
	case !there:
		return answered(404, ""), nil
	}
	return answered(200, doc), nil
}

func (s *keySite) set(id, doc string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.docs == nil {
		s.docs = map[string]string{}
	}
	if s.docs[id] = doc; doc == "" {
		delete(s.docs, id)
	}
}

// fails makes the site answer code for id; "" is all, and 0 mends it.
func (s *keySite) fails(id string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.codes == nil {
		s.codes = map[string]int{}
	}
	s.codes[id] = code
}

// take returns the key IDs that were asked for since the last time.
func (s *keySite) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func perID(t *testing.T, s http.RoundTripper, opts ...keys.Option) *keys.Remote {
	t.Helper()
	r, err := keys.NewPerID("https://keys.example/keys/{kid}", append(opts, keys.WithHTTPClient(&http.Client{Transport: s}))...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// publicPEM returns the public key of s in PEM.
func publicPEM(t *testing.T, s *verifiertest.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(s.Key().Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestPerID(t *testing.T) {
	a, b := edSigner(t, "a"), edSigner(t, "b")
	inBubble(t, func(t *testing.T) {
		s := new(keySite)
		s.set("a", publicPEM(t, a))
		r := perID(t, s)
		if err := r.Refresh(t.Context()); err != nil || len(s.take()) > 0 {
			t.Errorf("Refresh without keys: %v", err)
		}
		st := r.Status()
		if diff := cmp.Diff(keys.Status{Source: "https://keys.example/keys/{kid}", NextRefresh: st.NextRefresh}, st); diff != "" {
			t.Errorf("Status (-want +got)\n%s", diff)
		}
		if ks := mustFind(t, r, hint("a")); len(ks) != 1 || ks[0].ID() != "a" || ks[0].Thumbprint() != a.Key().Thumbprint() {
			t.Errorf("a: %v", ks)
		}
		if ks := mustFind(t, r, hint("b")); len(ks) > 0 {
			t.Errorf("b: %v", ks)
		}
		s.set("b", string(b.JWK()))
		if ks := mustFind(t, r, hint("b")); len(ks) > 0 { // R7
			t.Errorf("b, which is remembered: %v", ks)
		}
		<-time.After(31 * time.Second)
		if ks := mustFind(t, r, hint("b")); len(ks) != 1 {
			t.Errorf("b: %v", ks)
		}
		if diff := cmp.Diff([]string{"a", "b", "b"}, s.take()); diff != "" {
			t.Errorf("asked (-want +got)\n%s", diff)
		}
		if err := r.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		asked := s.take()
		slices.Sort(asked)
		if diff := cmp.Diff([]string{"a", "b"}, asked); diff != "" {
			t.Errorf("asked by Refresh (-want +got)\n%s", diff)
		}
	})
}

// TestPerIDCharset: an ID that cannot stand in the URL, and a token without one, ask
// for nothing.
func TestPerIDCharset(t *testing.T) {
	s := new(keySite)
	s.set("a", string(edSigner(t, "a").JWK()))
	r := perID(t, s)
	mustFind(t, r, hint("a"))
	s.take()
	for _, id := range []string{"", ".", "..", "a/b", "../a", "a%2Fb", "a?b", "a#b", "a b", "a.b", "\u00e9", "a\r\nb", "{kid}", strings.Repeat("x", 129)} {
		for name, p := range map[string]keys.Provider{"alone": r, "Merge": keys.Merge(r, keys.Static(edKey(t, "x"))), "ForIssuer": keys.ForIssuer("https://a", r)} {
			ks, err := p.Find(t.Context(), hint(id))
			if name == "Merge" && id == "" {
				continue // the other provider's key
			}
			if len(ks) > 0 || err != nil || len(s.take()) > 0 {
				t.Errorf("%s: %q: %v, %v", name, id, ks, err)
			}
		}
	}
	if ks := mustFind(t, r, hint(strings.Repeat("x", 128))); len(ks) > 0 || len(s.take()) != 1 {
		t.Errorf("the longest ID: %v", ks)
	}
}

// TestPerIDAnswers: what an answer may be, and what it means.
func TestPerIDAnswers(t *testing.T) {
	a := edSigner(t, "a")
	jwk, plain := string(a.JWK()), publicPEM(t, a)
	var members map[string]any
	if err := json.Unmarshal(a.JWK(), &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "kid")
	bare, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	const (
		found = iota
		none
		outage
	)
	for _, test := range []struct {
		name, doc string
		code      int
		want      int
		says      string
	}{
		{"PEM", plain, 0, found, ""},
		{"a JWK", jwk, 0, found, ""},
		{"a JWK with a byte order mark", "\ufeff" + jwk, 0, found, ""},
		{"a JWK without kid", string(bare), 0, found, ""},
		{"a JWK Set", set(jwk), 0, found, ""},
		{"404", "", 404, none, ""},
		{"403", "", 403, none, ""},
		{"410", "", 410, none, ""},
		{"a JWK of another kid", string(edSigner(t, "b").JWK()), 0, none, "another kid"},
		{"a JWK Set of another kid", set(string(edSigner(t, "b").JWK())), 0, none, "another kid"},
		{"a secret", `{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}`, 0, none, "published secret"},
		{"a private key", edPrivate, 0, none, "private half"},
		{"for encryption", `{"kty":"EC","use":"enc"}`, 0, none, `use is "enc"`},
		{"two keys", set(jwk, jwk), 0, outage, "has 2 keys, not one"},
		{"no key", `{"keys":[]}`, 0, outage, "has 0 keys"},
		{"two PEM blocks", plain + publicPEM(t, edSigner(t, "c")), 0, outage, "has 2 keys"},
		{"PEM cut off", plain[:60], 0, outage, "cut off"},
		{"an error in JSON", `{"error":"internal"}`, 0, outage, `no "kty"`},
		{"HTML", "<html>", 0, outage, "neither PEM"},
		{"nothing", " ", 0, outage, "neither PEM"},
		{"JSON cut off", jwk[:20], 0, outage, "not valid JSON"},
		{"401", "", 401, outage, "answered 401"},
		{"429", "", 429, outage, "answered 429"},
		{"500", "", 500, outage, "answered 500"},
		{"302", "", 302, outage, "answered 302"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := new(keySite)
			s.set("a", test.doc)
			s.fails("a", test.code)
			r := perID(t, s, keys.WithThumbprintIDs())
			ks, err := r.Find(t.Context(), hint("a"))
			reason, _ := keys.Unused(r, "a")
			switch test.want {
			case found:
				if err != nil || len(ks) != 1 || ks[0].ID() != "a" {
					t.Errorf("Find = %v, %v", ks, err)
				}
			case none:
				if err != nil || len(ks) > 0 || !strings.Contains(reason, test.says) {
					t.Errorf("Find = %v, %v; %q", ks, err, reason)
				}
			case outage:
				if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("Find = %v, %v", ks, err)
				}
			}
		})
	}
}

// TestR20Flood: a flood of unknown IDs costs the budget of R5, delays no lookup of a
// known key and no refresh of it, and nobody is told that a key does not exist that
// was not asked for.
func TestR20Flood(t *testing.T) {
	for _, test := range []struct {
		name  string
		code  int // of unknown IDs
		delay time.Duration
	}{
		{"404", 404, 50 * time.Millisecond},
		{"404 of a slow endpoint", 404, 2 * time.Second},
		{"500", 500, 50 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			good := string(edSigner(t, "good").JWK())
			inBubble(t, func(t *testing.T) {
				s := &keySite{delay: test.delay}
				s.set("good", good)
				r := perID(t, unknownCode{s, test.code}, keys.WithRefresh(time.Minute), keys.WithMaxStale(0))
				mustFind(t, r, hint("good"))
				s.take()
				var clients sync.WaitGroup
				var none, undecided int
				var mu sync.Mutex
				for i := range 10_000 {
					<-time.After(18 * time.Millisecond)
					clients.Go(func() {
						ks, err := r.Find(t.Context(), hint(fmt.Sprint(i)))
						mu.Lock()
						defer mu.Unlock()
						switch {
						case len(ks) > 0 || err != nil && !errors.Is(err, keys.ErrUnavailable):
							t.Errorf("%v, %v", ks, err)
						case err != nil:
							undecided++
						default:
							none++
						}
					})
					before := time.Now()
					if ks, err := r.Find(t.Context(), hint("good")); len(ks) != 1 || err != nil || time.Since(before) > 0 {
						t.Errorf("after %d: the known key: %v, %v after %v", i, ks, err, time.Since(before))
					}
				}
				clients.Wait()
				good := 0
				asked := s.take()
				for _, id := range asked {
					if id == "good" {
						good++
					}
				}
				if n := len(asked) - good; n > 3+18+1 || none > n || test.code == 404 && none != n || test.code == 500 && none > 0 {
					t.Errorf("%d requests for unknown keys, %d answers that there is none", n, none)
				}
				if good < 3 || good > 5 { // in 180 s, every 48 s
					t.Errorf("%d refreshes of the known key", good)
				}
				t.Logf("%d requests for unknown IDs, %d for the known one, %d undecided", len(asked)-good, good, undecided)
			})
		})
	}
}

// unknownCode answers code where its site has nothing.
type unknownCode struct {
	*keySite
	code int
}

func (u unknownCode) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.keySite.RoundTrip(r)
	if err == nil && resp.StatusCode == 404 {
		io.Copy(io.Discard, resp.Body)
		return answered(u.code, ""), nil
	}
	return resp, err
}

// TestR20Waiters: lookups of one ID share its request, and others wait for theirs.
func TestR20Waiters(t *testing.T) {
	a, b := edSigner(t, "a"), edSigner(t, "b")
	inBubble(t, func(t *testing.T) {
		s := &keySite{delay: time.Second}
		s.set("a", string(a.JWK()))
		s.set("b", string(b.JWK()))
		r := perID(t, s)
		var clients sync.WaitGroup
		for i := range 60 {
			id := []string{"a", "b", "none"}[i%3]
			clients.Go(func() {
				want := 1
				if id == "none" {
					want = 0
				}
				if ks, err := r.Find(t.Context(), hint(id)); err != nil || len(ks) != want {
					t.Errorf("%s: %v, %v", id, ks, err)
				}
			})
		}
		clients.Wait()
		asked := s.take()
		slices.Sort(asked)
		if diff := cmp.Diff([]string{"a", "b", "none"}, asked); diff != "" {
			t.Errorf("asked (-want +got)\n%s", diff)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		<-time.After(time.Minute)
		if _, err := r.Find(ctx, hint("late")); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("a caller with less time: %v", err)
		}
	})
}

// TestR20Outage: known keys are used until WithMaxStale, one that is gone stops at
// once, and one that cannot be had does not keep the others out for ever.
func TestR20Outage(t *testing.T) {
	ids := []string{"a", "b", "c"}
	s := new(keySite)
	for _, id := range ids {
		s.set(id, string(edSigner(t, id).JWK()))
	}
	inBubble(t, func(t *testing.T) {
		j := new(journal)
		r := perID(t, s, j.option())
		for _, id := range ids {
			mustFind(t, r, hint(id))
		}
		j.take()
		go r.Run(t.Context())
		s.fails("", 503)
		<-time.After(65 * time.Minute)
		if ks := mustFind(t, r, hint("a")); len(ks) != 1 || r.Status().Err == nil || !r.Status().Stale {
			t.Errorf("in the outage: %v, %v", ks, r.Status())
		}
		if ks, err := r.Find(t.Context(), hint("other")); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("an unknown ID: %v, %v", ks, err)
		}
		<-time.After(6 * time.Minute)
		if ks, err := r.Find(t.Context(), hint("a")); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("past the limit: %v, %v", ks, err)
		}
		s.fails("", 0)
		<-time.After(2 * time.Minute)
		if ks := mustFind(t, r, hint("a")); len(ks) != 1 || r.Status().Err != nil {
			t.Errorf("afterwards: %v, %v", ks, r.Status())
		}
		want := []string{"WARN keys: fetch failed; using the last good set", "ERROR keys: fetch failed, and there are no keys that may be used", "INFO keys: the endpoint answers again"}
		if diff := cmp.Diff(want, j.take()); diff != "" {
			t.Errorf("log (-want +got)\n%s", diff)
		}
		s.fails("b", 503)
		s.set("c", "")
		<-time.After(12 * time.Minute)
		if ks, _ := r.Find(t.Context(), hint("c")); len(ks) > 0 {
			t.Errorf("a key that is gone, while another fails: %v", ks)
		}
		if ks := mustFind(t, r, hint("b")); len(ks) != 1 {
			t.Errorf("the one that fails: %v", ks)
		}
		<-time.After(2 * time.Hour)
		if ks := mustFind(t, r, hint("a")); len(ks) != 1 {
			t.Errorf("the one that does not fail: %v", ks)
		}
		if ks, err := r.Find(t.Context(), hint("b")); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("the one that fails, past the limit: %v, %v", ks, err)
		}
		s.set("a", "")
		<-time.After(12 * time.Minute)
		if ks, err := r.Find(t.Context(), hint("a")); len(ks) > 0 || err != nil {
			t.Errorf("gone: %v, %v", ks, err)
		}
		synctest.Wait()
	})
}

// TestR20R7GoneAtRefresh: a key that its refresh did not find is not asked for again for
// 30 s, and nobody waits for it.
func TestR20R7GoneAtRefresh(t *testing.T) {
	for _, test := range []struct {
		name   string
		broken string // another key that cannot be had meanwhile
	}{
		{"the refresh succeeds", ""},
		{"the refresh of another key fails", "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := edSigner(t, "a"), edSigner(t, "b")
			inBubble(t, func(t *testing.T) {
				s := new(keySite)
				s.set("a", string(a.JWK()))
				s.set("b", string(b.JWK()))
				r := perID(t, s)
				mustFind(t, r, hint("a"))
				mustFind(t, r, hint("b"))
				s.set("a", "")
				if test.broken != "" {
					s.fails(test.broken, 500)
				}
				if err := r.Refresh(t.Context()); (err == nil) != (test.broken == "") {
					t.Fatal(err)
				}
				<-time.After(2 * time.Second) // past the first backoff
				s.take()
				for range 20 {
					if ks := mustFind(t, r, hint("a")); len(ks) > 0 {
						t.Fatalf("Find = %v; the key is gone", ks)
					}
					<-time.After(time.Second)
				}
				if asked := s.take(); slices.Contains(asked, "a") {
					t.Errorf("asked for %v within 30 s", asked)
				}
				s.set("a", string(a.JWK()))
				<-time.After(11 * time.Second)
				if ks := mustFind(t, r, hint("a")); len(ks) != 1 {
					t.Errorf("Find = %v after 30 s; the key is back", ks)
				}
			})
		})
	}
}

// TestR20Replaced: another key under a known ID is found when a signature is bad.
func TestR20Replaced(t *testing.T) {
	old, next := edSigner(t, "a"), edSigner(t, "a")
	inBubble(t, func(t *testing.T) {
		s := new(keySite)
		s.set("a", string(old.JWK()))
		r := perID(t, s)
		mustFind(t, r, hint("a"))
		s.set("a", string(next.JWK()))
		again := keys.Hint{KeyID: "a", Algorithm: keys.EdDSA, Retry: true}
		if ks := mustFind(t, r, again); len(ks) != 1 || ks[0].Thumbprint() != next.Key().Thumbprint() {
			t.Errorf("Find = %v", ks)
		}
		s.take()
		for range 100 {
			mustFind(t, r, again)
		}
		if n := len(s.take()); n > 0 {
			t.Errorf("%d more requests within a minute", n)
		}
	})
}

// TestR20ReplacedDuringAnotherFetch: a bad signature is answered by a request for its
// own ID, not by the end of one for another.
func TestR20ReplacedDuringAnotherFetch(t *testing.T) {
	old, next, other := edSigner(t, "a"), edSigner(t, "a"), edSigner(t, "other")
	inBubble(t, func(t *testing.T) {
		s := new(keySite)
		s.set("a", string(old.JWK()))
		s.set("other", string(other.JWK()))
		r := perID(t, s)
		mustFind(t, r, hint("a"))
		s.set("a", string(next.JWK()))
		s.delay = time.Second
		var unknown sync.WaitGroup
		unknown.Go(func() { mustFind(t, r, hint("other")) })
		synctest.Wait()
		ks := mustFind(t, r, keys.Hint{KeyID: "a", Algorithm: keys.EdDSA, Retry: true})
		if len(ks) != 1 || ks[0].Thumbprint() != next.Key().Thumbprint() {
			t.Errorf("Find = %v", ks)
		}
		unknown.Wait()
	})
}

// TestR20Bounded: 64 keys are kept, and a flood of existing IDs displaces itself and
// not a key in use.
func TestR20Bounded(t *testing.T) {
	shared := publicPEM(t, edSigner(t, ""))
	inBubble(t, func(t *testing.T) {
		s := new(keySite)
		s.set("good", shared)
		r := perID(t, s, keys.WithRefresh(24*time.Hour))
		mustFind(t, r, hint("good"))
		for i := range 200 {
			id := fmt.Sprint(i)
			s.set(id, shared)
			<-time.After(11 * time.Second)
			if ks := mustFind(t, r, hint(id)); len(ks) != 1 {
				t.Errorf("%s: %v", id, ks)
			}
			mustFind(t, r, hint("good"))
		}
		n := 0
		for _, id := range s.take() {
			if id == "good" {
				n++
			}
		}
		if n != 1 || len(r.Status().Keys) != 64 {
			t.Errorf("the key in use was fetched %d times; %d keys are kept", n, len(r.Status().Keys))
		}
	})
}

func TestPerIDTemplate(t *testing.T) {
	for _, template := range []string{"https://keys.example/{kid}", "https://keys.example/a/{kid}/key.pem", "https://keys.example/{kid}?v=1", "http://localhost/{kid}"} {
		if _, err := keys.NewPerID(template); err != nil {
			t.Errorf("%s: %v", template, err)
		}
		p, err := keys.Open(t.Context(), template, keys.WithSeed([]byte(set(jwksOf(edSigner(t, "a"))...))))
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		if got, want := keys.Statuses(p)[0], strings.TrimSuffix(template, "?v=1"); got.Source != want || len(got.Keys) > 0 {
			t.Errorf("Open(%s): %v", template, got)
		}
	}
	for template, want := range map[string]string{
		"":                                          "the URL template is empty",
		"http://keys.example/{kid}":                 "use https",
		"https://keys.example/":                     "{kid} once",
		"https://keys.example/{kid}/{kid}":          "{kid} once",
		"https://keys.example/x{kid}":               "{kid} once",
		"https://keys.example/{kid}.pem":            "{kid} once",
		"https://keys.example/?kid={kid}":           "{kid} once",
		"https://keys.example/{kid}?kid={kid}":      "{kid} once",
		"https://keys.example/{kid}/{tenant}":       "{kid} once",
		"https://keys.example/%7Bkid%7D":            "{kid} once",
		"https://keys.example/{kid}#{kid}":          "fragment",
		"https://{kid}.example/{kid}":               "URL",
		"https://{kid}@keys.example/a":              "URL",
		"https://keys.example/{KID}":                "{kid} once",
		"https://keys.example/a%2F{kid}":            "{kid} once",
		"https://keys.example/%7Bkid%7D/x/%2F{kid}": "{kid} once",
	} {
		_, err := keys.NewPerID(template)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", template, err, want)
		}
	}
	_, err := keys.NewPerID("https://keys.example/{kid}", keys.WithSeed([]byte("{}")), keys.WithSnapshotFile("a"), keys.WithSnapshotKey(make([]byte, 32)), keys.WithMetadataURL("https://a"), keys.WithSecretAlgorithm(keys.HS256))
	if err == nil || strings.Count(err.Error(), "means nothing for a URL for each key ID") != 5 {
		t.Errorf("options: %v", err)
	}
}
