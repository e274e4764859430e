package design_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSECURITYNamesTests: every test that SECURITY.md names exists, and every
// row of the threat model names one.
func TestSECURITYNamesTests(t *testing.T) {
	t.Chdir("../../..")
	exist := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, "_test.go") {
			return err
		}
		text, err := os.ReadFile(p)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			exist[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	named, rows := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`"), 0
	for line := range strings.Lines(string(doc)) {
		tests := named.FindAllStringSubmatch(line, -1)
		for _, m := range tests {
			if !exist[m[1]] {
				t.Errorf("SECURITY.md names %s, which does not exist", m[1])
			}
		}
		if strings.Count(line, "|") == 6 && !strings.HasPrefix(line, "|---") && !strings.HasPrefix(line, "| asset") {
			if rows++; len(tests) == 0 {
				t.Errorf("no test in the row %s", line)
			}
		}
	}
	if rows < 15 {
		t.Errorf("the threat model has %d rows", rows)
	}
}
