package issuers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/verifier/issuers"
)

// TestDocTable: the table of presets in the package page is that of Presets.
func TestDocTable(t *testing.T) {
	var want strings.Builder
	for _, p := range issuers.Presets() {
		needs := "nothing"
		if len(p.Needs) > 0 {
			needs = strings.ReplaceAll(strings.Join(p.Needs, ", "), "|", " or ")
		}
		fmt.Fprintf(&want, "//\t%-17s %s; needs %s\n", p.Name, p.Title, needs)
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "[Presets] returns what each preset takes.\n//\n")
	table, _, _ = strings.Cut(table, "//\n")
	if table != want.String() {
		t.Errorf("write the table of presets in doc.go as\n%s", want.String())
	}
}
