//go:build race

// Package race reports whether the race detector is on. It makes sync.Pool drop
// values at random, so that tests cannot count allocations.
package race

// Enabled reports whether the race detector is on.
const Enabled = true
