package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/process"
)

const bench = "../.." // where the README is

// TestPublished: the table and the picture are those of the run in
// resilience.json, which has every scenario and library.
func TestPublished(t *testing.T) {
	r, err := load(filepath.Join(bench, "resilience.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range resilience.Scenarios() {
		for _, lib := range r.Libraries {
			if _, ok := r.find(sc.ID, lib.Name); !ok {
				t.Errorf("%s of %s was not run", sc.ID, lib.Name)
			}
		}
	}
	if n := len(r.Libraries); n < 5 {
		t.Errorf("%d libraries, want 5", n)
	}
	readme, err := os.ReadFile(filepath.Join(bench, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), begin+"\n"+table(r)+end) {
		t.Error("the table is not of that run: go run ./report -dir .. -again")
	}
	svg, err := os.ReadFile(filepath.Join(bench, "resilience.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(svg, heatMap(r)) {
		t.Error("the picture is not of that run: go run ./report -dir .. -again")
	}
}

// TestHeatMap: it is XML, and a level is shown by a sign as well as by its colour.
func TestHeatMap(t *testing.T) {
	r := &results{
		Libraries: []library{{Name: "one <&> two", Versions: []string{"v1.2.3"}}},
		Runs: []run{
			{"outage-500", "one <&> two", resilience.Figures{Good: 300}},
			{"outage-hang", "one <&> two", resilience.Figures{Good: 300, Failed: 1}},
			{"outage-refused", "one <&> two", resilience.Figures{Good: 300, Failed: 300}},
			{"two-hang", "one <&> two", resilience.Figures{Cannot: true}},
		},
	}
	doc := string(heatMap(r))
	for d := xml.NewDecoder(strings.NewReader(doc)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{">● 0/300<", ">◐ 1/300<", ">○ 300/300<", ">–<", ">1/3<", ">v1.2.3<"} {
		if !strings.Contains(doc, want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	if page := table(r); !strings.Contains(page, "| 1/300; 0; 0.0 ms |") || !strings.Contains(page, "| 1/3 |") {
		t.Errorf("the table:\n%s", page)
	}
}

func TestChosen(t *testing.T) {
	all := []*process.Process{{Hello: process.Hello{Name: "jwtverify"}}, {Hello: process.Hello{Name: "jwx"}}}
	scs, ps, err := chosen("flood,outage-5,jwx", all)
	if err != nil || len(scs) != 2 || len(ps) != 1 || ps[0].Name != "jwx" {
		t.Errorf("%d scenarios, %d libraries, %v", len(scs), len(ps), err)
	}
	if scs, ps, err = chosen("", all); err != nil || len(scs) != len(resilience.Scenarios()) || len(ps) != 2 {
		t.Errorf("no list: %d scenarios, %d libraries, %v", len(scs), len(ps), err)
	}
	if _, _, err := chosen("flod", all); err == nil || !strings.Contains(err.Error(), "flod") {
		t.Errorf("a misspelt scenario: %v", err)
	}
}

func TestInsert(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a\n" + begin + "\nold\n" + end + "\nb\n")
	if err := insert(file, "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "a\n"+begin+"\nnew\n"+end+"\nb\n" {
		t.Errorf("%q", got)
	}
	write("no markers")
	if err := insert(file, "new\n"); err == nil {
		t.Error("a file without markers was written")
	}
}
