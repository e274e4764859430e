package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A shared is what two goroutines do at the same time. Each has a run of its own.
type shared struct {
	name string
	next func() func() error

	singles, efficiencies, costs []float64
}

// ofCores measures the throughput of two processors against one, in turn.
func (p plan) ofCores() (*measure.Table, error) {
	if runtime.NumCPU() < 2 {
		return nil, errors.New("this machine has one processor")
	}
	jobs, err := newJobs()
	if err != nil {
		return nil, err
	}
	heap := make([]byte, 64<<20) // of a small service: with none, the collector runs all the time
	defer runtime.KeepAlive(heap)
	for range p.rounds {
		for _, j := range jobs {
			one, err := measure.Throughput(p.slice, j.next())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", j.name, err)
			}
			two, err := measure.Throughput(p.slice, j.next(), j.next())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", j.name, err)
			}
			j.singles = append(j.singles, one.CPU)
			j.efficiencies = append(j.efficiencies, two.Wall/(2*one.Wall))
			j.costs = append(j.costs, one.CPU/two.CPU)
		}
	}
	t := &measure.Table{
		Title: "Processors",
		Text: "Tokens a second of one processor; the efficiency of two (tokens a second of the wall on two, divided by twice those on one); and the processor time of a token on two, × that on one. " +
			"The first three rows share nothing but the machine and the garbage collector: what they lack of 1.00 is not ours.",
		Head: []string{"", "tokens/s on 1", "efficiency on 2", "time on 2, × 1"},
	}
	for _, j := range jobs {
		t.Rows = append(t.Rows, []string{j.name, grouped(int(measure.Median(j.singles))), fmt.Sprintf("%.2f", measure.Median(j.efficiencies)), fmt.Sprintf("%.2f", measure.Median(j.costs))})
	}
	return t, nil
}

func newJobs() (jobs []*shared, err error) {
	add := func(name string, next func() func() error) { jobs = append(jobs, &shared{name: name, next: next}) }
	add("SHA-256 of 1 kB", func() func() error { return hash })
	for _, alg := range []keys.Algorithm{keys.HS256, keys.ES256} {
		cases, err := bench.Groups()[0].Cases(alg)
		if err != nil {
			return nil, err
		}
		add(fmt.Sprintf("%s, %s", cases[0].Contender, alg), func() func() error { return cases[0].Run })
	}
	for _, alg := range []keys.Algorithm{keys.HS256, keys.ES256} {
		m, err := bench.NewMaterial(alg)
		if err != nil {
			return nil, err
		}
		k, err := m.Key(bench.KeyID)
		if err != nil {
			return nil, err
		}
		v, err := bench.NewKeyed(keys.Static(k))
		if err != nil {
			return nil, err
		}
		raw := m.Registered()
		add("Verify, "+string(alg), func() func() error { return accepting(v, []string{raw}) })
		if alg == keys.ES256 {
			cached, err := bench.NewKeyed(keys.Static(k), verifier.WithCache(2*sampled))
			if err != nil {
				return nil, err
			}
			raws := make([]string, sampled)
			for i := range raws {
				raws[i] = m.Token(bench.KeyID, bench.Issuer, fmt.Sprint(i))
			}
			add("Verify, cached, one token", func() func() error { return accepting(cached, []string{raw}) })
			add(fmt.Sprintf("Verify, cached, %s tokens", grouped(sampled)), func() func() error { return accepting(cached, raws) })
		}
		next, err := bench.Middlewares()[0].Requests(m, raw)
		if err != nil {
			return nil, err
		}
		add("a request through the handler, "+string(alg), next)
	}
	return jobs, nil
}

var (
	block    = make([]byte, 1024)
	blockSum = sha256.Sum256(block)
	errHash  = errors.New("the hash is wrong")
)

// hash keeps a processor busy and allocates nothing.
func hash() error {
	if sha256.Sum256(block) != blockSum {
		return errHash
	}
	return nil
}
