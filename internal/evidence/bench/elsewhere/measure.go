package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/verifier"
)

// A row is one contender.
type row struct {
	name  string
	time  func(name string, long time.Duration) (float64, error) // ns of the processor for one run of a case
	cases []string
	took  map[string]*measure.Turn // by case
	close func()
}

// contenders are ours, first, and those of all languages that are installed.
func (p plan) contenders(all *exam) (rows []*row, runtimes string, err error) {
	plain, err := ours(all, bench.Ours)
	if err != nil {
		return nil, "", err
	}
	cached, err := ours(all, bench.Cached, verifier.WithCache(1000)) // as fast-jwt's
	if err != nil {
		return nil, "", err
	}
	rows = []*row{plain, cached}
	var found []string
	for _, l := range languages {
		s, err := l.start(p.dir, all)
		if err != nil {
			fmt.Fprintln(p.err, "elsewhere:", err)
			continue
		}
		for _, missing := range s.Missing {
			fmt.Fprintf(p.err, "elsewhere: %s is left out; %s\n", missing, l.remedy)
		}
		found = append(found, s.Runtime)
		for _, c := range s.Contenders {
			name := fmt.Sprintf("%s: %s %s", l.name, c.Library, c.Version)
			if c.Again {
				name += ", with its cache, again"
			}
			rows = append(rows, &row{
				name: name, cases: c.Cases, took: map[string]*measure.Turn{}, close: s.close,
				time: func(name string, long time.Duration) (float64, error) { return s.time(c.ID, name, long) },
			})
		}
	}
	return rows, strings.Join(append(found, "each language in a process of its own"), ", "), nil
}

// ours is jwtverify, which runs in this process.
func ours(all *exam, name string, opts ...verifier.Option) (*row, error) {
	runs := map[string]func() error{}
	r := &row{name: name, took: map[string]*measure.Turn{}, close: func() {}}
	c := bench.ContenderOfOurs(name, opts...)
	for _, e := range all.Cases {
		verify, err := c.Verifier(e.material)
		if err != nil {
			return nil, err
		}
		decode, err := c.Decoder(e.material)
		if err != nil {
			return nil, err
		}
		if e.group == registered {
			runs[e.Name] = func() error { return verify(e.Token) }
		} else {
			runs[e.Name] = func() error { _, err := decode(e.Token); return err }
		}
		r.cases = append(r.cases, e.Name)
	}
	r.time = func(name string, long time.Duration) (float64, error) {
		start, spent, n := time.Now(), measure.CPU(), 0
		for n == 0 || time.Since(start) < long {
			for range batch {
				if err := runs[name](); err != nil {
					return 0, err
				}
			}
			n += batch
		}
		return float64((measure.CPU() - spent).Nanoseconds()) / float64(n), nil
	}
	return r, nil
}

const batch = 20 // runs between two looks at the clock, as in the scripts

// measure lets everyone warm up, and then gives each a turn in every round.
func (p plan) measure(all *exam, rows []*row) error {
	for _, r := range rows {
		for _, name := range r.cases {
			if _, err := r.time(name, p.warm); err != nil {
				return err
			}
			r.took[name] = new(measure.Turn)
		}
	}
	for range p.rounds {
		for _, c := range all.Cases {
			for _, i := range rand.Perm(len(rows)) {
				r := rows[i]
				if !slices.Contains(r.cases, c.Name) {
					continue
				}
				ns, err := r.time(c.Name, p.slice)
				if err != nil {
					return err
				}
				r.took[c.Name].Each = append(r.took[c.Name].Each, ns)
			}
		}
	}
	return nil
}

// table has a row for each contender and a column for each algorithm.
func table(all *exam, rows []*row, group string) *measure.Table {
	t := &measure.Table{Title: group, Text: "µs of the processor for a token (× jwtverify)", Head: []string{""}}
	for _, alg := range bench.Algorithms() {
		t.Head = append(t.Head, string(alg))
	}
	for _, r := range rows {
		line := []string{r.name}
		for _, alg := range bench.Algorithms() {
			name := all.of(group, string(alg)).Name
			if took := r.took[name]; took != nil {
				line = append(line, fmt.Sprintf("%.2f (%.2f)", took.Micros(), took.Times(rows[0].took[name])))
			} else {
				line = append(line, "–")
			}
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
