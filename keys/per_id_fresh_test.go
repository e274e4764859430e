package keys_test

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestR20R1FreshAsAnySet: keys whose responses do not say how long they are fresh are
// fresh for 10 minutes (R1), whatever was fetched before. A key that was removed stops
// verifying at the refresh that is due then.
func TestR20R1FreshAsAnySet(t *testing.T) {
	for _, test := range []struct {
		name  string
		first bool // Refresh comes before any key is known
	}{
		{"from the first lookup", false},
		{"after a Refresh that had nothing to fetch", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				a, s := edSigner(t, "a"), new(keySite)
				s.set("a", string(a.JWK()))
				r := perID(t, s)
				if test.first {
					if err := r.Refresh(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				mustFind(t, r, hint("a"))
				<-time.After(9 * time.Minute)
				mustFind(t, r, hint("a")) // starts the refresh in the background
				<-time.After(time.Second)
				if got, want := s.take(), []string{"a", "a"}; !slices.Equal(got, want) {
					t.Errorf("asked for %v, want %v", got, want)
				}
				if next := time.Until(r.Status().NextRefresh); next < 7*time.Minute || next > 9*time.Minute {
					t.Errorf("the next refresh is due in %v, want 80 %% of 10 minutes", next)
				}
				s.set("a", "")
				<-time.After(9 * time.Minute)
				mustFind(t, r, hint("a"))
				<-time.After(time.Second)
				if ks := mustFind(t, r, hint("a")); len(ks) > 0 {
					t.Errorf("Find = %v after the refresh; the key was removed", ks)
				}
			})
		})
	}
}

// maxAge states a lifetime for each key ID that it has one for, in seconds.
type maxAge struct {
	*keySite
	of map[string]int
}

func (m maxAge) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.keySite.RoundTrip(r)
	if s, ok := m.of[path.Base(r.URL.Path)]; ok && err == nil {
		resp.Header.Set("Cache-Control", fmt.Sprintf("max-age=%d", s))
	}
	return resp, err
}

// TestR20R1FreshWithoutOtherKeys: keys are as fresh as the shortest of their own responses
// says. That of a key which is gone, or cannot be had, shortens nothing.
func TestR20R1FreshWithoutOtherKeys(t *testing.T) {
	hour := map[string]int{"a": 3600, "b": 3600}
	for _, test := range []struct {
		name   string
		of     map[string]int
		gone   []string
		broken string
		want   time.Duration
	}{
		{"all are there", hour, nil, "", time.Hour},
		{"one says less", map[string]int{"a": 3600, "b": 1800}, nil, "", 30 * time.Minute},
		{"one says nothing", map[string]int{"b": 3600}, nil, "", 10 * time.Minute},
		{"the first is gone", hour, []string{"a"}, "", time.Hour},
		{"the last is gone", hour, []string{"b"}, "", time.Hour},
		{"the first cannot be had", hour, nil, "a", time.Hour},
		{"all are gone", hour, []string{"a", "b"}, "", 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := new(keySite)
			for _, id := range []string{"a", "b"} {
				s.set(id, string(edSigner(t, id).JWK()))
			}
			inBubble(t, func(t *testing.T) {
				r := perID(t, maxAge{s, test.of}, keys.WithMaxStale(0))
				mustFind(t, r, hint("a"))
				mustFind(t, r, hint("b"))
				<-time.After(2 * time.Hour) // too old: what cannot be had goes
				for _, id := range test.gone {
					s.set(id, "")
				}
				if test.broken != "" {
					s.fails(test.broken, 500)
				}
				if err := r.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				for ; test.want > time.Minute; test.want -= time.Minute {
					if r.Status().Stale {
						t.Fatalf("stale %v before its time", test.want)
					}
					<-time.After(time.Minute)
				}
				<-time.After(time.Minute)
				if !r.Status().Stale {
					t.Error("fresh for longer than that")
				}
			})
		})
	}
}

// TestR20R10RefreshIsOfAllKeys: the refresh that a clock set back makes wanted is of the
// known keys, also when the lookup of an unknown ID sets it off.
func TestR20R10RefreshIsOfAllKeys(t *testing.T) {
	for _, test := range []struct {
		id   string
		want []string
	}{
		{"gone", []string{"a"}}, // R7: it is remembered
		{"new", []string{"a", "new"}},
	} {
		t.Run(test.id, func(t *testing.T) {
			a := edSigner(t, "a")
			inBubble(t, func(t *testing.T) {
				s, ahead := new(keySite), time.Duration(0)
				s.set("a", string(a.JWK()))
				r := perID(t, s, keys.WithClock(func() time.Time { return time.Now().Add(ahead) }))
				mustFind(t, r, hint("a"))
				mustFind(t, r, hint("gone"))
				<-time.After(20 * time.Second) // the budget is full again
				mustFind(t, r, hint("gone"))
				s.take()
				ahead = -time.Hour
				if ks := mustFind(t, r, hint(test.id)); len(ks) > 0 {
					t.Errorf("Find = %v", ks)
				}
				synctest.Wait()
				if got := s.take(); !slices.Equal(got, test.want) {
					t.Errorf("asked for %v, want %v", got, test.want)
				}
			})
		})
	}
}

// TestR20NoKeyIsTooOld: as long as no key is known, none is too old. A key ID that does
// not exist is not found, however long ago the Remote was made, and not undecided.
func TestR20NoKeyIsTooOld(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := &keySite{delay: 4 * time.Second}
		r := perID(t, s, keys.WithRefresh(10*time.Second), keys.WithMaxStale(0))
		<-time.After(7 * time.Second)
		if ks := mustFind(t, r, hint("none")); len(ks) > 0 {
			t.Errorf("Find = %v", ks)
		}
	})
}
