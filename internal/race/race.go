//go:build race

// Package race tells tests whether the race detector is on: it makes
// sync.Pool forget at random, and allocations cannot be counted.
package race

// Enabled is whether the race detector is on.
const Enabled = true
