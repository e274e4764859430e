package libraries_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/libraries"
)

// TestSound: every library verifies a good token and refuses forged ones and those
// for others, so that what it does in a scenario is not for want of a check.
func TestSound(t *testing.T) {
	k, err := resilience.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range libraries.All() {
		t.Run(lib.Name(), func(t *testing.T) {
			if err := k.Sound(t.Context(), lib); err != nil {
				t.Error(err)
			}
		})
	}
}
