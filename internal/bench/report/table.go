package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/bench"
)

// printMachine says what the figures are from.
func printMachine(w io.Writer, p *plan) {
	fmt.Fprintf(w, "%s, %d cores in use, %s, %s/%s, %s. Medians of %d interleaved rounds of %v each.\n\n",
		cpu(), runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		time.Now().UTC().Format(time.DateOnly), p.rounds, p.slice)
}

// cpu names the processor where the system tells.
func cpu() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// printTable prints the contenders of one group by algorithm.
func printTable(w io.Writer, g bench.Group, rs results, lacks map[string][]string) {
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
	fmt.Fprintf(w, "| | %s | allocations (%s) | lacks |\n", strings.Join(algorithms, " | "), algorithms[0])
	fmt.Fprintf(w, "|---|%s---:|---|\n", strings.Repeat("---:|", len(algorithms)))
	for _, name := range contenders {
		row, allocs := []string{title(name, rs)}, "–"
		for _, alg := range algorithms {
			row = append(row, figures(rs, g.Name, alg, name))
		}
		if r := rs.find(g.Name, algorithms[0], name); r != nil {
			allocs = fmt.Sprintf("%.0f", r.allocs)
		}
		row = append(row, allocs, marks(name, lacks))
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

// lacking are the probes that somebody does not pass; a letter stands for each.
func lacking(lacks map[string][]string) (ps []bench.Probe) {
	for _, p := range bench.Probes() {
		for _, names := range lacks {
			if slices.Contains(names, p.Name) {
				ps = append(ps, p)
				break
			}
		}
	}
	return ps
}

func letter(i int) string { return string(rune('a' + i)) }

func marks(name string, lacks map[string][]string) string {
	var letters []string
	for i, p := range lacking(lacks) {
		if slices.Contains(lacks[name], p.Name) {
			letters = append(letters, letter(i))
		}
	}
	return strings.Join(letters, " ")
}

// printLegend says what the letters mean.
func printLegend(w io.Writer, lacks map[string][]string) {
	fmt.Fprintf(w, "A letter marks a check that the library does not offer: it accepted a token that only this check can tell from a good one. "+
		"%s does them all; nobody's check was written for the benchmark. The check refuses\n\n", bench.Ours)
	for i, p := range lacking(lacks) {
		fmt.Fprintf(w, "- %s: %s\n", letter(i), p.Refuses)
	}
	fmt.Fprintln(w)
}
