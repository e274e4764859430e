package issuers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// An entry is one reference that was opened.
type entry struct {
	text     string                 // the reference; it holds no secret
	name     string                 // of the preset
	issuers  []string               // the values of "iss" that choose it
	accepts  func(*claims.Set) bool // whether other claims choose it; may be nil
	class    string                 // of what accepts accepts
	keys     keys.Provider
	verifier *verifier.Keyed
	at       verifier.Location
}

// A placed reference says where it stands, for errors.
type placed struct{ place, text string }

// numbered places the references of a list, unless there is only one.
func numbered(refs []string) []placed {
	list := make([]placed, len(refs))
	for i, text := range refs {
		list[i] = placed{fmt.Sprintf("reference %d", i+1), text}
	}
	if len(list) == 1 {
		list[0].place = ""
	}
	return list
}

// A generation is the issuers that are in force together. It is never changed.
type generation struct {
	entries  []*entry
	byText   map[string]*entry // by reference
	verifier verifier.Verifier
	keys     keys.Provider
	replaced chan struct{} // closed when another is in force
}

// wrong is an error of the reference.
func (p placed) wrong(err error) error {
	if p.place == "" {
		return err
	}
	return message.Join(p.place+": ", err)
}

// maxMistakes is how many references are named that have a mistake.
const maxMistakes = 20

var comma = strings.NewReplacer("%2C", ",", "%2c", ",")

// generation opens every reference, or takes it over from last, which may be nil.
// Its error names every mistake.
func (c *config) generation(ctx context.Context, refs []placed, last *generation) (*generation, error) {
	g := &generation{byText: map[string]*entry{}, replaced: make(chan struct{})}
	var errs []error
	var sources []keys.Provider
	for _, ref := range refs {
		text := comma.Replace(strings.TrimSpace(ref.text))
		e, err := c.entry(ctx, text, last)
		if strings.Contains(ref.text, ",") {
			err = errors.New("it has a comma; write one reference here, and %2C for a comma in a value")
		}
		if err == nil && g.byText[text] != nil {
			err = errors.New("it is the same as an earlier one; remove it")
		}
		if err != nil {
			errs = append(errs, ref.wrong(err))
			continue
		}
		g.byText[text] = e
		g.entries = append(g.entries, e)
		sources = append(sources, e.keys)
	}
	if len(refs) == 0 {
		errs = append(errs, errors.New("there is no reference"))
	}
	if len(errs) == 0 {
		errs = g.route(refs)
	}
	if extra := len(errs) - maxMistakes; extra > 0 {
		errs = append(errs[:maxMistakes], fmt.Errorf("%d more", extra))
	}
	if err := message.Join("", errs...); err != nil {
		return nil, err
	}
	g.keys = keys.Merge(sources...)
	return g, nil
}

// entry opens one reference, unless last has it.
func (c *config) entry(ctx context.Context, text string, last *generation) (*entry, error) {
	if last != nil && last.byText[text] != nil {
		return last.byText[text], nil
	}
	r, err := parse(text)
	if err != nil {
		return nil, err
	}
	e, err := r.open(ctx, c)
	if err == nil {
		e.text = text
	}
	return e, err
}

// policy is that of the verifier, with the reference.
func (e *entry) policy() *verifier.Policy {
	p := e.verifier.Policy()
	p.Reference = e.text
	return p
}

// route makes the verifier that chooses by issuer. Two entries for one issuer are
// an error: which of them judges a token could be the choice of its sender.
func (g *generation) route(refs []placed) (errs []error) {
	if len(g.entries) == 1 { // its own refusals say more
		g.verifier = g.entries[0].verifier
		return nil
	}
	by := map[string]verifier.Verifier{}
	place := map[string]string{}
	open := map[string]*entry{}
	for i, e := range g.entries {
		for _, iss := range e.issuers {
			if by[iss] == verifier.Verifier(e.verifier) {
				continue // given twice
			}
			if by[iss] != nil {
				errs = append(errs, refs[i].wrong(fmt.Errorf("%s: its issuer is that of %s too; make a list for each route", e.name, place[iss])))
				continue
			}
			by[iss], place[iss] = e.verifier, refs[i].place
		}
		if e.accepts != nil {
			id := " " + e.class // no issuer has it
			if by[id] != nil {
				errs = append(errs, refs[i].wrong(fmt.Errorf("%s: its tokens are those of %s too; make a list for each route", e.name, place[id])))
				continue
			}
			by[id], open[id], place[id] = e.verifier, e, refs[i].place
		}
	}
	g.verifier = verifier.RouteMap(chooser(by, open), by)
	return errs
}

// chooser returns the function that reads from the claims whose they are.
func chooser(by map[string]verifier.Verifier, open map[string]*entry) func(*claims.Set) string {
	ids := sortedKeys(open)
	return func(s *claims.Set) string {
		if by[s.Issuer] != nil {
			return s.Issuer
		}
		for _, id := range ids {
			if open[id].accepts(s) {
				return id
			}
		}
		return s.Issuer
	}
}

// location joins the places of all entries. The caller may change the result.
func (g *generation) location() verifier.Location {
	if len(g.entries) == 1 {
		return cloned(g.entries[0].at)
	}
	var l verifier.Location
	for _, e := range g.entries {
		schemes := e.at.Schemes
		if len(e.at.Schemes)+len(e.at.Headers)+len(e.at.Cookies) == 0 {
			schemes = []string{"Bearer"}
		}
		l.Schemes = union(l.Schemes, schemes)
		l.Headers = union(l.Headers, e.at.Headers)
		l.Cookies = union(l.Cookies, e.at.Cookies)
		l.Padded = l.Padded || e.at.Padded
		l.Repeated = l.Repeated || e.at.Repeated
	}
	return l
}

func cloned(l verifier.Location) verifier.Location {
	l.Schemes, l.Headers, l.Cookies = slices.Clone(l.Schemes), slices.Clone(l.Headers), slices.Clone(l.Cookies)
	return l
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
