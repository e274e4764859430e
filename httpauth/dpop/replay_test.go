package dpop_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestReplay: a proof holds once, for as long as its date allows.
func TestReplay(t *testing.T) {
	s := newSite(t)
	expect := func(when, proof string, want int) {
		t.Helper()
		r := s.request(proof)
		_, err := s.auth.Authenticate(r)
		if got := httpauth.Status(err); got != want {
			t.Errorf("%s: %d %v, want %d", when, got, err, want)
		}
		if want == 401 && !errors.Is(err, dpop.ErrReplay) {
			t.Errorf("%s: the error is %v", when, err)
		}
	}
	first := s.proof(t, "1", nil)
	expect("at first", first, 200)
	expect("at once again", first, 401)
	expect("the jti in another proof", s.proof(t, "1", map[string]any{"iat": today.Unix() + 1}), 401)
	expect("another jti", s.proof(t, "2", nil), 200)
	s.now = today.Add(89 * time.Second)
	expect("at the last moment", first, 401)
	expect("the jti, later", s.proof(t, "1", nil), 401)

	s.now = today
	ahead := s.proof(t, "3", map[string]any{"iat": today.Add(30 * time.Second).Unix()})
	expect("by a clock that is ahead", ahead, 200)
	s.now = today.Add(119 * time.Second)
	expect("by a clock that is ahead, at the last moment", ahead, 401)
}

// TestReplayIsLast: a proof that fails for another reason is not remembered.
func TestReplayIsLast(t *testing.T) {
	asked := 0
	s := newSite(t, dpop.WithReplayStore(dpop.ReplayStoreFunc(func(context.Context, dpop.Spent) (bool, error) {
		asked++
		return true, nil
	})), dpop.WithNonces(time.Minute, secret))
	for name, changes := range map[string]map[string]any{
		"method": {"htm": "POST"}, "URI": {"htu": "https://x.example"}, "hash": {"ath": "x"}, "date": {"iat": 1}, "nonce": {"nonce": "x"},
	} {
		if _, err := s.auth.Authenticate(s.request(s.proof(t, name, changes))); err == nil || asked > 0 {
			t.Errorf("%s: %v, and the store was asked %d times", name, err, asked)
		}
	}
}

