package keys_test

import (
	"slices"
	"testing"
	"time"
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
