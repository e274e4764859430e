package conformance_test

import (
	"crypto/fips140"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
)

// A count is what became of the tokens that the libraries were asked about.
type count struct {
	mu       sync.Mutex // of the total, while workers add to it
	tokens   int
	good     int                          // of them, in which the model finds nothing
	breaking [ruleCount]int               // tokens that break the rule, alone or with others
	accepted [ruleCount][libraryCount]int // and who accepts them
	alone    [ruleCount][libraryCount]int // of those, which break nothing else
	refused  map[strictKey]int            // good tokens that others refuse
	problems []string                     // what nothing explains
	seen     map[string]bool              // classes of problems
}

type strictKey struct {
	by  library
	why string
}

func newCount() *count {
	return &count{refused: map[strictKey]int{}, seen: map[string]bool{}}
}

// problem notes one of each class.
func (c *count) problem(class, format string, args ...any) {
	if !c.seen[class] {
		c.seen[class] = true
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}

// judged counts one token. What is broken is explained as it is, or as one of
// the readings has it.
func (c *count) judged(s *stance, raw string, broken rules, readings []rules, errs [libraryCount]error, where func() string) {
	c.tokens++
	if broken == 0 {
		c.good++
	}
	for r := range broken.each {
		c.breaking[r]++
	}
	for l, err := range errs {
		l := library(l)
		switch {
		case err == errNotAsked:
		case l != jwtverify && errors.Is(err, errPanics) && fips140.Enforced(): // go-jose, for SHA-1 of a certificate
		case errors.Is(err, errPanics) || errors.Is(err, errUnequal):
			c.problem(fmt.Sprint("panic ", l, broken), "%s\n%v: %v: %q", where(), l, err, raw)
		case err == nil && broken != 0:
			of := broken
			for i := 0; unexplained(l, s, of) != 0 && i < len(readings); i++ {
				of = readings[i]
			}
			for r := range of.each {
				c.accepted[r][l]++
			}
			if r := of.only(); r != 0 {
				c.alone[r][l]++
			}
			if missing := unexplained(l, s, of); missing != 0 {
				c.problem(fmt.Sprint(l, missing), "%s\n%v accepts what breaks [%v], of which nothing explains [%v]: %q", where(), l, broken, missing, raw)
			}
		case err != nil && broken == 0:
			why := whyStrict(l, err)
			if why == "" {
				c.problem(fmt.Sprint(l, err), "%s\n%v refuses a good token: %v: %q", where(), l, err, raw)
			}
			c.refused[strictKey{l, why}]++
		}
	}
}

// label holds a tweak that was made alone to its label.
func (c *count) label(made []*tweak, broken rules) {
	if len(made) != 1 || made[0].breaks == anything {
		return
	}
	m := made[0]
	if right := broken.has(m.breaks) || m.breaks == 0 && broken == 0; !right {
		c.problem("label "+m.name, "%q is to break [%s], and breaks [%v]", m.name, about[m.breaks].name, broken)
	}
}

func (c *count) merge(o *count) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens += o.tokens
	c.good += o.good
	for r := range ruleCount {
		c.breaking[r] += o.breaking[r]
		for l := range libraryCount {
			c.accepted[r][l] += o.accepted[r][l]
			c.alone[r][l] += o.alone[r][l]
		}
	}
	for k, n := range o.refused {
		c.refused[k] += n
	}
	c.problems = append(c.problems, o.problems...)
}

func (c *count) report(t *testing.T) {
	t.Helper()
	for _, p := range c.problems {
		t.Error(p)
	}
	fmt.Fprintf(t.Output(), "%d tokens, %d of them good\n", c.tokens, c.good)
	for r := range ruleCount {
		if about[r].name != "" {
			fmt.Fprintf(t.Output(), "%-60s %8d  accepted by %v, alone %v\n", about[r].name, c.breaking[r], c.accepted[r], c.alone[r])
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(c.refused), func(a, b strictKey) int { return int(a.by - b.by) }) {
		fmt.Fprintf(t.Output(), "%v refuses %d good tokens: %s\n", k.by, c.refused[k], k.why)
	}
}
