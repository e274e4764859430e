package main

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// TestSound: jwx verifies a good token and refuses forged ones and those for others.
func TestSound(t *testing.T) {
	k, err := resilience.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Sound(t.Context(), cached); err != nil {
		t.Error(err)
	}
}
