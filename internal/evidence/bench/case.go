package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Case is one thing to measure: what Run does, once. Run fails when the
// token is not accepted, so that no refusal is measured.
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
		{"again", "The same token again", repeating, (*Material).Registered},
		{"http", "One request through the middleware, registered claims only", serving, (*Material).Registered},
	}
}

// First and Cached are our verifier with a cache, in the group "again": when it
// sees a token for the first time, and when it does not.
const (
	First  = Ours + ", WithCache, the first time"
	Cached = Ours + ", WithCache, again"
)

// Copy is what a token that comes again must cost at least, in the group "again": a
// Token for the caller alone, and the collection of it.
const Copy = "one copy of a Token"

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

func repeating(m *Material) ([]Case, error) {
	raw := m.Registered()
	v, err := newKeyed(m)
	if err != nil {
		return nil, err
	}
	cached, err := newKeyed(m, verifier.WithCache(cacheSize))
	if err != nil {
		return nil, err
	}
	verify := func(v verifier.Verifier, raw string) error {
		_, err := v.Verify(context.Background(), raw)
		return err
	}
	tokens := make([]string, cacheSize/2)
	for i := range tokens {
		tokens[i] = m.claimsWith(func(c *claimSet) { c.jti = quoted(fmt.Sprintf("7d1c6c2e-9a0b-4f0e-8a55-%012d", i)) })
	}
	next, fresh := len(tokens), verifier.Verifier(nil)
	first := func() (err error) {
		if next == len(tokens) { // with a new cache, they are new again
			next = 0
			if fresh, err = newKeyed(m, verifier.WithCache(cacheSize)); err != nil {
				return err
			}
		}
		next++
		return verify(fresh, tokens[next-1])
	}
	tok, err := v.Verify(context.Background(), raw)
	return []Case{
		{m.Algorithm, Ours, "", func() error { return verify(v, raw) }},
		{m.Algorithm, First, "", first},
		{m.Algorithm, Cached, "", func() error { return verify(cached, raw) }},
		{m.Algorithm, Copy, "", func() error {
			if copied = copyOf(tok); copied.Subject != subject {
				return errCopy
			}
			return nil
		}},
	}, err
}

// copyOf copies a token as a cache hit does, in one allocation.
func copyOf(t *verifier.Token) *verifier.Token {
	c := new(struct {
		verifier.Token
		claims claims.Set
		aud    [1]string
	})
	c.Token = *t
	c.claims = *t.Set
	c.Set = &c.claims
	copy(c.aud[:], t.Audience)
	c.Audience = c.aud[:]
	return &c.Token
}

// copied keeps the copy on the heap.
var copied *verifier.Token

var errCopy = errors.New("bench: the copy is not that of the token")

const cacheSize = 1024

func serving(m *Material) (cases []Case, err error) {
	raw := m.Registered()
	for _, w := range Middlewares() {
		request, err := w.Request(m, raw)
		if err != nil {
			return nil, err
		}
		cases = append(cases, Case{m.Algorithm, w.Name, w.Module, request})
	}
	v, err := newKeyed(m)
	return append(cases, Case{m.Algorithm, Alone, "", func() error {
		_, err := v.Verify(context.Background(), raw)
		return err
	}}), err
}
