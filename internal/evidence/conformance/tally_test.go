package conformance_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// A tally counts what became of the cases of one file.
type tally struct {
	file      string
	cases     int
	skipped   map[string]int // by reason
	eitherWay int            // any answer is right
	agreed    int
	bad       []judgement // accepted, and should not be
	refused   []judgement // refused, and should not be
	otherwise []judgement // refused as it should be, with another status or challenge
}

// A judgement is the library's answer to one case.
type judgement struct {
	name     string
	accepted bool
	reason   string // of a refusal; "config" where New refuses the options
	err      error
}

func judge(name string, err error) judgement {
	var config configError
	j := judgement{name: name, accepted: err == nil, reason: verifier.Reason(err), err: err}
	if errors.As(err, &config) {
		j.reason = "config"
	}
	return j
}

// judgeSignature is for signature and header alone: claims are only looked at
// when these are good.
func judgeSignature(name string, err error) judgement {
	var claim *claims.Error
	j := judge(name, err)
	j.accepted = j.accepted || errors.As(err, &claim)
	return j
}

// skip counts a case that cannot be judged as it was meant.
func (y *tally) skip(reason string) {
	if y.skipped == nil {
		y.skipped = map[string]int{}
	}
	y.skipped[reason]++
}

// A due is the answer that is due to a judgement; nil: either.
type due struct {
	want *bool
	judgement
}

// settle compares the answers to one case with those that are due. It counts
// once, by the first that is wrong.
func (y *tally) settle(answers ...due) {
	y.cases++
	open := true
	for _, a := range answers {
		if a.want == nil {
			continue
		}
		open = false
		switch {
		case a.accepted && !*a.want:
			y.bad = append(y.bad, a.judgement)
			return
		case !a.accepted && *a.want:
			y.refused = append(y.refused, a.judgement)
			return
		}
	}
	if open {
		y.eitherWay++
	} else {
		y.agreed++
	}
}

// report prints the line of the file, and holds what differs from the labels
// to the reviewed lists: nothing unexplained, no explanation too many.
func (y *tally) report(t *testing.T) {
	t.Helper()
	bad, refused := y.bad, y.refused
	chosen, bad := y.take(t, slices.Concat(acceptedByChoice, peersAcceptedByChoice), bad, true)
	bugs, bad := y.take(t, knownBugs, bad, true)
	moreBugs, refused := y.take(t, knownBugs, refused, false)
	explained, refused := y.take(t, slices.Concat(refusedByRule, peersRefusedByRule), refused, false)
	byStatus, otherwise := y.take(t, peersAnsweredOtherwise, y.otherwise, false)
	for _, j := range otherwise {
		t.Errorf("%s: %s is answered %s, and no rule says why", y.file, j.name, j.reason)
	}
	for _, j := range bad {
		t.Errorf("%s: %s is accepted, and should not be", y.file, j.name)
	}
	for _, j := range refused {
		t.Errorf("%s: %s is refused (%s), and no rule says why: %v", y.file, j.name, j.reason, j.err)
	}
	skipped := 0
	var why []string
	for _, reason := range slices.Sorted(maps.Keys(y.skipped)) {
		skipped += y.skipped[reason]
		why = append(why, fmt.Sprintf("%s: %d", reason, y.skipped[reason]))
	}
	line := fmt.Sprintf("%s: %d cases, %d run, %d skipped", y.file, y.cases, y.cases-skipped, skipped)
	if skipped > 0 {
		line += " (" + strings.Join(why, ", ") + "; their signatures were judged)"
	}
	line += fmt.Sprintf(": %d agreed, %d either way, %d accepted-but-bad, %d accepted by choice, %d refused-but-good",
		y.agreed, y.eitherWay, len(bad), chosen, explained+len(refused))
	if explained > 0 {
		line += fmt.Sprintf(" (%d by a rule)", explained)
	}
	if n := byStatus + len(otherwise); n > 0 {
		line += fmt.Sprintf(", %d refused with another status", n)
	}
	if n := bugs + moreBugs; n > 0 {
		line += fmt.Sprintf(", %d known bugs", n)
	}
	fmt.Fprintln(t.Output(), line)
}

// take takes those that the list explains out of js, which are all accepted or
// all refused.
func (y *tally) take(t *testing.T, list []deviation, js []judgement, accepted bool) (taken int, rest []judgement) {
	t.Helper()
	rest = slices.Clone(js)
	for _, d := range list {
		if d.file != y.file || accepted != (d.reason == "") {
			continue
		}
		name := regexp.MustCompile(`^(?:` + d.cases + `)$`)
		before := len(rest)
		rest = slices.DeleteFunc(rest, func(j judgement) bool {
			return name.MatchString(j.name) && (accepted || j.reason == d.reason)
		})
		if n := before - len(rest); n != d.count {
			t.Errorf("%s: %q (%s) explains %d cases, and the list says %d", d.file, d.cases, d.rule, n, d.count)
		}
		taken += before - len(rest)
	}
	return taken, rest
}
