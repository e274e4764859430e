package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jwtverify/jwtverify/keys"
)

// A tweak makes a token worse, or no worse.
type tweak struct {
	name   string
	breaks rule // alone; 0: nothing, anything: what the model says
	stage  stage
	fits   func(alg keys.Algorithm) bool // nil: every key
	apply  func(d *draft)
}

const anything = ruleCount

// tweaks are all there are.
var tweaks = sync.OnceValue(func() []*tweak {
	return slices.Concat(headerTweaks(), claimTweaks(), jsonTweaks(), spellingTweaks(), signatureTweaks(), tokenTweaks())
})

// drawTweaks are none, one, two or three, of any kinds.
func (d *draft) drawTweaks() (drawn []*tweak) {
	n := 0
	switch p := d.IntN(100); {
	case p >= 85:
		n = 3
	case p >= 60:
		n = 2
	case p >= 4:
		n = 1
	}
	for len(drawn) < n {
		if c := pick(d.Rand, tweaks()); c.fits == nil || c.fits(d.key.alg) {
			drawn = append(drawn, c)
		}
	}
	return drawn
}

func namesOf(cs []*tweak) string {
	var names []string
	for _, c := range cs {
		names = append(names, c.name)
	}
	return strings.Join(names, " + ")
}

const (
	inHeader = 0
	inClaims = 1
)

// set makes name have one of values.
func set(part int, name string, breaks rule, values ...string) *tweak {
	return &tweak{name: fmt.Sprintf("%s: %s", name, about[breaks%ruleCount].name), breaks: breaks, apply: func(d *draft) {
		d.set(part, name, pick(d.Rand, values))
	}}
}

func (d *draft) set(part int, name, value string) {
	for i, f := range d.fields[part] {
		if f.name == `"`+name+`"` {
			d.fields[part][i].value = value
			return
		}
	}
	d.put(part, `"`+name+`"`, value)
}

// put adds a member somewhere, also next to one of the same name.
func (d *draft) put(part int, quoted, value string) {
	i := d.IntN(len(d.fields[part]) + 1)
	d.fields[part] = slices.Insert(d.fields[part], i, field{quoted, value})
}

func (d *draft) remove(part int, name string) {
	d.fields[part] = slices.DeleteFunc(d.fields[part], func(f field) bool { return f.name == `"`+name+`"` })
}

// without leaves name out.
func without(part int, name string, breaks rule) *tweak {
	return &tweak{name: "no " + name, breaks: breaks, apply: func(d *draft) { d.remove(part, name) }}
}

// with adds members as they are written.
func with(part int, what string, breaks rule, members ...field) *tweak {
	return &tweak{name: what, breaks: breaks, apply: func(d *draft) {
		m := pick(d.Rand, members)
		d.put(part, m.name, m.value)
	}}
}

// also does more after c.
func (c *tweak) also(name string, more func(d *draft)) *tweak {
	first := c.apply
	return &tweak{name: name, breaks: c.breaks, stage: c.stage, fits: c.fits, apply: func(d *draft) { first(d); more(d) }}
}

// The families that a change may be for.
func isMAC(alg keys.Algorithm) bool   { return strings.HasPrefix(string(alg), "HS") }
func isEC(alg keys.Algorithm) bool    { return strings.HasPrefix(string(alg), "ES") }
func isEd(alg keys.Algorithm) bool    { return alg == keys.EdDSA }
func isPSS(alg keys.Algorithm) bool   { return strings.HasPrefix(string(alg), "PS") }
func isPKCS1(alg keys.Algorithm) bool { return strings.HasPrefix(string(alg), "RS") }
func isRSA(alg keys.Algorithm) bool   { return isPSS(alg) || isPKCS1(alg) }
func isPublic(alg keys.Algorithm) bool {
	return !isMAC(alg)
}
