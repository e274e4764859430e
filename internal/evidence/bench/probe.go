package bench

import "slices"

// A Probe is one check, as tokens that only this check distinguishes from
// good ones.
type Probe struct {
	Name    string
	Refuses string // what the check refuses, in words

	// Vital: a library that does not pass it is not a contender.
	Vital bool
	// Accept: the check lets the tokens pass; a library without it refuses them.
	Accept bool
	// Tokens are for the key m. None: the check does not concern its algorithm.
	Tokens func(m *Material) []string
}

// Probes are the checks that contenders are examined for. They are those that
// our verifier does with default options.
func Probes() []Probe { return slices.Concat(claimProbes, headerProbes, spellingProbes) }

// examined is a contender set up for the key m.
type examined struct {
	m       *Material
	accepts func(raw string) bool
}

// gaps returns the names of the probes that one of vs does not pass.
func gaps(vs []examined) (names []string) {
	for _, p := range Probes() {
		if slices.ContainsFunc(vs, p.missedBy) {
			names = append(names, p.Name)
		}
	}
	return names
}

func (p Probe) missedBy(v examined) bool {
	return slices.ContainsFunc(p.Tokens(v.m), func(raw string) bool { return v.accepts(raw) != p.Accept })
}
