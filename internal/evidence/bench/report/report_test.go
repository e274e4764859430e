package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

// TestReport takes the shortest of runs: every group has its table, everyone a
// row, and the chart is XML.
func TestReport(t *testing.T) {
	p := plan{rounds: 2, slice: time.Millisecond}
	if err := p.only("HS256 ES256"); err != nil {
		t.Fatal(err)
	}
	svg := filepath.Join(t.TempDir(), "chart.svg")
	var page bytes.Buffer
	if _, err := p.run(&page, svg); err != nil {
		t.Fatal(err)
	}
	want := []string{bench.Bare, bench.Alone, "| – |", "### Checks", "| a token without exp | ✓ |"}
	for _, g := range bench.Groups() {
		want = append(want, "### "+g.Title)
	}
	for _, c := range bench.Contenders() {
		want = append(want, "| "+c.Name)
	}
	for _, m := range bench.Middlewares() {
		want = append(want, "| "+m.Name)
	}
	for _, w := range want {
		if !strings.Contains(page.String(), w) {
			t.Errorf("the page lacks %q", w)
		}
	}
	f, err := os.Open(svg)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the chart is not XML: %v", err)
		}
	}
}

func TestOnlyRefuses(t *testing.T) {
	p := plan{rounds: 1, slice: time.Millisecond}
	if err := p.only("registered,HS265"); err == nil || !strings.Contains(err.Error(), "HS265") {
		t.Errorf("a misspelt algorithm: %v", err)
	}
}

// TestGoals: a figure on the limit meets a goal, one beyond it is named.
func TestGoals(t *testing.T) {
	results := func(ours, bare float64) results {
		return results{
			{Case: bench.Case{Algorithm: "RS256", Contender: bench.Ours}, group: "registered", turn: &measure.Turn{Each: []float64{ours, ours}}},
			{Case: bench.Case{Algorithm: "RS256", Contender: bench.Bare}, group: "registered", turn: &measure.Turn{Each: []float64{bare, bare}}},
		}
	}
	if missed := printGoals(io.Discard, results(109, 100)); missed != nil {
		t.Errorf("missed: %q", missed)
	}
	missed := printGoals(io.Discard, results(120, 100))
	if len(missed) != 1 || !strings.Contains(missed[0], "RS256") || !strings.Contains(missed[0], "1.20") {
		t.Errorf("missed: %q, want RS256 at 1.20", missed)
	}
}
