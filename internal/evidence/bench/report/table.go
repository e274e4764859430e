package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

// printMachine says what the figures are from.
func printMachine(w io.Writer, p *plan) {
	fmt.Fprintf(w, "%s. Medians of %d interleaved rounds of %v each.\n\n", measure.Machine(), p.rounds, p.slice)
}

// printTable prints the contenders of one group by algorithm.
func printTable(w io.Writer, g bench.Group, rs results) {
	var contenders, algorithms []string
	for _, r := range rs {
		if r.group != g.Name {
			continue
		}
		if !slices.Contains(contenders, r.Contender) {
			contenders = append(contenders, r.Contender)
		}
		if !slices.Contains(algorithms, string(r.Algorithm)) {
			algorithms = append(algorithms, string(r.Algorithm))
		}
	}
	fmt.Fprintf(w, "### %s\n\nµs (× %s; × the bare call)\n\n", g.Title, bench.Ours)
	fmt.Fprintf(w, "| | %s | allocations (%s) |\n", strings.Join(algorithms, " | "), algorithms[0])
	fmt.Fprintf(w, "|---|%s---:|\n", strings.Repeat("---:|", len(algorithms)))
	for _, name := range contenders {
		row, allocs := []string{title(name, rs)}, "–"
		for _, alg := range algorithms {
			row = append(row, figures(rs, g.Name, alg, name))
		}
		if r := rs.find(g.Name, algorithms[0], name); r != nil {
			allocs = fmt.Sprintf("%.0f", r.allocs)
		}
		row = append(row, allocs)
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintln(w)
}

// title is the name and version.
func title(name string, rs results) string {
	for _, r := range rs {
		if r.Contender == name {
			return strings.TrimSpace(name + " " + bench.Version(r.Module))
		}
	}
	return name
}

func figures(rs results, group, alg, name string) string {
	r := rs.find(group, alg, name)
	if r == nil {
		return "–"
	}
	ours, bare := rs.find(group, alg, bench.Ours), rs.find(group, alg, bench.Bare)
	return fmt.Sprintf("%.2f (%.2f; %.2f)", r.micros(), r.times(ours), r.times(bare))
}

// printChecks prints which library makes which check, of those that some lack.
func printChecks(w io.Writer, rs results, lacks map[string][]string) {
	var names []string
	for _, r := range rs {
		if _, examined := lacks[r.Contender]; examined && !slices.Contains(names, r.Contender) {
			names = append(names, r.Contender)
		}
	}
	fmt.Fprintf(w, "### Checks\n\nA ✓ says that the library offers the check: each was shown tokens that only this check can distinguish from good ones. "+
		"No library's check was written for the benchmark. The check refuses\n\n| | %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat(":---:|", len(names)))
	for _, p := range bench.Probes() {
		row, someLack := []string{p.Refuses}, false
		for _, name := range names {
			mark := "✓"
			if slices.Contains(lacks[name], p.Name) {
				mark, someLack = "", true
			}
			row = append(row, mark)
		}
		if someLack {
			fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		}
	}
	fmt.Fprintln(w)
}
