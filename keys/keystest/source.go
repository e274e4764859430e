package keystest

import (
	"errors"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// A NewSource returns a provider of exactly ks, and a function that takes the
// source behind it down (true), or brings it up again (false). setDown must be
// safe to call while other goroutines look up keys.
type NewSource func(t *testing.T, ks ...*keys.Key) (p keys.Provider, setDown func(down bool))

// RunSource runs the suite of [Run], and then takes the source down: before the
// first lookup, later, and while other goroutines look up keys. While it is down,
// a provider may find the keys that it has in memory; for any other key it must
// fail with [keys.ErrUnavailable]. Once the source is up again, a provider may go
// on failing for a while, since it may wait before it tries again.
func RunSource(t *testing.T, newSource NewSource) {
	Run(t, func(t *testing.T, ks ...*keys.Key) keys.Provider {
		p, _ := newSource(t, ks...)
		return p
	})
	s := newSample(t)
	t.Run("down at the start", func(t *testing.T) {
		p, setDown := newSource(t, s.all...)
		testOutage(t, p, setDown, s)
	})
	t.Run("goes down", func(t *testing.T) {
		p, setDown := newSource(t, s.all...)
		testUp(t, p, s) // the provider may now have the keys in memory
		testOutage(t, p, setDown, s)
	})
	t.Run("goes down and up under load", func(t *testing.T) {
		p, setDown := newSource(t, s.all...)
		testFlapping(t, p, setDown, s)
	})
}

// testOutage takes the source down and brings it up again.
func testOutage(t *testing.T, p keys.Provider, setDown func(down bool), s *sample) {
	t.Helper()
	setDown(true)
	testDown(t, p, s)
	setDown(false)
	testUp(t, p, s)
}

// testDown checks a provider whose source is down: first with a key that does not
// exist and was not looked up before, then with those that it may have in memory.
func testDown(t *testing.T, p keys.Provider, s *sample) {
	t.Helper()
	h := keys.Hint{KeyID: "four", Algorithm: keys.ES256}
	found, err := find(t.Context(), t, p, h)
	if fit := fitting(found, h); len(fit) > 0 {
		t.Errorf("Find(%+v) = %v, which nobody has", h, fit)
	}
	if !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("Find(%+v) = %v, while the source is down; an outage is not an answer, and its error wraps keys.ErrUnavailable", h, err)
	}
	testUp(t, p, s)
}

// testUp checks that each key is found, or that the provider says it could not
// look.
func testUp(t *testing.T, p keys.Provider, s *sample) {
	t.Helper()
	for _, test := range s.lookups() {
		found, err := find(t.Context(), t, p, test.hint)
		if got := fitting(found, test.hint); err == nil && !sameKeys(got, test.want) {
			t.Errorf("Find(%+v) = %v and no error; want %v, or an error that wraps keys.ErrUnavailable", test.hint, got, test.want)
		}
	}
}

// testFlapping is testUp by several goroutines while the source goes down and up.
func testFlapping(t *testing.T, p keys.Provider, setDown func(bool), s *sample) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				testUp(t, p, s)
			}
		})
	}
	for i := range 20 {
		setDown(i%2 == 0)
	}
	wg.Wait()
}
