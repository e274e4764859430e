package main

import (
	"fmt"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

// A result is what was measured of one case.
type result struct {
	bench.Case
	group  string
	allocs float64
	turn   *measure.Turn
}

// results are those of all cases.
type results []*result

// measure lets the cases of one group and one algorithm take turns.
func (p *plan) measure() (all results, err error) {
	var cells [][]*measure.Turn
	for _, g := range p.groups {
		for _, alg := range p.algorithms {
			cases, err := g.Cases(alg)
			if err != nil {
				return nil, err
			}
			var cell []*measure.Turn
			for _, c := range cases {
				r := &result{Case: c, group: g.Name, turn: &measure.Turn{Name: fmt.Sprintf("%s, %s", c.Algorithm, c.Contender), Run: c.Run}}
				if r.allocs, err = allocations(c); err != nil {
					return nil, err
				}
				all, cell = append(all, r), append(cell, r.turn)
			}
			cells = append(cells, cell)
		}
	}
	return all, measure.Interleave(measure.Wall, p.rounds, p.slice, cells...)
}

func allocations(c bench.Case) (n float64, err error) {
	n = testing.AllocsPerRun(200, func() {
		if e := c.Run(); e != nil {
			err = e
		}
	})
	return n, err
}

// micros is the median time of one run.
func (r *result) micros() float64 { return r.turn.Micros() }

// times says how often slower r is than other: the median over the rounds.
func (r *result) times(other *result) float64 { return r.turn.Times(other.turn) }

// more is how many µs r takes more than other, likewise.
func (r *result) more(other *result) float64 { return r.turn.More(other.turn) }

// find returns nil when the case was not measured.
func (rs results) find(group, alg, contender string) *result {
	for _, r := range rs {
		if r.group == group && string(r.Algorithm) == alg && r.Contender == contender {
			return r
		}
	}
	return nil
}
