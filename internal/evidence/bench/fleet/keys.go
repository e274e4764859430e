package main

import (
	"fmt"
	"runtime"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
)

const (
	perDocument = 10_000 // keys in a JWK Set; keys.Parse reads at most 16,384
	sampled     = 1024   // tokens that are verified in turn, of as many keys
	loads       = 5      // of each size; the median counts
)

// ofKeys measures sets of 1 key and more. HS256, because a slower signature would
// hide the lookup.
func (p plan) ofKeys() (*measure.Table, error) {
	m, err := bench.NewMaterial(keys.HS256)
	if err != nil {
		return nil, err
	}
	var turns []*measure.Turn
	for _, n := range p.keys {
		ks, err := secrets(m, n)
		if err != nil {
			return nil, err
		}
		v, err := bench.NewKeyed(keys.NewSet(ks...))
		if err != nil {
			return nil, err
		}
		raws := make([]string, sampled)
		for i := range raws {
			raws[i] = m.Token(keyID(i*n/sampled), bench.Issuer, fmt.Sprint(i))
		}
		turns = append(turns, &measure.Turn{Name: fmt.Sprint(n, " keys"), Run: accepting(v, raws)})
	}
	if err := measure.Interleave(measure.CPU, p.rounds, p.slice, turns); err != nil {
		return nil, err
	}
	t := &measure.Table{
		Title: "Keys in a set",
		Text: "Time of Verify (HS256, the tokens spread over all keys), beside a set of one key; then what ES256 keys cost to load: " +
			"keys.Parse of a JWK Set (in documents of at most 10,000 keys), keys.NewSet of the result, and the heap that both leave behind.",
		Head: []string{"keys", "Verify, ns", "× 1 key", "JWK Set, kB", "Parse, µs a key", "NewSet, µs a key", "load, ms", "bytes a key"},
	}
	for i, n := range p.keys {
		l, err := load(n)
		if err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, []string{
			grouped(n), fmt.Sprintf("%.0f", turns[i].Nanos()), fmt.Sprintf("%.2f", turns[i].Times(turns[0])),
			fmt.Sprintf("%.1f", float64(l.document)/1e3), fmt.Sprintf("%.1f", l.parse/float64(n)), fmt.Sprintf("%.2f", l.set/float64(n)),
			fmt.Sprintf("%.2f", (l.parse+l.set)/1e3), grouped(int(l.held) / n),
		})
	}
	return t, nil
}

// A loaded is what it takes to load ES256 keys.
type loaded struct {
	document   int     // bytes
	parse, set float64 // µs, medians
	held       int64   // bytes
}

func load(n int) (l loaded, err error) {
	docs, err := jwks(keys.ES256, n, perDocument)
	if err != nil {
		return l, err
	}
	for _, d := range docs {
		l.document += len(d)
	}
	var parses, sets []float64
	for range loads {
		before := measure.Heap()
		start := measure.CPU()
		var all []*keys.Key
		for _, d := range docs {
			ks, _, err := keys.Parse(d)
			if err != nil {
				return l, err
			}
			all = append(all, ks...)
		}
		parses = append(parses, float64((measure.CPU()-start).Nanoseconds())/1e3)
		if len(all) != n {
			return l, fmt.Errorf("%d keys were read, want %d", len(all), n)
		}
		start = measure.CPU()
		s := keys.NewSet(all...)
		sets = append(sets, float64((measure.CPU()-start).Nanoseconds())/1e3)
		all = nil
		l.held = measure.Heap() - before
		runtime.KeepAlive(s)
	}
	l.parse, l.set = measure.Median(parses), measure.Median(sets)
	return l, nil
}
