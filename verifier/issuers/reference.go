package issuers

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jwtverify/jwtverify/internal/message"
)

// A reference is one parsed reference: PRESET, PRESET:ARGUMENT or either with
// ?PARAMETER=VALUE&….
type reference struct {
	preset *preset
	arg    string
	params url.Values
}

// maxReference bounds one reference, in bytes. A certificate or key put into one
// by mistake is longer.
const maxReference = 4 << 10

// split splits a list of references at its commas. A comma inside a reference is
// %2C.
func split(list string) []string { return strings.Split(list, ",") }

// parse reads one reference. Its errors quote no value, which may be a secret put
// there by mistake, and no preset that does not exist, for the same reason.
func parse(text string) (*reference, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("the reference is empty; write PRESET:ARGUMENT?PARAMETER=VALUE, such as " + presets[0].example)
	case len(text) > maxReference:
		return nil, fmt.Errorf("the reference is longer than %d bytes", maxReference)
	case strings.ContainsFunc(text, blank):
		return nil, errors.New("the reference has a space or control character inside; write it without, or a space as %20")
	}
	head, query, _ := strings.Cut(text, "?")
	name, arg, _ := strings.Cut(head, ":")
	p := presetNamed(name)
	switch {
	case p == nil && name == "file":
		return nil, errors.New("file: stands alone, not in a list; put the other references into the file")
	case p == nil:
		names := presetNames()
		return nil, fmt.Errorf("the reference does not begin with a preset%s; use one of %s", nearest(name, names), strings.Join(names, ", "))
	}
	r := &reference{preset: p}
	var err error
	if r.arg, err = url.PathUnescape(arg); err != nil {
		return nil, p.wrong("the part after %s: has a bad percent escape; write %% as %%25", p.name)
	}
	// A plus sign is itself, as in at+jwt: nobody writes a space as one here.
	if r.params, err = url.ParseQuery(strings.ReplaceAll(query, "+", "%2B")); err != nil {
		return nil, p.wrong("the parameters cannot be read; write NAME=VALUE&NAME=VALUE, with %%26 for &, %%3B for ; and %%25 for %% in a value")
	}
	r.lower()
	return r, r.check()
}

// blank reports whether c is white space or a control character.
func blank(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }

// unusable reports whether a decoded value can be in no token or URL.
func unusable(value string) bool {
	return !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl)
}

// lower writes what has no upper case in tokens in lower case. People copy GUIDs
// and host names from where they have it.
func (r *reference) lower() {
	if r.preset.arg.lower {
		r.arg = lowerASCII(r.arg)
	}
	for name, values := range r.params {
		if q := r.preset.param(name); q != nil && q.lower {
			for i := range values {
				values[i] = lowerASCII(values[i])
			}
		}
	}
}

// check reports every parameter that the preset does not have, and every empty
// value.
func (r *reference) check() error {
	var errs []error
	if err := cmp.Or(r.preset.arg.check(r.arg), r.elsewhere()); err != nil {
		errs = append(errs, err)
	}
	for _, name := range sortedKeys(r.params) {
		values := r.params[name]
		q := r.preset.param(name)
		switch {
		case q == nil: // the name may be part of a secret with & in it
			names := r.preset.paramNames()
			errs = append(errs, fmt.Errorf("it has a parameter that this preset does not know%s; use %s", nearest(name, names), strings.Join(names, ", ")))
		case slices.Contains(values, ""):
			errs = append(errs, fmt.Errorf("%s is empty; is a variable unset?", q.name))
		case slices.ContainsFunc(values, unusable):
			errs = append(errs, fmt.Errorf("%s has a control character or is not UTF-8", q.name))
		case q.single && len(values) > 1:
			errs = append(errs, fmt.Errorf("%s is given twice; give it once", name))
		case q.shape != nil:
			for _, v := range values {
				if !q.shape.MatchString(v) {
					errs = append(errs, fmt.Errorf("%s is not %s", name, q.usage))
				}
			}
		}
	}
	return r.preset.join(append(errs, r.preset.lacking(r.params)...))
}

func lowerASCII(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}

var sigstore = shape(`https://oauth2\.sig(?:store|stage)\.dev/.*`)

// elsewhere reports an issuer that another preset is for, since the checks of this
// one let in tokens that anybody can get.
func (r *reference) elsewhere() error {
	switch {
	case !r.preset.arg.issuer:
		return nil
	case sigstore.MatchString(r.arg):
		return errors.New("the issuer signs for everybody with one audience, so that whoever is given such a token can use it here; there is no preset for it")
	}
	var names []string
	for _, p := range presets {
		if p != r.preset && p.everybody != nil && p.everybody.MatchString(r.arg) {
			names = append(names, p.name)
		}
	}
	if names == nil {
		return nil
	}
	return fmt.Errorf("the issuer signs for everybody and lets them choose aud, which this preset does not hold against; use %s", alternatives(names))
}

// lacking reports the parameters that must be given and are not.
func (p *preset) lacking(given url.Values) (errs []error) {
	for _, need := range p.needs {
		names := strings.Split(need, "|")
		if !slices.ContainsFunc(names, given.Has) {
			errs = append(errs, fmt.Errorf("needs %s%s", alternatives(names), because(p.why)))
		}
	}
	return errs
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// wrong is an error about one reference of p.
func (p *preset) wrong(format string, args ...any) error {
	return fmt.Errorf(p.name+": "+format, args...)
}

// join returns errs as one, which names the preset, or nil.
func (p *preset) join(errs []error) error { return message.Join(p.name+": ", errs...) }

// nearest returns a hint at the known name that differs least from name, and in
// little.
func nearest(name string, known []string) string {
	name = lowerASCII(name)
	best, least := "", 3
	for _, k := range known {
		if d := distance(name, k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return " (is it " + best + "?)"
}

// distance returns how many single-byte edits turn a into b (Levenshtein).
func distance(a, b string) int {
	if len(a) > 32 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// An argument is what stands between the name of a preset and its parameters.
type argument struct {
	usage    string         // such as "POOL, such as eu-west-1_AbC"; "" when there is none
	shape    *regexp.Regexp // its named groups are variables of templates
	optional bool
	lower    bool // upper case is written in lower case
	issuer   bool // it is any issuer, and must not be one of another preset
}

func (a argument) check(arg string) error {
	switch {
	case a.usage == "" && arg != "":
		return errors.New("takes nothing after the colon")
	case arg == "" && (a.usage == "" || a.optional):
		return nil
	case unusable(arg) || !a.shape.MatchString(arg):
		return fmt.Errorf("what follows the colon is not %s", a.usage)
	}
	return nil
}

// alternatives joins names as in "a, b or c".
func alternatives(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
