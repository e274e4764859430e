package resilience_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// stub is a library that answers every token in one way.
func stub(answer error) resilience.Library {
	return resilience.Adapter{Called: "stub", Set: func(context.Context, resilience.Setting) (v resilience.Verifier, err error) {
		v.Verify = func(context.Context, string) error { return answer }
		return v, nil
	}}
}

func scenario(t *testing.T, id string) resilience.Scenario {
	t.Helper()
	for _, sc := range resilience.Scenarios() {
		if sc.ID == id {
			return sc
		}
	}
	t.Fatalf("there is no scenario %s", id)
	return resilience.Scenario{}
}

// TestKitSeesFaults: a library that accepts everything, one that refuses
// everything, one that cannot be set up and one that never answers rank as they
// should.
func TestKitSeesFaults(t *testing.T) {
	k := patient(t)
	k.Limit, k.Deadline, k.Patience = 100*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond
	if err := k.Sound(t.Context(), stub(nil)); err == nil {
		t.Error("a library that accepts everything is sound")
	}
	no := errors.New("no")
	if err := k.Sound(t.Context(), stub(no)); !errors.Is(err, no) {
		t.Errorf("a library that refuses everything: %v", err)
	}
	f, err := scenario(t, "odd-weak").Run(t.Context(), k, stub(nil))
	if err != nil || f.Failed != 0 || f.Accepted != f.Bad || f.Bad == 0 || scenario(t, "odd-weak").Level(f) != resilience.Worst {
		t.Errorf("accepts everything: %+v, %v", f, err)
	}
	f, err = scenario(t, "odd-kty").Run(t.Context(), k, stub(no))
	if err != nil || f.Failed != f.Good || f.Good == 0 || scenario(t, "odd-kty").Level(f) != resilience.Worst {
		t.Errorf("refuses everything: %+v, %v", f, err)
	}
	cannot := resilience.Adapter{Called: "stub", Set: func(context.Context, resilience.Setting) (resilience.Verifier, error) {
		return resilience.Verifier{}, resilience.ErrCannot
	}}
	for _, id := range []string{"two-refused", "two-hang"} {
		if f, err := scenario(t, id).Run(t.Context(), k, cannot); err != nil || !f.Cannot || scenario(t, id).Level(f) != resilience.None {
			t.Errorf("%s cannot be set up: %+v, %v", id, f, err)
		}
	}
	release := make(chan struct{})
	defer close(release)
	deaf := resilience.Adapter{Called: "stub", Set: func(context.Context, resilience.Setting) (v resilience.Verifier, err error) {
		v.Verify = func(context.Context, string) error { <-release; return nil }
		return v, nil
	}}
	if f, err := scenario(t, "odd-kty").Run(t.Context(), k, deaf); err != nil || f.Failed != f.Good || f.Longest < k.Patience {
		t.Errorf("never answers: %+v, %v", f, err)
	}
}

// TestLevels: a figure on a limit still ranks higher than one beyond it.
func TestLevels(t *testing.T) {
	flood, endless, outage, removed := scenario(t, "flood"), scenario(t, "hostile-endless"), scenario(t, "outage-500"), scenario(t, "removed")
	for _, test := range []struct {
		name string
		sc   resilience.Scenario
		f    resilience.Figures
		want resilience.Level
	}{
		{"none failed", outage, resilience.Figures{Good: 300}, resilience.Best},
		{"one failed", outage, resilience.Figures{Good: 300, Failed: 1}, resilience.Middle},
		{"half failed", outage, resilience.Figures{Good: 300, Failed: 150}, resilience.Worst},
		{"fetches on the bound", flood, resilience.Figures{Good: 1, Fetches: 10}, resilience.Best},
		{"more fetches", flood, resilience.Figures{Good: 1, Fetches: 100}, resilience.Middle},
		{"too many fetches", flood, resilience.Figures{Good: 1, Fetches: 101}, resilience.Worst},
		{"the lowest counts", flood, resilience.Figures{Good: 2, Failed: 1, Fetches: 1}, resilience.Worst},
		{"bytes on the bound", endless, resilience.Figures{Good: 1, Held: 16 << 20}, resilience.Best},
		{"more bytes", endless, resilience.Figures{Good: 1, Held: 128 << 20}, resilience.Middle},
		{"too many bytes", endless, resilience.Figures{Good: 1, Held: 129 << 20}, resilience.Worst},
		{"late", removed, resilience.Figures{Good: 1, Late: true}, resilience.Worst},
		{"cannot", removed, resilience.Figures{Cannot: true}, resilience.None},
	} {
		if got := test.sc.Level(test.f); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
