package resilience_test

import (
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/libraries"
)

// patient is a kit whose callers wait for long, so that a busy machine decides
// nothing.
func patient(t *testing.T) *resilience.Kit {
	t.Helper()
	k, err := resilience.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	k.Tokens, k.Body = 150, 64<<20 // 1.5 s: a refresh every second is among them
	k.Start, k.Deadline, k.Patience, k.Limit = 10*time.Second, 20*time.Second, 30*time.Second, 30*time.Second
	return k
}

// TestJwtverify holds jwtverify to its promises: of good tokens none fails, of bad
// ones none is accepted, fetches and memory are bounded, and the error of an outage
// is not that of a bad token. How long it takes is not asserted.
func TestJwtverify(t *testing.T) {
	k := patient(t)
	const refreshed = 6 // fetches in 1.5 s with a refresh every second: backoff bounds failed ones
	for _, sc := range resilience.Scenarios() {
		t.Run(sc.ID, func(t *testing.T) {
			if !sc.Alone {
				t.Parallel()
			}
			f, err := sc.Run(t.Context(), k, libraries.Jwtverify)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", f)
			if f.Cannot || f.Note != "" {
				t.Errorf("it cannot do this: %s", f.Note)
			}
			if sc.Level(f) != resilience.Best {
				t.Errorf("ranks %d, want %d", sc.Level(f), resilience.Best)
			}
			if f.Failed > 0 && sc.Group != "Cold start during an outage of 2 s" { // where there is no key yet
				t.Errorf("%d of %d good tokens failed", f.Failed, f.Good)
			}
			if f.Accepted > 0 {
				t.Errorf("%d of %d bad tokens were accepted", f.Accepted, f.Bad)
			}
			if sc.ID != "tells" && f.Good == 0 {
				t.Error("no good token was sent")
			}
			if most, ok := map[string]int{
				"flood": 4, "cold-cache": 1, "rotate-overlap": 1, "rotate-sharp": 2, "rotate-same-kid": 1,
				"outage-500": refreshed, "outage-hang": refreshed, "odd-html": refreshed, "odd-empty": refreshed,
				"hostile-loop": 4 * refreshed, // each follows three redirects
			}[sc.ID]; ok && f.Fetches > most {
				t.Errorf("%d fetches, want at most %d", f.Fetches, most)
			}
			if sc.ID == "flood" && f.Bad != k.Flood {
				t.Errorf("%d forged tokens were sent, want %d", f.Bad, k.Flood)
			}
		})
	}
}
