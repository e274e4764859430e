// Fleet measures what grows with a fleet: keys, issuers, cached tokens, processors,
// the refresh of a large set, and the start of a process. It prints one markdown
// table for each:
//
//	go run ./fleet                     # everything, about six minutes
//	go run ./fleet -only keys,cold     # a part of it
//	go run ./fleet -write README.md    # and put each between its markers on that page
//
// A million cached tokens take most of the time, and 3 GB of memory.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

func main() {
	p := standard
	flag.IntVar(&p.rounds, "rounds", p.rounds, "how often everyone has a turn")
	flag.DurationVar(&p.slice, "slice", p.slice, "how long a turn is")
	only := flag.String("only", "", "measure only these `tables`, of "+strings.Join(names(), ","))
	write := flag.String("write", "", "put the tables into `file`, between its markers")
	flag.Parse()
	if err := run(os.Stdout, p, *only, *write); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(2)
	}
}

// A plan says how much is measured.
type plan struct {
	rounds int
	slice  time.Duration

	keys, issuers, tokens []int // the sizes

	refreshed int           // keys in the set that is refreshed
	window    time.Duration // in which latencies are collected
	windows   int
	starts    int // of each program
}

var standard = plan{
	rounds: 40, slice: 20 * time.Millisecond,
	keys: []int{1, 10, 1_000, 100_000}, issuers: []int{1, 100, 10_000}, tokens: []int{1, 1_000, 100_000, 1_000_000},
	refreshed: 10_000, window: time.Second, windows: 15, starts: 30,
}

// sections are the tables, in their order on the page.
var sections = []struct {
	name    string
	measure func(plan) (*measure.Table, error)
}{
	{"keys", plan.ofKeys},
	{"issuers", plan.ofIssuers},
	{"tokens", plan.ofTokens},
	{"cores", plan.ofCores},
	{"refresh", plan.ofRefresh},
	{"cold", plan.ofCold},
}

func names() (names []string) {
	for _, s := range sections {
		names = append(names, s.name)
	}
	return names
}

func run(w io.Writer, p plan, only, write string) error {
	wanted := names()
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("-only: %q is none of the tables %s", name, strings.Join(names(), ","))
		}
	}
	if p.rounds < 1 || p.slice <= 0 {
		return fmt.Errorf("%d rounds of %v measure nothing", p.rounds, p.slice)
	}
	machine := fmt.Sprintf("%s. Where a table does not say otherwise, a time is that which the process had of the processors, garbage collection included, so that others on the machine count little; "+
		"of a call it is the median of %d interleaved rounds of %v each, and a ratio is the median of the ratios within each round.\n\n", measure.Machine(), p.rounds, p.slice)
	if err := put(w, write, "machine", machine); err != nil {
		return err
	}
	for _, s := range sections {
		if !slices.Contains(wanted, s.name) {
			continue
		}
		others := measure.Others()
		t, err := s.measure(p)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		t.Text += " " + others()
		if err := put(w, write, s.name, t.Markdown()); err != nil {
			return err
		}
	}
	return nil
}

// put prints text, and puts it between its markers in a page, if there is one.
func put(w io.Writer, page, name, text string) error {
	if _, err := io.WriteString(w, text); err != nil || page == "" {
		return err
	}
	return measure.Put(page, "fleet "+name, []byte(text))
}

// grouped returns n with a comma before every three digits.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
