package keys_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func ids(ks []*keys.Key) []string {
	got := []string{}
	for _, k := range ks {
		got = append(got, k.ID())
	}
	return got
}

func TestSetChanges(t *testing.T) {
	a, b, c := newSecret(t, "a", keys.HS256), newSecret(t, "b", keys.HS256), newSecret(t, "c", keys.HS256)
	s := keys.NewSet(a, nil, b)
	check := func(step string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, ids(s.Keys())); diff != "" {
			t.Errorf("after %s: (-want +got)\n%s", step, diff)
		}
	}
	check("NewSet", "a", "b")
	s.Add(c, newSecret(t, "a", keys.HS256))
	check("Add of a key that is there", "b", "c", "a")
	if !s.Remove("b") || s.Remove("b") {
		t.Error("Remove does not report whether there was one")
	}
	check("Remove", "c", "a")
	s.Replace(b)
	check("Replace", "b")
	s.Rotate(nil, time.Hour)
	check("Rotate to nil", "b")
	s.Rotate(c, 0)
	check("Rotate without grace", "c")
	s.Replace()
	check("Replace with nothing", ids(nil)...)

	var zero keys.Set
	if ks, err := zero.Find(t.Context(), keys.Hint{Algorithm: keys.HS256}); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("the zero Set finds %v, %v", ks, err)
	}
	zero.Add(a)
	if ks := mustFind(t, &zero, keys.Hint{Algorithm: keys.HS256}); len(ks) != 1 {
		t.Errorf("the zero Set with a key finds %v", ks)
	}
}

func TestSetRotates(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b, c := newSecret(t, "a", keys.HS256), newSecret(t, "b", keys.HS256), newSecret(t, "c", keys.HS256)
		s := keys.NewSet(a)
		start := time.Now()
		check := func(at time.Duration, want ...string) {
			t.Helper()
			<-time.After(time.Until(start.Add(at)))
			if diff := cmp.Diff(want, ids(s.Keys())); diff != "" {
				t.Errorf("at %v: (-want +got)\n%s", at, diff)
			}
			for _, id := range []string{"a", "b", "c"} {
				found := mustFind(t, s, keys.Hint{KeyID: id, Algorithm: keys.HS256})
				if (len(found) == 1) != slices.Contains(want, id) {
					t.Errorf("at %v: Find of %s = %v", at, id, found)
				}
			}
		}
		s.Rotate(b, time.Minute)
		check(0, "a", "b")
		check(time.Minute-1, "a", "b")
		check(time.Minute, "b")
		s.Rotate(c, time.Hour) // b retires at 1h1m
		check(2*time.Minute, "b", "c")
		s.Rotate(a, time.Minute) // and now at 3m, with c
		check(3*time.Minute-1, "b", "c", "a")
		check(3*time.Minute, "a")
		s.Rotate(b, time.Minute)
		s.Rotate(c, time.Hour) // a still goes at 4m, b at 1h3m
		check(4*time.Minute, "b", "c")
		s.Add(b) // b stays
		check(5*time.Hour, "c", "b")
	})
}

// TestSetRotatesUnderLoad verifies with the old and the new key while one replaces
// the other: during the grace both are accepted, and after it the old one is not.
func TestSetRotatesUnderLoad(t *testing.T) {
	old, next := verifiertest.NewSigner(t, keys.HS256, "old"), verifiertest.NewSigner(t, keys.HS256, "next")
	oldMessage, oldSignature := parts(t, old.Sign(map[string]any{"sub": "a"}))
	nextMessage, nextSignature := parts(t, next.Sign(map[string]any{"sub": "a"}))
	verifies := func(s *keys.Set, id string, message, signature []byte) bool {
		for _, k := range mustFind(t, s, keys.Hint{KeyID: id, Algorithm: keys.HS256}) {
			if k.Verify(message, signature) == nil {
				return true
			}
		}
		return false
	}
	bubble(t, func(t *testing.T) {
		s := keys.NewSet(old.Key())
		start := time.Now()
		s.Rotate(next.Key(), time.Minute)
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range 200 {
					<-time.After(time.Duration(400+worker) * time.Millisecond)
					since := time.Since(start)
					if !verifies(s, "next", nextMessage, nextSignature) {
						t.Errorf("%v after the rotation a token signed with the new key is refused", since)
					}
					if got, want := verifies(s, "old", oldMessage, oldSignature), since < time.Minute; got != want {
						t.Errorf("%v after the rotation, turn %d: a token by the old key is accepted: %v", since, i, got)
					}
				}
			})
		}
		wg.Wait()
	})
}
