package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
)

const maxSamples = 1000

// read finds the tokens.
func (p *Prescription) read(texts []string, preset string) (all []token, err error) {
	for _, text := range texts {
		lines := strings.Split(text, "\n")
		if found.In(text).Token != "" && slices.ContainsFunc(lines, hasNone) { // one that is wrapped, or in JSON
			lines = []string{text}
		}
		for _, line := range lines {
			if strings.TrimSpace(line) == "" {
				continue
			}
			in := found.In(strings.TrimSpace(line))
			if in.Token == "" {
				p.Warnings = append(p.Warnings, "a sample is not a token and is left out: "+in.Problems[0].Cause)
				continue
			}
			t := token{number: len(all) + 1, raw: in.Token, d: found.Read(in.Token)}
			if bad := found.Shape(in.Token); bad != nil && !strings.Contains(in.Token, "=") {
				p.Warnings = append(p.Warnings, fmt.Sprintf("sample %d is left out: %s", t.number, bad.Cause))
				continue
			}
			t.kind = presets.Of(t.d)
			if given := presets.Named(preset); given != nil {
				t.kind = given
			}
			all = append(all, t)
			if len(all) > maxSamples {
				return nil, fmt.Errorf("there are more than %d samples; give some of each kind", maxSamples)
			}
		}
	}
	if len(all) == 0 {
		why := ""
		if len(p.Warnings) > 0 {
			why = ": " + p.Warnings[0]
		}
		return nil, errors.New("there is no sample token" + why)
	}
	return all, nil
}

// hasNone reports whether a line has text and no whole token.
func hasNone(line string) bool {
	in := found.In(strings.TrimSpace(line))
	return strings.TrimSpace(line) != "" && (in.Token == "" || strings.Count(in.Token, ".") != 2)
}

// grouped puts the samples of one reference together.
func grouped(samples []token) [][]token {
	var order []string
	by := map[string][]token{}
	for _, t := range samples {
		key := "?"
		if t.kind != nil {
			arg, _ := t.kind.Argument(t.d)
			if t.kind.Preset == "entra" || t.kind.Preset == "workos" { // one reference has several
				arg = ""
			}
			key = t.kind.Preset + ":" + arg
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], t)
	}
	var all [][]token
	for _, key := range order {
		all = append(all, by[key])
	}
	return all
}
