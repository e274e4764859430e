package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFaultsFit: each fault replaces a text that is in its file exactly once.
func TestFaultsFit(t *testing.T) {
	for _, f := range faults {
		text, err := os.ReadFile(filepath.Join("../../../..", f.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), f.old); n != 1 {
			t.Errorf("%s: the text to replace is %d times in %s, not once", f.what, n, f.file)
		}
	}
}
