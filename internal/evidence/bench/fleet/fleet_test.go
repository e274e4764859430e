package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// small takes the shortest of runs.
var small = plan{
	rounds: 2, slice: time.Millisecond,
	keys: []int{1, 30}, issuers: []int{1, 30}, tokens: []int{1, 300},
	refreshed: 20, window: time.Millisecond, windows: 2, starts: 1,
}

// TestFleet: every table is on the page, with a row for each size, and what is
// outside of the markers stays.
func TestFleet(t *testing.T) {
	page := filepath.Join(t.TempDir(), "README.md")
	text := "# Before\n"
	for _, name := range append(names(), "machine") {
		text += "<!-- begin fleet " + name + " -->\nSTALE\n<!-- end fleet " + name + " -->\n"
	}
	if err := os.WriteFile(page, []byte(text+"# After\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Output(), small, "", page); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Before\n", "# After\n",
		"### Keys in a set\n", "### Issuers\n", "### Cached tokens\n", "### Processors\n", "### Refresh of 20 keys\n", "### A cold process\n",
		"\n| 30 | ", "\n| 300 | ", "\n| Verify, HS256 | ", "\n| Verify, cached, refreshed every ", "\n| jwtverify, ES256, JWK Set | ",
	} {
		if strings.Count(string(got), want) < 1 {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(string(got), "STALE") || strings.Contains(string(got), "NaN") {
		t.Errorf("the page is\n%s", got)
	}
}

func TestRunRefuses(t *testing.T) {
	if err := run(t.Output(), small, "keys,tokns", ""); err == nil || !strings.Contains(err.Error(), `"tokns"`) {
		t.Errorf("a misspelt table: %v", err)
	}
	nothing := small
	nothing.rounds = 0
	if err := run(t.Output(), nothing, "keys", ""); err == nil {
		t.Error("no rounds: no error")
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
