package conformance_test

import (
	"crypto/fips140"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A setModel is a keys.Set as its comments describe it, by the simplest means.
type setModel struct{ members []setMember }

type setMember struct {
	key     *modelKey
	retires time.Time // zero: it stays
}

func (m *setModel) add(ks ...*modelKey) {
	for _, k := range ks {
		m.members = slices.DeleteFunc(m.members, func(e setMember) bool { return e.key == k })
		m.members = append(m.members, setMember{key: k})
	}
}

func (m *setModel) replace(ks ...*modelKey) {
	m.members = nil
	m.add(ks...)
}

func (m *setModel) remove(id string) {
	m.members = slices.DeleteFunc(m.members, func(e setMember) bool { return e.key.id == id })
}

func (m *setModel) rotate(next *modelKey, grace time.Duration) {
	end := time.Now().Add(grace)
	for i := range m.members {
		if e := &m.members[i]; e.retires.IsZero() || end.Before(e.retires) {
			e.retires = end
		}
	}
	m.add(next)
}

// live are the keys that verify now. The model forgets what is over as the Set
// does: a key that has retired is gone, and Rotate cannot touch it any more.
func (m *setModel) live() (ks []*modelKey) {
	m.members = slices.DeleteFunc(m.members, func(e setMember) bool { return !e.retires.IsZero() && !time.Now().Before(e.retires) })
	for _, e := range m.members {
		ks = append(ks, e.key)
	}
	return ks
}

// TestModelOfRotation runs random interleavings of everything that changes a
// keys.Set, of two clocks and of Verify, with and without a cache. No token is
// accepted that the model refuses, none refused that it accepts, and the
// Reason is that of the model.
func TestModelOfRotation(t *testing.T) {
	t.Parallel()
	if fips140.Enabled() {
		t.Skip("FIPS mode has no random numbers in a synctest bubble")
	}
	r := newRandom(t)
	for range 15 {
		synctest.Test(t, func(t *testing.T) { rotate(t, r) })
	}
}

func rotate(t *testing.T, r *rand.Rand) {
	all := modelKeys()
	tokens := modelTokens(all, time.Now())
	tokens = tokens[:len(tokens):len(tokens)]
	at := time.Now() // of the verifiers, which may be set back; that of the Set runs on
	set, model := keys.NewSet(), &setModel{}
	opts := []verifier.Option{verifier.WithLeeway(0), verifier.WithClock(func() time.Time { return at })}
	plain, cached := newVerifier(t, set, opts...), newVerifier(t, set, append(opts, verifier.WithCache(1+r.IntN(40)))...)
	var history []string
	for range 250 {
		history = append(history, change(t, r, set, model, &at))
		live := model.live()
		if got := set.Keys(); !slices.EqualFunc(got, live, func(k *keys.Key, m *modelKey) bool { return k.Equal(m.key(t)) }) {
			t.Fatalf("the keys are %v; in the model %v\nlast: %q", got, live, history[max(0, len(history)-10):])
		}
		for range 3 {
			tok := pick(r, tokens)
			want := tok.expected(live, at)
			for name, v := range map[string]*verifier.Keyed{"plain": plain, "cached": cached} {
				got, err := v.Verify(t.Context(), tok.raw)
				if !slices.Contains(want, verifier.Reason(err)) || (got == nil) != (err != nil) || name == "plain" && verifier.Reason(err) != want[0] {
					t.Fatalf("%s, %v: %v; the model says %q\nkeys: %v\nlast: %q", name, tok, err, want, live, history[max(0, len(history)-10):])
				}
				if got != nil && got.Subject != fmt.Sprint(tok.by.n) {
					t.Fatalf("%s, %v: the token of %s is returned", name, tok, got.Subject)
				}
			}
		}
	}
}

// change makes one random change to both, and says which.
func change(t *testing.T, r *rand.Rand, set *keys.Set, model *setModel, at *time.Time) string {
	t.Helper()
	fresh := func(ks []*modelKey) (made []*keys.Key) {
		for _, k := range ks {
			made = append(made, k.key(t))
		}
		return made
	}
	all := modelKeys()
	switch r.IntN(9) {
	case 0, 1:
		ks := some(r, all, 3)
		set.Add(fresh(ks)...)
		model.add(ks...)
		return fmt.Sprint("Add ", ks)
	case 2:
		ks := some(r, all, 5)
		set.Replace(fresh(ks)...)
		model.replace(ks...)
		return fmt.Sprint("Replace ", ks)
	case 3: // a refresh: equal keys, new pointers
		ks := model.live()
		set.Replace(fresh(ks)...)
		model.replace(ks...)
		return "refresh"
	case 4:
		id := pick(r, []string{"a", "b", "", "unknown"})
		live := model.live()
		has := slices.ContainsFunc(live, func(k *modelKey) bool { return k.id == id })
		if removed := set.Remove(id); removed != has {
			t.Fatalf("Remove(%q) = %v with %v", id, removed, live)
		}
		model.remove(id)
		return "Remove " + id
	case 5, 6:
		next := pick(r, all)
		grace := pick(r, []time.Duration{-time.Second, 0, time.Nanosecond, time.Minute, time.Hour})
		set.Rotate(next.key(t), grace)
		model.rotate(next, grace)
		return fmt.Sprint("Rotate ", next, grace)
	case 7:
		d := pick(r, []time.Duration{time.Nanosecond, 30 * time.Second, time.Minute - time.Nanosecond, time.Minute, time.Hour})
		<-time.After(d)
		return fmt.Sprint("clock of the set on by ", d)
	default:
		d := pick(r, []time.Duration{-time.Hour, -time.Nanosecond, time.Nanosecond, time.Second, 10 * time.Minute, time.Hour})
		*at = at.Add(d)
		return fmt.Sprint("clock of the verifiers by ", d)
	}
}
