package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// ofRefresh measures single tokens while a set of many keys is fetched and parsed
// again and again. The keys are Ed25519, since no others are short enough for
// 10,000 of them in the 1 MiB of a remote set.
func (p plan) ofRefresh() (*measure.Table, error) {
	docs, err := jwks(keys.EdDSA, p.refreshed-1, p.refreshed)
	if err != nil {
		return nil, err
	}
	m, err := bench.NewMaterial(keys.EdDSA)
	if err != nil {
		return nil, err
	}
	own, err := jwk(m.PublicKey(), bench.KeyID)
	if err != nil {
		return nil, err
	}
	doc := append(slices.Clone(docs[0][:len(docs[0])-2]), ","+own+"]}"...)
	var answers atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// Each answer is another document, so that every refresh reads it.
		fmt.Fprintf(w, `{"answer":%d,`, answers.Add(1))
		w.Write(doc[1:])
	}))
	defer s.Close()
	r, err := keys.NewRemote(s.URL)
	if err != nil {
		return nil, err
	}
	if err := r.Refresh(context.Background()); err != nil {
		return nil, err
	}
	if n := len(r.Status().Keys); n != p.refreshed {
		return nil, fmt.Errorf("%d keys are published, want %d", n, p.refreshed)
	}
	t := &measure.Table{
		Title: fmt.Sprintf("Refresh of %s keys", grouped(p.refreshed)),
		Text: fmt.Sprintf("Latency of one Verify in µs on the wall (EdDSA), quiet, beside a goroutine that only computes, and while a keys.Remote fetches and parses a set of %s Ed25519 keys (%.2f MB) again and again; "+
			"medians of %d windows of %v each, the maximum too.", grouped(p.refreshed), float64(len(doc))/1e6, p.windows, p.window),
		Head: []string{"", "p50", "p99", "p99.9", "max"},
	}
	raw := m.Registered()
	for _, way := range []struct {
		name string
		opts []verifier.Option
	}{{"Verify", nil}, {"Verify, cached", []verifier.Option{verifier.WithCache(sampled)}}} {
		v, err := bench.NewKeyed(r, way.opts...)
		if err != nil {
			return nil, err
		}
		verify := accepting(v, []string{raw})
		beside, err := p.latencies(verify, func(stop func() bool) error { return again(stop, hash) })
		if err != nil {
			return nil, err
		}
		first, start := answers.Load(), time.Now()
		refreshing, err := p.latencies(verify, func(stop func() bool) error {
			return again(stop, func() error { return r.Refresh(context.Background()) })
		})
		if err != nil {
			return nil, err
		}
		every := time.Since(start) / 2 / time.Duration(answers.Load()-first) // half of the time is quiet
		t.Rows = append(t.Rows, refreshing.quiet.row(way.name+", quiet"), beside.busy.row(way.name+", beside a goroutine that hashes"),
			refreshing.busy.row(fmt.Sprintf("%s, refreshed every %d ms", way.name, every.Milliseconds())))
	}
	return t, nil
}

// again runs at least once, and until stop returns true: a busy machine may not come
// to it before.
func again(stop func() bool, run func() error) error {
	for {
		if err := run(); err != nil {
			return err
		}
		if stop() {
			return nil
		}
	}
}

func (s spread) row(name string) []string {
	row := []string{name}
	for _, q := range []float64{0.5, 0.99, 0.999, 1} {
		row = append(row, fmt.Sprintf("%.1f", s.of(q)))
	}
	return row
}
