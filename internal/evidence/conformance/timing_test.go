package conformance_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestTiming shows that the time to refuse an HMAC does not reveal where it first
// is wrong. It is statistical and needs a quiet machine: it runs only with
// CONFORMANCE_TIMING=1.
//
// Signatures that are wrong in the first byte, or only in a later one, are
// refused in random order. The trimmed means may differ by no more than the
// bound. So that this says something, a comparison that stops at the first
// wrong byte is measured by the same means, and must exceed the bound.
func TestTiming(t *testing.T) {
	if os.Getenv("CONFORMANCE_TIMING") == "" {
		t.Skip("statistical, and needs a quiet machine: runs with CONFORMANCE_TIMING=1")
	}
	right := sign(keys.HS256, secret, message)
	key := secretKey(t, keys.HS256, "", secret)
	buf := make([]byte, len(right)) // one buffer for all: addresses must not matter
	for _, later := range []int{8, 16, len(right) - 1} {
		classes := [2][]byte{wrongAt(right, 0), wrongAt(right, later)}
		load := func(class int) { copy(buf, classes[class]) }
		bounded(t, fmt.Sprintf("Key.Verify, byte 0 or %d", later), boundOfKey,
			distinguish(1_000_000, load, func() { key.Verify([]byte(message), buf) }))
	}
	classes := [2][]byte{wrongAt(right, 0), wrongAt(right, len(right)-1)}
	control := distinguish(1_000_000, func(class int) { copy(buf, classes[class]) }, func() { leaky(right, buf) })
	t.Logf("a comparison that leaks: %v", control)
	if control.difference < 3*boundOfKey {
		t.Error("what leaks can hardly be seen: the machine is too busy, or the bound too wide")
	}
}

// TestTimingOfTokens is the same for the whole of Verify.
func TestTimingOfTokens(t *testing.T) {
	if os.Getenv("CONFORMANCE_TIMING") == "" {
		t.Skip("statistical, and needs a quiet machine: runs with CONFORMANCE_TIMING=1")
	}
	v := newVerifier(t, keys.Static(secretKey(t, keys.HS256, "", secret)))
	right := sign(keys.HS256, secret, message)
	var tokens [2][]string // many copies of each, at random places
	for class, at := range []int{0, len(right) - 1} {
		raw := message + "." + b64(string(wrongAt(right, at)))
		badSignature(t, v, raw)
		for range 64 {
			tokens[class] = append(tokens[class], strings.Clone(raw))
		}
	}
	current := ""
	bounded(t, "Verify", boundOfVerify, distinguish(500_000,
		func(class int) { current = pick(random, tokens[class]) }, func() { v.Verify(t.Context(), current) }))
}

// The bounds in nanoseconds: a tenth of what the leak of one comparison is, and
// about one part in 500 of Verify.
const (
	boundOfKey    = 1.0
	boundOfVerify = 5.0
)

var message = b64(`{"alg":"HS256"}`) + "." + b64(good)

func bounded(t *testing.T, what string, bound float64, d distinction) {
	t.Helper()
	t.Logf("%s: %v", what, d)
	if math.Abs(d.difference) > bound {
		t.Errorf("%s reveals where a signature is wrong by %.2f ns, more than %.1f", what, d.difference, bound)
	}
}

func wrongAt(right []byte, at int) []byte {
	wrong := slices.Clone(right)
	wrong[at] ^= 0x55
	return wrong
}

var random = rand.New(rand.NewPCG(1, 2))

// leaky stops at the first byte that differs.
//
//go:noinline
func leaky(a, b []byte) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A distinction is what two classes of measurements differ in.
type distinction struct {
	difference float64 // of the trimmed means, in nanoseconds
	t          float64 // Welch's
}

func (d distinction) String() string { return fmt.Sprintf("%.3f ns (t = %.1f)", d.difference, d.t) }

// distinguish measures f after load of one class or the other, in random order.
func distinguish(samples int, load func(class int), f func()) (d distinction) {
	const batch = 8 // calls in one measurement, since a clock ticks too coarsely
	var times [2][]float64
	for range samples {
		class := random.IntN(2)
		load(class)
		start := time.Now()
		for range batch {
			f()
		}
		times[class] = append(times[class], float64(time.Since(start))/batch)
	}
	var mean, spread [2]float64 // of the fastest nine in ten: the rest was interrupted
	for i, ts := range times {
		slices.Sort(ts)
		ts = ts[:len(ts)*9/10]
		for _, t := range ts {
			mean[i] += t / float64(len(ts))
		}
		for _, t := range ts {
			spread[i] += (t - mean[i]) * (t - mean[i]) / float64(len(ts)) / float64(len(ts))
		}
	}
	d.difference = mean[1] - mean[0]
	d.t = d.difference / math.Sqrt(spread[0]+spread[1])
	return d
}
