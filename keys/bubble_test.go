package keys_test

import (
	"crypto/fips140"
	"testing"
	"testing/synctest"
)

// bubble runs f in a synctest bubble. In FIPS mode it skips: random numbers come
// from an entropy source that times the processor, and the clock of a bubble
// stands still.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("FIPS mode has no random numbers in a synctest bubble")
	}
	synctest.Test(t, f)
}
