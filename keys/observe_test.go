package keys_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jwtverify/jwtverify/keys"
)

// A refreshed value is what a test compares of a RefreshEvent.
type refreshed struct {
	OK, Misconfigured bool
	Added, Removed    []string
	Keys, Skipped     int
}

// A watch keeps RefreshEvents.
type watch struct {
	mu  sync.Mutex
	all []keys.RefreshEvent
}

func (w *watch) option() keys.Option {
	return keys.WithObserver(func(e keys.RefreshEvent) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = append(w.all, e)
	})
}

func (w *watch) take() (all []keys.RefreshEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, w.all = w.all, nil
	return all
}

// saw fails the test unless these are the events since the last time.
func (w *watch) saw(t *testing.T, when string, want ...refreshed) {
	t.Helper()
	var got []refreshed
	for _, e := range w.take() {
		got = append(got, refreshed{e.Err == nil, e.Misconfigured(), ids(e.Added), ids(e.Removed), e.Keys, e.Skipped})
		if e.Err != nil && !errors.Is(e.Err, keys.ErrUnavailable) || e.Duration < 0 {
			t.Errorf("%s: %v after %v", when, e.Err, e.Duration)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got)\n%s", when, diff)
	}
}

// TestObserverOfRemote: one event for each fetch, with what it changed.
func TestObserverOfRemote(t *testing.T) {
	a, b := edSigner(t, "a"), edSigner(t, "b")
	s, w, clock := newSite(t, jwks(a)), new(watch), newClock()
	r, err := keys.NewRemote(s.URL+"/jwks?key=hidden", w.option(), keys.WithClock(clock.read))
	if err != nil {
		t.Fatal(err)
	}
	w.saw(t, "made")
	refresh := func() { clock.advance(time.Hour); r.Refresh(t.Context()) }
	refresh()
	w.saw(t, "first", refreshed{OK: true, Added: []string{"a"}, Keys: 1})
	refresh()
	w.saw(t, "the same", refreshed{OK: true, Keys: 1})
	s.answers(text(set(append(jwksOf(a, b), `{"kty":"oct","kid":"c","k":"AAAA","alg":"HS256"}`)...)))
	refresh()
	w.saw(t, "one more, and one that is skipped", refreshed{OK: true, Added: []string{"b"}, Keys: 2, Skipped: 1})
	s.answers(text("hello"))
	refresh()
	w.saw(t, "broken", refreshed{Keys: 2, Skipped: 1})
	refresh()
	w.saw(t, "broken, still", refreshed{Keys: 2, Skipped: 1})
	s.answers(jwks(edSigner(t, "b")))
	refresh()
	w.saw(t, "another key b, and no a", refreshed{OK: true, Added: []string{"b"}, Removed: []string{"a", "b"}, Keys: 1})
	s.answers(text("hello"))
	refresh()
	for _, e := range w.take() {
		if text := e.Source + e.Err.Error(); strings.Contains(text, "hidden") || e.Source != r.Status().Source || e.Err.Error() != r.Status().Err.Error() {
			t.Errorf("the event has %q and %v, the status %+v", e.Source, e.Err, r.Status())
		}
	}
}

// TestObserverOfFaults: that a setting can never work is told from an outage.
func TestObserverOfFaults(t *testing.T) {
	s, w := newSite(t, status(404, "")), new(watch)
	r, err := keys.NewOIDC(s.URL, w.option())
	if err != nil {
		t.Fatal(err)
	}
	r.Refresh(t.Context())
	w.saw(t, "no metadata", refreshed{Misconfigured: true})
	s.answers(status(503, ""))
	r.Refresh(t.Context())
	w.saw(t, "down", refreshed{})
}

// TestObserverOfFetchesThatHang: a fetch that is given up is one event, and so it stays
// when it ends after all.
func TestObserverOfFetchesThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, end := new(watch), make(chan struct{})
		r, err := keys.NewSource("mine", func(context.Context) (keys.Fetched, error) {
			<-end
			return keys.Fetched{}, errors.New("late")
		}, w.option())
		if err != nil {
			t.Fatal(err)
		}
		r.Refresh(t.Context())
		if all := w.take(); len(all) != 1 || all[0].Duration != 5500*time.Millisecond || all[0].Source != "mine" || all[0].Err == nil {
			t.Errorf("got %+v", all)
		}
		close(end)
		synctest.Wait()
		w.saw(t, "late")
	})
}

// TestObserverOfSecrets: a secret has no thumbprint, and is known to have changed all
// the same.
func TestObserverOfSecrets(t *testing.T) {
	w, n := new(watch), byte(0)
	r, err := keys.NewSource("mine", func(context.Context) (keys.Fetched, error) {
		k, err := keys.NewSecret("s", keys.HS256, []byte(strings.Repeat(string('a'+rune(n/2)), 31)+"z!"))
		n++
		return keys.Fetched{Keys: []*keys.Key{k}}, err
	}, w.option())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r.Refresh(t.Context())
	}
	s := []string{"s"}
	w.saw(t, "three fetches", refreshed{OK: true, Added: s, Keys: 1}, refreshed{OK: true, Keys: 1}, refreshed{OK: true, Added: s, Removed: s, Keys: 1})
}

// TestObserverOfFile: an event each time that the file was read or could not be.
func TestObserverOfFile(t *testing.T) {
	a, b := edSigner(t, "a"), edSigner(t, "b")
	w := new(watch)
	k := newKeyFile(t, set(jwksOf(a)...), w.option())
	w.saw(t, "made", refreshed{OK: true, Added: []string{"a"}, Keys: 1})
	k.write(set(jwksOf(a, b)...) + "\n")
	k.has("two keys", "a", "b")
	w.saw(t, "two keys", refreshed{OK: true, Added: []string{"b"}, Keys: 2})
	if err := os.Remove(k.path); err != nil {
		t.Fatal(err)
	}
	k.has("gone", "a", "b")
	w.saw(t, "gone", refreshed{Keys: 2})
	k.write(set(jwksOf(b)...))
	k.Refresh(t.Context())
	w.saw(t, "back", refreshed{OK: true, Removed: []string{"a"}, Keys: 1})
}

// TestObserverOfKeysThatPanics does not end the program, nor the fetch.
func TestObserverOfKeysThatPanics(t *testing.T) {
	s, j := newSite(t, jwks(edSigner(t, "a"))), new(journal)
	panics := keys.WithObserver(func(keys.RefreshEvent) { panic("mine") })
	r, err := keys.NewRemote(s.URL, panics, keys.WithLogger(slog.New(j)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(j.String(), "the observer panicked"); n != 1 {
		t.Errorf("logged %d times: %s", n, j)
	}
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(set(jwksOf(edSigner(t, "a"))...)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.NewFile(path, panics); err != nil {
		t.Error(err)
	}
	if _, err := keys.NewFile(path, keys.WithObserver(nil)); err == nil || !strings.Contains(err.Error(), "WithObserver") {
		t.Error(err)
	}
}

// TestObserverThroughOpen: each source of a list is observed.
func TestObserverThroughOpen(t *testing.T) {
	w := new(watch)
	one, two := newSite(t, jwks(edSigner(t, "a"))), newSite(t, jwks(edSigner(t, "b")))
	p, err := keys.Open(t.Context(), one.URL+","+two.URL, w.option())
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Refresh(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	sources := map[string]int{}
	for _, e := range w.take() {
		sources[e.Source] += len(e.Added)
	}
	if diff := cmp.Diff(map[string]int{one.URL: 1, two.URL: 1}, sources); diff != "" {
		t.Error(diff)
	}
}
