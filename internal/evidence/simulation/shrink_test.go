package simulation_test

import (
	"slices"
	"testing"
)

// shrink returns the smallest plan it finds that violates the same invariant as p: it
// takes out events, in chunks that get smaller, and then makes numbers simpler.
func shrink(t *testing.T, p plan) plan {
	w := run(t, p)
	if len(w.wrong) == 0 {
		t.Fatal("there is nothing to shrink: no invariant is violated")
	}
	invariant := w.wrong[0].invariant
	fails := func(p plan) bool {
		w := run(t, p)
		return slices.ContainsFunc(w.wrong, func(v violation) bool { return v.invariant == invariant })
	}
	// What happens after the violation does not matter.
	p.Events = p.Events[:min(len(p.Events), w.firstWrong+1)]
	for again := true; again; {
		again = false
		for chunk := len(p.Events) / 2; chunk > 0; chunk /= 2 {
			for i := 0; i+chunk <= len(p.Events); {
				less := p
				less.Events = slices.Delete(slices.Clone(p.Events), i, i+chunk)
				if fails(less) {
					p, again = less, true
				} else {
					i += chunk
				}
			}
		}
	}
	return simplify(p, fails)
}

// simplify drops what the plan does not need besides events, and makes hosts plain.
func simplify(p plan, fails func(plan) bool) plan {
	try := func(change func(*plan)) {
		less := p
		less.Events, less.Hosts, less.Issuers = slices.Clone(p.Events), slices.Clone(p.Hosts), slices.Clone(p.Issuers)
		change(&less)
		if fails(less) {
			p = less
		}
	}
	for n := len(p.Hosts) - 1; n > 0 && !slices.ContainsFunc(p.Events, func(e event) bool { return e.Host >= n }); n-- {
		try(func(p *plan) { p.Hosts = p.Hosts[:n] })
	}
	for n := len(p.Issuers) - 1; n > 0 && !slices.ContainsFunc(p.Events, func(e event) bool { return e.Issuer >= n }); n-- {
		try(func(p *plan) { p.Issuers = p.Issuers[:n] })
	}
	for n := range p.Hosts {
		try(func(p *plan) { p.Hosts[n].Cache = 0 })
		try(func(p *plan) { p.Hosts[n].Run = false })
		try(func(p *plan) { p.Hosts[n].Snapshot = false })
		try(func(p *plan) { p.Hosts[n].Seed = false })
		try(func(p *plan) { p.Hosts[n].Every = 0 })
		try(func(p *plan) { p.Hosts[n].Shape = byIssuer })
	}
	for n := range p.Issuers {
		try(func(p *plan) { p.Issuers[n].Form = overJWKS })
		try(func(p *plan) { p.Issuers[n].ETags = false })
		try(func(p *plan) { p.Issuers[n].MaxAge = -1 })
	}
	return p
}

// TestShrink: of a world in which one event is a violation, that event is left.
func TestShrink(t *testing.T) {
	skip(t)
	p := generate(3)
	p.Events = append(p.Events, event{At: p.Events[len(p.Events)-1].At + 1, Kind: wreck})
	p = shrink(t, p)
	if len(p.Events) != 1 || p.Events[0].Kind != wreck {
		t.Errorf("shrunk to\n%v", p)
	}
}
