// Report measures every contender of package bench in turn, in short slices
// and many rounds, and prints one markdown table for each group:
//
//	go run ./report                            # everything, two to three minutes
//	go run ./report -only registered,HS256     # a part of it
//	go run ./report -svg ../../speed.svg       # and a bar chart
//	go run ./report -check                     # exit 1 when a goal is missed
//
// A ratio is the median of the ratios within each round: the speed of the
// machine drifts from minute to minute, but hardly from slice to slice.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/keys"
)

func main() {
	rounds := flag.Int("rounds", 80, "how often everyone has a turn")
	slice := flag.Duration("slice", 20*time.Millisecond, "how long a turn is")
	svg := flag.String("svg", "", "write a bar chart to `file`")
	only := flag.String("only", "", "measure only these `groups and algorithms`, such as custom,HS256")
	check := flag.Bool("check", false, "exit 1 when a goal is missed")
	flag.Parse()
	p := plan{rounds: *rounds, slice: *slice}
	if err := p.only(*only); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
	missed, err := p.run(os.Stdout, *svg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
	if *check && len(missed) > 0 {
		for _, m := range missed {
			fmt.Fprintln(os.Stderr, "report: missed:", m)
		}
		os.Exit(1)
	}
}

// A plan is what the flags ask for.
type plan struct {
	groups     []bench.Group
	algorithms []keys.Algorithm
	rounds     int
	slice      time.Duration
}

// only reads the list of groups and algorithms; none of a kind means all.
func (p *plan) only(list string) error {
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	for _, g := range bench.Groups() {
		if i := slices.Index(words, g.Name); i >= 0 {
			p.groups = append(p.groups, g)
			words = slices.Delete(words, i, i+1)
		}
	}
	for _, alg := range bench.Algorithms() {
		if i := slices.Index(words, string(alg)); i >= 0 {
			p.algorithms = append(p.algorithms, alg)
			words = slices.Delete(words, i, i+1)
		}
	}
	if len(words) > 0 {
		return fmt.Errorf("-only: %q is neither a group nor an algorithm", words)
	}
	if p.groups == nil {
		p.groups = bench.Groups()
	}
	if p.algorithms == nil {
		p.algorithms = bench.Algorithms()
	}
	if p.rounds < 1 || p.slice <= 0 {
		return fmt.Errorf("%d rounds of %v measure nothing", p.rounds, p.slice)
	}
	return nil
}

// run measures and prints, and returns the goals that are missed.
func (p *plan) run(w io.Writer, svg string) (missed []string, err error) {
	lacks, err := gaps()
	if err != nil {
		return nil, err
	}
	rs, err := p.measure()
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	printMachine(&page, p)
	for _, g := range p.groups {
		printTable(&page, g, rs)
	}
	printChecks(&page, rs, lacks)
	missed = printGoals(&page, rs)
	if _, err := page.WriteTo(w); err != nil {
		return nil, err
	}
	if svg != "" {
		return missed, os.WriteFile(svg, chart(p.groups, rs), 0o644)
	}
	return missed, nil
}

// gaps examines every contender and middleware.
func gaps() (map[string][]string, error) {
	var ms []*bench.Material
	for _, alg := range bench.Algorithms() {
		m, err := bench.NewMaterial(alg)
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	lacks := map[string][]string{}
	for _, c := range bench.Contenders() {
		names, err := c.Gaps(ms)
		if err != nil {
			return nil, err
		}
		lacks[c.Name] = names
	}
	for _, m := range bench.Middlewares() {
		names, err := m.Gaps(ms)
		if err != nil {
			return nil, err
		}
		if m.Name != bench.Ours {
			lacks[m.Name] = names
		}
	}
	return lacks, nil
}
