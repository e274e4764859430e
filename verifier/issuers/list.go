package issuers

import (
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Preset describes one kind of issuer, for documentation and tools.
type Preset struct {
	Name       string // as a reference writes it
	Title      string // as people call it
	Example    string // a complete reference
	Argument   string // what follows the colon; "" for nothing
	Parameters []Parameter
	Needs      []string         // the parameters that must be given; "a|b" is one of them
	Why        string           // why they are needed; "" where it is plain
	Checks     []string         // what is checked of every token, beside issuer, dates and signature
	Algorithms []keys.Algorithm // nil: all
	Location   verifier.Location
}

// A Parameter is one parameter of a [Preset]. Several values of it are
// alternatives.
type Parameter struct {
	Name  string
	Usage string // what its value is
}

// Presets returns all presets, by name. The caller may change the result.
func Presets() []Preset {
	var all []Preset
	for _, p := range presets {
		d := Preset{
			Name: p.name, Title: p.title, Example: p.example, Argument: p.arg.usage,
			Needs: slices.Clone(p.needs), Why: p.why, Algorithms: slices.Clone(p.algs), Location: cloned(p.at),
		}
		for _, q := range slices.Concat(p.params, common) {
			d.Parameters = append(d.Parameters, Parameter{q.name, q.usage})
		}
		for _, r := range p.always {
			about := r.about
			if r.header {
				about += " (header)"
			}
			d.Checks = append(d.Checks, about)
		}
		d.Checks = append(d.Checks, p.further...)
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Preset) int { return strings.Compare(a.Name, b.Name) })
	return all
}
