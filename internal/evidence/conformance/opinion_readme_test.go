package conformance_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var opinionReadme = flag.Bool("opinion-readme", false, "write the tables of the second opinion into README.md")

const (
	opinionRecords = "testdata/opinions.json"
	opinionBegin   = "<!-- The second opinion, by -opinion-readme. -->\n"
	opinionEnd     = "<!-- The end of the second opinion. -->\n"
)

// TestSecondOpinionTables: the README says what the long runs have counted, and
// the reviewed lists say nothing that they have not shown.
func TestSecondOpinionTables(t *testing.T) {
	r := readRecord(t, opinionRecords)
	doc := string(must(os.ReadFile("README.md")))
	before, rest, ok := strings.Cut(doc, opinionBegin)
	_, after, ok2 := strings.Cut(rest, opinionEnd)
	if !ok || !ok2 {
		t.Fatalf("README.md has no %q and %q", opinionBegin, opinionEnd)
	}
	want := before + opinionBegin + r.tables() + opinionEnd + after
	switch {
	case want == doc:
	case *opinionReadme:
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the tables of the second opinion are not those of testdata/opinions.json and the lists: run go test -run TestSecondOpinionTables -opinion-readme")
	}
	for _, l := range lapses {
		for _, by := range l.by {
			if one := r.rule(about[l.rule].name); one.Accepted[by.String()]+one.Vectors[by.String()] == 0 {
				t.Errorf("%v is said to accept %s, and in %d tokens and the vectors it has not", by, about[l.rule].name, one.Tokens)
			}
		}
	}
	for _, one := range r.Rules {
		if n := one.Accepted[jwtverify.String()] + one.Vectors[jwtverify.String()]; n != 0 {
			t.Errorf("jwtverify accepted %d tokens with %s", n, one.Rule)
		}
	}
}

// tables are those of the README.
func (r *record) tables() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s tokens were made up from the seeds %s; %s of them are good. A number is how many were accepted that break the rule, alone or with others, and ✓ stands for none. The tokens that others wrote count too, behind a plus.",
		thousands(r.Tokens), strings.Join(sortedSeeds(r.Seeds), ", "), thousands(r.Good))
	for _, d := range []struct {
		duty duty
		head string
	}{
		{mandatory, "What the RFCs refuse"},
		{choice, "What the RFCs leave open, and jwtverify refuses"},
	} {
		line("\n### %s\n", d.head)
		line("| a token with | | made up | %s | why |", strings.Join(libraryNames[:], " | "))
		line("|---|---|--:|%s---|", strings.Repeat("--:|", int(libraryCount)))
		for i := range ruleCount {
			if about[i].name == "" || about[i].duty != d.duty {
				continue
			}
			one := r.rule(about[i].name)
			var cells []string
			for _, name := range libraryNames {
				cells = append(cells, cell(one.Accepted[name], one.Vectors[name]))
			}
			line("| %s | %s | %s | %s | %s |", about[i].name, about[i].section, thousands(one.Tokens), strings.Join(cells, " | "), reasons(i))
		}
	}
	line("\n### Good tokens that others refuse\n")
	line("jwtverify accepts these. Of them, only the tokens with cty are against an RFC.\n")
	line("| library | refuses | why |")
	line("|---|--:|---|")
	for _, s := range strictnesses {
		one := r.strict(s.by.String(), s.why)
		line("| %v | %s | %s |", s.by, cell(one.Tokens, one.Vectors), s.why)
	}
	line("\n### Tokens that others wrote\n")
	line("Of the bad tokens, how many each library accepts; of the good ones, how many it refuses. – stands for a library that cannot be asked: golang-jwt verifies no JWS whose payload is not a JWT.\n")
	line("| source | bad | %s | good | %s |", strings.Join(libraryNames[:], " | "), strings.Join(libraryNames[:], " | "))
	line("|---|--:|%s--:|%s", strings.Repeat("--:|", int(libraryCount)), strings.Repeat("--:|", int(libraryCount)))
	for _, v := range r.Vectors {
		var accepted, refused []string
		good := v.Good[jwtverify.String()]
		if good+v.Bad == 0 {
			continue
		}
		for _, name := range libraryNames {
			accepted = append(accepted, cell(v.Accepted[name], 0))
			if refused = append(refused, cell(v.Refused[name], 0)); v.Good[name] == 0 && good > 0 {
				accepted[len(accepted)-1], refused[len(refused)-1] = "–", "–"
			}
		}
		line("| %s | %s | %s | %s | %s |", v.Source, thousands(v.Bad), strings.Join(accepted, " | "), thousands(good), strings.Join(refused, " | "))
	}
	return b.String()
}

// cell is a count for the table.
func cell(made, vectors int) string {
	switch {
	case made == 0 && vectors == 0:
		return "✓"
	case vectors == 0:
		return thousands(made)
	}
	return fmt.Sprintf("%s + %s", thousands(made), thousands(vectors))
}

// reasons are why others accept what breaks r.
func reasons(r rule) string {
	var all []string
	for _, l := range lapses {
		if l.rule == r {
			var by []string
			for _, name := range l.by {
				by = append(by, strings.Fields(name.String())[0])
			}
			if len(by) == len(allOthers) {
				by = []string{"all three"}
			}
			all = append(all, strings.Join(by, ", ")+": "+l.why)
		}
	}
	return strings.Join(all, ". ")
}

func sortedSeeds(seeds map[string]int) []string {
	names := slices.Collect(maps.Keys(seeds))
	slices.SortFunc(names, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return names
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
