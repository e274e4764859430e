package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// ofTokens measures caches that hold 1 token and more.
func (p plan) ofTokens() (*measure.Table, error) {
	m, err := bench.NewMaterial(keys.EdDSA)
	if err != nil {
		return nil, err
	}
	t := &measure.Table{
		Title: "Cached tokens",
		Text: "The heap that a token of 500 bytes takes in a WithCache with room to spare; the time of a hit (EdDSA, the tokens in random order) and × one in a cache of one token; " +
			"the latency of hits on the wall, quiet and while one collection follows the other; " +
			"and a forced collection of all that, the median of ten: its duration on the wall and its time on all processors, and the pauses in which nobody runs.",
		Head: []string{"tokens", "bytes a token", "hit, ns (×)", "hit p99.9, µs", "p99.9 while collecting", "collection, ms", "its CPU, ms", "pause, median µs", "longest"},
	}
	one, err := newCached(m, 1)
	if err != nil {
		return nil, err
	}
	for _, n := range p.tokens {
		row, err := p.caching(m, n, one)
		if err != nil {
			return nil, fmt.Errorf("%d tokens: %w", n, err)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// A cached is a verifier that has n tokens in its cache.
type cached struct {
	v    verifier.Verifier
	raws tokens
	held int // bytes of all tokens
}

func newCached(m *bench.Material, n int) (*cached, error) {
	k, err := m.Key(bench.KeyID)
	if err != nil {
		return nil, err
	}
	raws := newTokens(m, n)
	// Room for twice as many, since the shards of a cache do not fill evenly.
	v, err := bench.NewKeyed(keys.Static(k), verifier.WithCache(2*n))
	if err != nil {
		return nil, err
	}
	before := measure.Heap()
	err = everyone(raws, v)
	return &cached{v, raws, int(measure.Heap() - before)}, err
}

func (p plan) caching(m *bench.Material, n int, one *cached) ([]string, error) {
	c, err := newCached(m, n)
	if err != nil {
		return nil, err
	}
	base, hit := &measure.Turn{Name: "one token", Run: one.hit()}, &measure.Turn{Name: "a hit", Run: c.hit()}
	if err := measure.Interleave(measure.CPU, p.rounds, p.slice, []*measure.Turn{base, hit}); err != nil {
		return nil, err
	}
	l, err := p.latencies(c.hit(), func(stop func() bool) error {
		return again(stop, func() error { runtime.GC(); return nil })
	})
	if err != nil {
		return nil, err
	}
	gc := collect()
	runtime.KeepAlive(c)
	return []string{
		grouped(n), grouped(c.held / n), fmt.Sprintf("%.0f (%.1f)", hit.Nanos(), hit.Times(base)),
		fmt.Sprintf("%.1f", l.quiet.of(0.999)), fmt.Sprintf("%.1f", l.busy.of(0.999)),
		fmt.Sprintf("%.1f", gc.wall), fmt.Sprintf("%.1f", gc.cpu), fmt.Sprintf("%.0f", gc.pause), fmt.Sprintf("%.0f", gc.longest),
	}, nil
}

// hit returns a run that verifies a random token each time.
func (c *cached) hit() func() error {
	r, n := rand.New(rand.NewPCG(1, 2)), c.raws.number()
	return func() error {
		_, err := c.v.Verify(context.Background(), c.raws.at(r.IntN(n)))
		return err
	}
}

// tokens are n tokens of one length in one string, so that they add one object to
// the heap.
type tokens struct {
	text   string
	length int
}

func (t tokens) number() int     { return len(t.text) / t.length }
func (t tokens) at(i int) string { return t.text[i*t.length : (i+1)*t.length] }

func newTokens(m *bench.Material, n int) tokens {
	token := func(i int) string {
		return m.Token(bench.KeyID, bench.Issuer, fmt.Sprintf("7d1c6c2e-9a0b-4f0e-8a55-%012d", i))
	}
	length := len(token(0))
	text := make([]byte, n*length)
	onBoth(n, func(i int) { copy(text[i*length:], token(i)) })
	return tokens{string(text), length}
}

// onBoth calls f for 0 to n-1, on two processors.
func onBoth(n int, f func(i int)) {
	const parts = 2
	var wg sync.WaitGroup
	for part := range parts {
		wg.Go(func() {
			for i := part; i < n; i += parts {
				f(i)
			}
		})
	}
	wg.Wait()
}

// everyone verifies each token once.
func everyone(raws tokens, v verifier.Verifier) error {
	var mu sync.Mutex
	var errs []error
	onBoth(raws.number(), func(i int) {
		if _, err := v.Verify(context.Background(), raws.at(i)); err != nil {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		}
	})
	return errors.Join(errs...)
}