// TestReplayStore: what a store receives, and what its answers lead to.
func TestReplayStore(t *testing.T) {
	var spent []dpop.Spent
	var says error
	first := true
	type key struct{}
	s := newSite(t, dpop.WithMaxAge(10*time.Second), dpop.WithLeeway(2*time.Second),
		dpop.WithReplayStore(dpop.ReplayStoreFunc(func(ctx context.Context, p dpop.Spent) (bool, error) {
			if ctx.Value(key{}) != "value" {
				t.Error("it has not the context of the request")
			}
			spent = append(spent, p)
			return first, says
		})))
	ask := func(jti string) *http.Response {
		r := s.request(s.proof(t, jti, nil))
		return serve(s.auth.Handler(page), r.WithContext(context.WithValue(r.Context(), key{}, "value")))
	}
	if res := ask("1"); res.StatusCode != 200 {
		t.Errorf("at first: %d", res.StatusCode)
	}
	want := []dpop.Spent{{
		Subject: sha256.Sum256([]byte("\x00user-1")),
		Key:     sha256.Sum256([]byte(s.jkt)), ID: sha256.Sum256([]byte(s.jkt + "\x001")), At: today, Expiry: today.Add(12 * time.Second),
	}}
	if diff := cmp.Diff(want, spent); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	first = false
	if res := ask("1"); res.StatusCode != 401 || !strings.Contains(res.Header["Www-Authenticate"][1], `error="invalid_dpop_proof"`) {
		t.Errorf("again: %d %q", res.StatusCode, res.Header["Www-Authenticate"])
	}
	for name, err := range map[string]error{
		"an outage":          errors.New("connection refused"),
		"full":               dpop.ErrFull,
		"a time limit":       context.DeadlineExceeded,
		"an invalid token":   verifier.ErrInvalidToken,
		"an outage, and yes": errors.New("maybe"),
	} {
		first, says = name == "an outage, and yes", err
		if res := ask("2"); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || res.Header["Www-Authenticate"] != nil {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
	}
}

// id returns a hash for a number.
func id(n int) (h [sha256.Size]byte) {
	binary.BigEndian.PutUint64(h[:], uint64(n)+1)
	return h
}

func spend(t *testing.T, m *dpop.Memory, key, n int, at time.Time) (bool, error) {
	t.Helper()
	return m.Spend(t.Context(), dpop.Spent{Key: id(key), ID: id(n), At: at, Expiry: at.Add(90 * time.Second)})
}

func newMemory(t *testing.T, total, perKey int) *dpop.Memory {
	t.Helper()
	m, err := dpop.NewMemory(total, perKey)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMemoryPerKey: a client that has used its share is refused, others are not,
// and the share is free again once its proofs have expired.
func TestMemoryPerKey(t *testing.T) {
	m := newMemory(t, 1600, 100)
	for i := range 100 {
		if first, err := spend(t, m, 1, i, today); !first || err != nil {
			t.Fatalf("proof %d: %v, %v", i, first, err)
		}
	}
	if first, err := spend(t, m, 1, 100, today); first || !errors.Is(err, dpop.ErrFull) {
		t.Errorf("one too many: %v, %v", first, err)
	}
	if first, err := spend(t, m, 1, 7, today); first || err != nil {
		t.Errorf("a replay when it is full: %v, %v; want false and no error", first, err)
	}
	if first, err := spend(t, m, 2, 1000, today); !first || err != nil {
		t.Errorf("another key: %v, %v", first, err)
	}
	if first, err := spend(t, m, 1, 101, today.Add(80*time.Second)); first || err == nil {
		t.Errorf("before they are too old: %v, %v", first, err)
	}
	if first, err := spend(t, m, 1, 101, today.Add(2*time.Minute)); !first || err != nil {
		t.Errorf("when they are too old: %v, %v", first, err)
	}
}

// TestMemoryIsBounded: many keys cannot fill it, and a new one still gets in.
func TestMemoryIsBounded(t *testing.T) {
	const total, perKey, attackers = 16_000, 1000, 200
	m := newMemory(t, total, perKey)
	n, held := 0, 0
	for round := range perKey {
		for key := range attackers {
			n++
			switch first, err := spend(t, m, key, n, today); {
			case first:
				held++
			case !errors.Is(err, dpop.ErrFull):
				t.Fatalf("round %d: %v, %v", round, first, err)
			}
		}
	}
	if held >= total || held < total/2 {
		t.Errorf("it holds %d of %d", held, total)
	}
	for i := range 20 {
		if first, err := spend(t, m, attackers+i, n+1+i, today); !first || err != nil {
			t.Errorf("newcomer %d: %v, %v", i, first, err)
		}
	}
}

// TestMemoryFull: with a key for every place it returns ErrFull, and lets
// nothing through that it cannot remember.
func TestMemoryFull(t *testing.T) {
	m := newMemory(t, 160, 10)
	for i := range 160 {
		if first, err := spend(t, m, i, i, today); !first || err != nil {
			t.Fatalf("%d: %v, %v", i, first, err)
		}
	}
	if first, err := spend(t, m, 1000, 1000, today); first || !errors.Is(err, dpop.ErrFull) {
		t.Errorf("one too many: %v, %v", first, err)
	}
	for i := range 160 {
		if first, err := spend(t, m, i, i, today); first || err != nil {
			t.Fatalf("%d again: %v, %v", i, first, err)
		}
	}
	if first, err := spend(t, m, 1000, 1000, today.Add(2*time.Minute)); !first || err != nil {
		t.Errorf("two minutes later: %v, %v", first, err)
	}
}

// TestMemoryForgetsOnlyInTime: no proof is forgotten before it expires, and an
// expired one is still known if the clock is set back.
func TestMemoryForgetsOnlyInTime(t *testing.T) {
	m := newMemory(t, 1600, 100)
	for i := range 60 {
		at := today.Add(time.Duration(i) * time.Second)
		if first, err := spend(t, m, 1, i, at); !first || err != nil {
			t.Fatalf("%d: %v, %v", i, first, err)
		}
	}
	for i := range 60 {
		if first, err := spend(t, m, 1, i, today.Add(time.Duration(i+89)*time.Second)); first || err != nil {
			t.Errorf("%d at its last moment: %v, %v", i, first, err)
		}
	}
	if first, err := spend(t, m, 2, 1000, today.Add(time.Hour)); !first || err != nil {
		t.Fatal(first, err)
	}
	for i := range 60 {
		if first, err := spend(t, m, 1, i, today.Add(time.Duration(i)*time.Second)); first || err != nil {
			t.Errorf("%d after the clock went back: %v, %v; want a replay", i, first, err)
		}
	}
	if first, err := spend(t, m, 1, 2000, today.Add(time.Hour-time.Second)); !first || err != nil {
		t.Errorf("after the clock went back a little: %v, %v", first, err)
	}
}

// TestMemoryConcurrent: if many use one proof at the same time, one of them is
// first.
func TestMemoryConcurrent(t *testing.T) {
	s := newSite(t)
	proofs := make([]string, 20)
	for i := range proofs {
		proofs[i] = s.proof(t, fmt.Sprint(i), nil)
	}
	passed := make([]atomic.Int64, len(proofs))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i, p := range proofs {
				if _, err := s.auth.Authenticate(s.request(p)); err == nil {
					passed[i].Add(1)
				}
			}
		})
	}
	all.Wait()
	for i := range passed {
		if n := passed[i].Load(); n != 1 {
			t.Errorf("proof %d passed %d times", i, n)
		}
	}
}
