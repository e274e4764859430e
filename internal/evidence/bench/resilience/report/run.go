package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/libraries"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/process"
)

// results are those of one run.
type results struct {
	Date      string    `json:"date"`
	Machine   string    `json:"machine"`
	Libraries []library `json:"libraries"`
	Runs      []run     `json:"runs"`
}

type library process.Hello

type run struct {
	Scenario string             `json:"scenario"`
	Library  string             `json:"library"`
	Figures  resilience.Figures `json:"figures"`
}

// measure runs what the list names.
func measure(ctx context.Context, only string) (*results, error) {
	ps, stop, err := processes(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	scs, ps, err := chosen(only, ps)
	if err != nil {
		return nil, err
	}
	r := &results{
		Date:    time.Now().UTC().Format(time.DateOnly),
		Machine: fmt.Sprintf("%d cores in use, %s, %s/%s", runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
	for _, p := range ps {
		r.Libraries = append(r.Libraries, library(p.Hello))
	}
	runs := make([][]run, len(ps)) // by library, then by scenario
	for i := range ps {
		runs[i] = make([]run, len(scs))
	}
	errs := make([]error, len(ps))
	one := func(i, j int) {
		f, err := ps[i].Run(scs[j].ID)
		runs[i][j] = run{scs[j].ID, ps[i].Name, f}
		if err != nil {
			errs[i] = errors.Join(errs[i], fmt.Errorf("%s: %s: %w", scs[j].ID, ps[i].Name, err))
		}
	}
	var together sync.WaitGroup
	for i := range ps {
		together.Go(func() {
			for j, sc := range scs {
				if !sc.Alone {
					one(i, j)
				}
			}
		})
	}
	together.Wait()
	for j, sc := range scs {
		for i := range ps {
			if sc.Alone {
				one(i, j)
			}
			r.Runs = append(r.Runs, runs[i][j])
		}
	}
	return r, errors.Join(errs...)
}

// processes starts one for each library, jwx last but one.
func processes(ctx context.Context) (ps []*process.Process, stop func(), err error) {
	dir, err := os.MkdirTemp("", "resilience-")
	if err != nil {
		return nil, nil, err
	}
	stop = func() {
		for _, p := range ps {
			p.Close()
		}
		os.RemoveAll(dir)
	}
	jwx := filepath.Join(dir, "jwx")
	build := exec.CommandContext(ctx, "go", "build", "-o", jwx, ".")
	build.Dir, build.Stderr = "jwx", os.Stderr
	self, err := os.Executable()
	if err = errors.Join(err, build.Run()); err != nil {
		stop()
		return nil, nil, err
	}
	all := libraries.All()
	for i, lib := range all {
		p, err := process.Start(ctx, self, "-serve", lib.Name())
		if err != nil {
			stop()
			return nil, nil, err
		}
		ps = append(ps, p)
		if i != len(all)-2 {
			continue
		}
		if p, err = process.Start(ctx, jwx); err != nil {
			stop()
			return nil, nil, err
		}
		ps = append(ps, p)
	}
	return ps, stop, nil
}

// chosen are the scenarios and libraries that a list names; none of a kind means
// all of it.
func chosen(list string, all []*process.Process) (scs []resilience.Scenario, ps []*process.Process, err error) {
	for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' }) {
		known := false
		for _, sc := range resilience.Scenarios() {
			if strings.HasPrefix(sc.ID, word) {
				scs, known = append(scs, sc), true
			}
		}
		for _, p := range all {
			if strings.HasPrefix(p.Name, word) {
				ps, known = append(ps, p), true
			}
		}
		if !known {
			return nil, nil, fmt.Errorf("-only: %q begins neither a scenario nor a library", word)
		}
	}
	if scs == nil {
		scs = resilience.Scenarios()
	}
	if ps == nil {
		ps = all
	}
	return scs, ps, nil
}

func (r *results) save(file string) error {
	doc, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(doc, '\n'), 0o644)
}

func load(file string) (*results, error) {
	doc, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(results)
	return r, json.Unmarshal(doc, r)
}

// find returns false for what was not run.
func (r *results) find(scenario, library string) (resilience.Figures, bool) {
	for _, one := range r.Runs {
		if one.Scenario == scenario && one.Library == library {
			return one.Figures, true
		}
	}
	return resilience.Figures{}, false
}

// scenarios are those that were run.
func (r *results) scenarios() []resilience.Scenario {
	return slices.DeleteFunc(resilience.Scenarios(), func(sc resilience.Scenario) bool {
		return !slices.ContainsFunc(r.Runs, func(one run) bool { return one.Scenario == sc.ID })
	})
}

// best counts the scenarios in which a library ranks as Best, and those that it
// could be tried in.
func (r *results) best(library string) (best, of int) {
	for _, sc := range r.scenarios() {
		if f, ok := r.find(sc.ID, library); ok && !f.Cannot {
			of++
			if sc.Level(f) == resilience.Best {
				best++
			}
		}
	}
	return best, of
}
