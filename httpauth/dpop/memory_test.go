package dpop_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// spendFor spends a proof of a key and a subject.
func spendFor(t *testing.T, m *dpop.Memory, subject, key, n int, at time.Time) (bool, error) {
	t.Helper()
	return m.Spend(t.Context(), dpop.Spent{Subject: id(subject), Key: id(key), ID: id(n), At: at, Expiry: at.Add(90 * time.Second)})
}

// TestS12ClockCorrected: after a clock was ahead and is corrected, nobody is
// refused and no used proof passes again.
func TestS12ClockCorrected(t *testing.T) {
	for _, ahead := range []time.Duration{time.Second, 2 * time.Minute, time.Hour, 24 * time.Hour, 20 * 365 * 24 * time.Hour} {
		for _, stay := range []time.Duration{0, time.Minute, 5 * time.Minute, 30 * time.Minute} {
			m := newMemory(t, 160_000, 1000)
			var used []dpop.Spent
			use := func(when string, at time.Time) {
				t.Helper()
				n := len(used)
				s := dpop.Spent{Key: id(n % 50), ID: id(n), At: at, Expiry: at.Add(90 * time.Second)}
				if first, err := m.Spend(t.Context(), s); !first || err != nil {
					t.Errorf("%v ahead for %v: %s: %v, %v", ahead, stay, when, first, err)
				}
				used = append(used, s)
			}
			at := today
			for ; at.Before(today.Add(5 * time.Minute)); at = at.Add(5 * time.Second) {
				use("before", at)
			}
			for right := at.Add(stay); !at.After(right); at = at.Add(5 * time.Second) {
				use("ahead", at.Add(ahead))
			}
			for right := at; at.Before(right.Add(90 * time.Minute)); at = at.Add(5 * time.Second) {
				use("set right", at)
				if at.Sub(right)%(20*time.Second) != 0 {
					continue
				}
				for i, s := range used {
					if s.At = at; !s.Expiry.After(at) || s.Expiry.After(at.Add(2*time.Minute)) {
						continue // refused for its date before the store is asked
					}
					if first, _ := m.Spend(t.Context(), s); first {
						t.Fatalf("%v ahead for %v: proof %d passes again", ahead, stay, i)
					}
				}
			}
		}
	}
}

// TestS12ClockCorrectedWhenFull: proofs from the time when the clock was ahead
// take no room once it is corrected.
func TestS12ClockCorrectedWhenFull(t *testing.T) {
	m := newMemory(t, 1600, 100)
	for i := range 1600 {
		spend(t, m, i, i, today.Add(time.Hour))
	}
	if _, err := spend(t, m, 9999, 9999, today.Add(time.Hour)); !errors.Is(err, dpop.ErrFull) {
		t.Fatalf("it is not full: %v", err)
	}
	for i := range 50 {
		if first, err := spend(t, m, i, 10_000+i, today); !first || err != nil {
			t.Errorf("key %d after the clock was set right: %v, %v", i, first, err)
		}
	}
}

// TestS12ForgottenTimeIsRefused: if the clock is set back further than proofs
// are kept, the answer is an error, and no replay passes.
func TestS12ForgottenTimeIsRefused(t *testing.T) {
	m := newMemory(t, 1600, 100)
	for i := range 1000 { // more than a quarter
		if first, err := spend(t, m, i, i, today); !first || err != nil {
			t.Fatal(first, err)
		}
	}
	if first, err := spend(t, m, 1, 5000, today.Add(time.Hour)); !first || err != nil {
		t.Fatal(first, err)
	}
	if first, err := spend(t, m, 1, 1, today); first || err == nil {
		t.Errorf("a forgotten one: %v, %v", first, err)
	}
	if first, err := spend(t, m, 1, 5001, today.Add(2*time.Minute)); !first || err != nil {
		t.Errorf("later: %v, %v", first, err)
	}
}

// TestS12MemoryPerSubject: one account shuts nobody out, however many keys it
// has.
func TestS12MemoryPerSubject(t *testing.T) {
	m, n := newMemory(t, 16_000, 1000), 0
	for range 2000 {
		for key := range 105 {
			n++
			spendFor(t, m, 1, key, n, today)
		}
	}
	held := 0
	for key := range 8 {
		for range 500 {
			n++
			if first, err := spendFor(t, m, 2+key, 1000+key, n, today); first && err == nil {
				held++
			}
		}
	}
	if held != 8*500 {
		t.Errorf("others got %d of %d in", held, 8*500)
	}
	if _, err := spendFor(t, m, 1, 200, n+1, today); !errors.Is(err, dpop.ErrFull) {
		t.Errorf("another key of the account: %v", err)
	}
}

// TestS12SubjectOfTheToken: the subject is that of the token, not of the key.
func TestS12SubjectOfTheToken(t *testing.T) {
	m := newMemory(t, 160, 10)
	s := newSite(t, dpop.WithReplayStore(m))
	ask := func(sub string) error {
		client := newSite(t)
		client.Signer = s.Signer
		client.token = s.Sign(map[string]any{"aud": audience, "sub": sub, "exp": today.Add(time.Hour).Unix(), "cnf": map[string]any{"jkt": client.jkt}})
		_, err := s.auth.Authenticate(client.request(client.proof(t, "1", nil)))
		return err
	}
	passed := 0
	for range 30 {
		switch err := ask("greedy"); {
		case err == nil:
			passed++
		case httpauth.Status(err) != 503 || !errors.Is(err, dpop.ErrFull):
			t.Fatal(err)
		}
	}
	if passed < 10 || passed > 20 {
		t.Errorf("one account got %d of 160 in by its many keys", passed)
	}
	if err := ask("modest"); err != nil {
		t.Errorf("another account: %v", err)
	}
}

// TestS25MemoryNeverScans: a proof costs the same with a thousand slots as with
// one.
func TestS25MemoryNeverScans(t *testing.T) {
	cost := func(spans int) time.Duration {
		m := newMemory(t, 1<<20, 1<<10)
		n := 0
		use := func() {
			n++
			if _, err := m.Spend(t.Context(), dpop.Spent{Key: id(n), ID: id(n), At: today, Expiry: today.Add(time.Duration(n%spans) * 30 * time.Second)}); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 * spans {
			use()
		}
		best := time.Hour
		for range 5 {
			start := time.Now()
			for range 2000 {
				use()
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	if one, many := cost(1), cost(10_000); many > 20*one {
		t.Errorf("2000 proofs take %v, and with many spans of time %v", one, many)
	}
}

// TestS20MemoryLargest: the largest size does not overflow.
func TestS20MemoryLargest(t *testing.T) {
	m := newMemory(t, int(^uint(0)>>1), 1<<20)
	if first, err := spend(t, m, 1, 1, today); !first || err != nil {
		t.Errorf("%v, %v", first, err)
	}
}
