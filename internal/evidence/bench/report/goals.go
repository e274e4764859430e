package main

import (
	"fmt"
	"io"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// A goal is a figure that our verifier must reach.
type goal struct {
	group, algorithm, text string

	limit    float64
	atLeast  bool // instead of at most
	measured func(cell func(contender string) *result) float64
}

// goals are those that a side-by-side run can decide. Those of scale are
// benchmarks: see package bench.
var goals = []goal{
	slower("registered", "HS256", 1.6),
	slower("registered", "RS256", 1.09),
	slower("registered", "ES256", 1.05),
	slower("registered", "EdDSA", 1.05),
	faster("registered", "HS256", "golang-jwt", 5.5),
	faster("registered", "HS256", "go-jose", 10),
	{"registered", "HS256", "allocations", 3, false, func(of func(string) *result) float64 { return of(bench.Ours).allocs }},
	{"registered", "ES256", "allocations more than the bare call", 2, false, func(of func(string) *result) float64 {
		return of(bench.Ours).allocs - of(bench.Bare).allocs
	}},
	faster("custom", "HS256", "golang-jwt", 4),
	faster("custom", "HS256", "go-jose", 9),
	again("ES256", 200),
	again("RS256", 40),
	again("EdDSA", 80),
	{"again", "ES256", "µs that a token takes that comes again, more than a copy", 0.25, false, func(of func(string) *result) float64 {
		return of(bench.Cached).more(of(bench.Copy))
	}},
	{"again", "ES256", "allocations of a token that comes again", 1, false, func(of func(string) *result) float64 { return of(bench.Cached).allocs }},
	{"http", "HS256", "µs that the handler adds to Verify", 0.6, false, func(of func(string) *result) float64 {
		return of(bench.Ours).more(of(bench.Alone))
	}},
	{"http", "HS256", "allocations that the handler adds to Verify", 2, false, func(of func(string) *result) float64 {
		return of(bench.Ours).allocs - of(bench.Alone).allocs
	}},
}

func slower(group, alg string, most float64) goal {
	return goal{group, alg, "times the bare call", most, false, func(of func(string) *result) float64 {
		return of(bench.Ours).times(of(bench.Bare))
	}}
}

func faster(group, alg, than string, least float64) goal {
	return goal{group, alg, "times as fast as " + than, least, true, func(of func(string) *result) float64 {
		return of(than).times(of(bench.Ours))
	}}
}

func again(alg string, least float64) goal {
	return goal{"again", alg, "times as fast again as the first time", least, true, func(of func(string) *result) float64 {
		return of(bench.First).times(of(bench.Cached))
	}}
}

func (g goal) met(value float64) bool {
	if g.atLeast {
		return value >= g.limit
	}
	return value <= g.limit
}

func (g goal) bound() string {
	if g.atLeast {
		return fmt.Sprintf("≥ %g", g.limit)
	}
	return fmt.Sprintf("≤ %g", g.limit)
}

// printGoals prints the goals of what was measured, and returns one line for
// each that is missed.
func printGoals(w io.Writer, rs results) (missed []string) {
	fmt.Fprintf(w, "### Goals\n\n| | goal | measured | |\n|---|---:|---:|---|\n")
	for _, g := range goals {
		if rs.find(g.group, g.algorithm, bench.Ours) == nil {
			continue
		}
		value := g.measured(func(contender string) *result { return rs.find(g.group, g.algorithm, contender) })
		line := fmt.Sprintf("%s, %s: %s", g.group, g.algorithm, g.text)
		verdict := "met"
		if !g.met(value) {
			verdict = "**missed**"
			missed = append(missed, fmt.Sprintf("%s: %.2f, and the goal is %s", line, value, g.bound()))
		}
		fmt.Fprintf(w, "| %s | %s | %.2f | %s |\n", line, g.bound(), value, verdict)
	}
	return missed
}
