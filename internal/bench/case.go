package bench

import (
	"context"
	"fmt"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Case is one thing to measure: what Run does, once. Run fails when the
// token is not accepted, so that nobody is measured at refusing.
type Case struct {
	Algorithm keys.Algorithm
	Contender string
	Module    string
	Run       func() error
}

// A Group is what everyone does side by side.
type Group struct {
	Name, Title string

	more func(m *Material) ([]Case, error)
	raw  func(m *Material) string
}

// Groups are all groups.
func Groups() []Group {
	return []Group{
		{"registered", "Registered claims only", verifying, (*Material).Registered},
		{"custom", "With three custom claims, decoded into a struct", decoding, (*Material).Custom},
		{"again", "The same token again, registered claims only", repeating, (*Material).Registered},
		{"http", "One request through the middleware, registered claims only", serving, (*Material).Registered},
	}
}

// Cached is our verifier with a cache, in the group "again".
const Cached = Ours + ", WithCache"

// Alone is our verifier without the middleware, in the group "http".
const Alone = Ours + ", Verify alone"

// Cases sets every contender of the group up for a new key of alg, the bare
// call first.
func (g Group) Cases(alg keys.Algorithm) ([]Case, error) {
	m, err := NewMaterial(alg)
	if err != nil {
		return nil, err
	}
	run, err := bareCall(m, g.raw(m))
	if err != nil {
		return nil, err
	}
	more, err := g.more(m)
	cases := append([]Case{{alg, Bare, "", run}}, more...)
	for _, c := range cases {
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("bench: %s, %s, %s refuses the good token: %w", g.Name, alg, c.Contender, err)
		}
	}
	return cases, err
}

func verifying(m *Material) (cases []Case, err error) {
	raw := m.Registered()
	for _, c := range Contenders() {
		if !c.Offers(m.Algorithm) {
			continue
		}
		verify, err := c.Verifier(m)
		if err != nil {
			return nil, err
		}
		cases = append(cases, Case{m.Algorithm, c.Name, c.Module, func() error { return verify(raw) }})
	}
	return cases, nil
}

func decoding(m *Material) (cases []Case, err error) {
	raw := m.Custom()
	for _, c := range Contenders() {
		if !c.Offers(m.Algorithm) {
			continue
		}
		decode, err := c.Decoder(m)
		if err != nil {
			return nil, err
		}
		cases = append(cases, Case{m.Algorithm, c.Name, c.Module, func() error {
			_, err := decode(raw)
			return err
		}})
	}
	return cases, nil
}

func repeating(m *Material) (cases []Case, err error) {
	raw := m.Registered()
	for _, c := range []Contender{ours, contenderOfOurs(Cached, verifier.WithCache(1024))} {
		verify, err := c.Verifier(m)
		if err != nil {
			return nil, err
		}
		cases = append(cases, Case{m.Algorithm, c.Name, "", func() error { return verify(raw) }})
	}
	return cases, nil
}

func serving(m *Material) (cases []Case, err error) {
	raw := m.Registered()
	for _, w := range Middlewares() {
		request, err := w.Request(m, raw)
		if err != nil {
			return nil, err
		}
		cases = append(cases, Case{m.Algorithm, w.Name, w.Module, request})
	}
	v, err := newLocal(m)
	return append(cases, Case{m.Algorithm, Alone, "", func() error {
		_, err := v.Verify(context.Background(), raw)
		return err
	}}), err
}
