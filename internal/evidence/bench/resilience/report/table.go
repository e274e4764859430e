package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

const (
	everySecond = "refresh every second"

	begin = "<!-- resilience:begin -->"
	end   = "<!-- resilience:end -->"
)

// insert puts the text between the markers of a file.
func insert(file, text string) error {
	doc, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s lacks %s or %s", file, begin, end)
	}
	return os.WriteFile(file, []byte(before+begin+"\n"+text+end+after), 0o644)
}

// table is what was measured, as markdown.
func table(r *results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s.\n\n| |", r.Machine, r.Date)
	for _, lib := range r.Libraries {
		fmt.Fprintf(&b, " %s |", strings.Join(heading(lib), "<br>"))
	}
	fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---:|", len(r.Libraries)))
	group := ""
	for _, sc := range r.scenarios() {
		if sc.Group != group {
			group = sc.Group
			fmt.Fprintf(&b, "| **%s** |%s\n", group, strings.Repeat(" |", len(r.Libraries)))
		}
		fmt.Fprintf(&b, "| %s:<br>%s |", sc.Title, labels(sc))
		for _, lib := range r.Libraries {
			fmt.Fprintf(&b, " %s |", cell(r, sc, lib))
		}
		b.WriteByte('\n')
	}
	b.WriteString("| **Scenarios with ● in the picture, of those that could be run** |")
	for _, lib := range r.Libraries {
		best, of := r.best(lib.Name)
		fmt.Fprintf(&b, " %d/%d |", best, of)
	}
	b.WriteString("\n\n")
	for _, n := range notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// heading is the name of a library and its versions, a line each.
func heading(lib library) (lines []string) {
	for i, part := range strings.Split(lib.Name, " + ") {
		if i > 0 {
			part = "+ " + part
		}
		lines = append(lines, part)
		if i < len(lib.Versions) {
			lines = append(lines, lib.Versions[i])
		}
	}
	return lines
}

// labels names the figures of a cell.
func labels(sc resilience.Scenario) string {
	words := make([]string, len(sc.Shows))
	for i, m := range sc.Shows {
		words[i] = string(m)
	}
	if sc.EverySecond {
		words[len(words)-1] += " (" + everySecond + ")"
	}
	return strings.Join(words, "; ")
}

func cell(r *results, sc resilience.Scenario, lib library) string {
	f, ok := r.find(sc.ID, lib.Name)
	if !ok || f.Cannot {
		return "–"
	}
	figures := make([]string, len(sc.Shows))
	for i, m := range sc.Shows {
		figures[i] = f.Text(m)
	}
	return strings.Join(figures, "; ")
}
