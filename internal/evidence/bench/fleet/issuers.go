package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func issuer(i int) string { return fmt.Sprint(bench.Issuer, "/", i) }

// ofIssuers measures routers of 1 issuer and more, each with a verifier and a key of
// its own.
func (p plan) ofIssuers() (*measure.Table, error) {
	m, err := bench.NewMaterial(keys.HS256)
	if err != nil {
		return nil, err
	}
	t := &measure.Table{
		Title: "Issuers",
		Text: "Time of Verify (HS256, the tokens spread over all issuers), beside the verifier of one issuer alone with as many tokens; " +
			"then the heap of one issuer: its verifier with one ES256 key, what ByIssuer and Route (all tenants kept) add to that, and its verifier with a keys.Remote that fetched two ES256 keys.",
		Head: []string{"issuers", "alone, ns", "ByIssuer, ns (×)", "Route, ns (×)", "bytes: verifier", "+ ByIssuer", "+ Route", "bytes: with Remote"},
	}
	for _, n := range p.issuers {
		f, err := newFederation(n)
		if err != nil {
			return nil, err
		}
		turns, err := p.routing(m, n)
		if err != nil {
			return nil, err
		}
		alone, byIssuer, route := turns[0], turns[1], turns[2]
		times := func(t *measure.Turn) string { return fmt.Sprintf("%.0f (%.2f)", t.Nanos(), t.Times(alone)) }
		t.Rows = append(t.Rows, []string{
			grouped(n), fmt.Sprintf("%.0f", alone.Nanos()), times(byIssuer), times(route),
			grouped(f.verifier), grouped(f.byIssuer), grouped(f.route), grouped(f.remote),
		})
	}
	return t, nil
}

// routing times one verifier alone, ByIssuer and Route.
func (p plan) routing(m *bench.Material, n int) ([]*measure.Turn, error) {
	k, err := m.Key(bench.KeyID)
	if err != nil {
		return nil, err
	}
	vs, raws, same := map[string]verifier.Verifier{}, make([]string, n), make([]string, n)
	for i := range n {
		if vs[issuer(i)], err = bench.NewKeyedOf(issuer(i), keys.Static(k)); err != nil {
			return nil, err
		}
		raws[i], same[i] = m.Token(bench.KeyID, issuer(i), fmt.Sprint(i)), m.Token(bench.KeyID, issuer(0), fmt.Sprint(i))
	}
	turns := []*measure.Turn{
		{Name: "alone", Run: accepting(vs[issuer(0)], same)},
		{Name: "ByIssuer", Run: accepting(verifier.ByIssuer(vs), raws)},
		{Name: "Route", Run: accepting(route(vs), raws)},
	}
	return turns, measure.Interleave(measure.CPU, p.rounds, p.slice, turns)
}

// route keeps every verifier of vs, once it has accepted a token.
func route(vs map[string]verifier.Verifier) *verifier.Router {
	return verifier.Route(func(s *claims.Set) string { return s.Issuer }, func(_ context.Context, iss string) (verifier.Verifier, error) {
		return vs[iss], nil
	}, len(vs))
}

// A federation is the memory of one of many issuers in bytes.
type federation struct{ verifier, byIssuer, route, remote int }

func newFederation(n int) (f federation, err error) {
	m, err := bench.NewMaterial(keys.ES256)
	if err != nil {
		return f, err
	}
	each := func(from, to int64) int { return int(to-from) / n }
	names, raws := make([]string, n), make([]string, n)
	for i := range n {
		names[i] = issuer(i)
		raws[i] = m.Token(bench.KeyID, names[i], fmt.Sprint(i))
	}
	start := measure.Heap()
	vs := make([]verifier.Verifier, n)
	for i := range vs {
		k, err := m.Key(bench.KeyID)
		if err != nil {
			return f, err
		}
		if vs[i], err = bench.NewKeyedOf(names[i], keys.Static(k)); err != nil {
			return f, err
		}
	}
	list := measure.Heap()
	byName := map[string]verifier.Verifier{}
	for i, v := range vs {
		byName[names[i]] = v
	}
	named := measure.Heap()
	fixed := verifier.ByIssuer(byName)
	routed := measure.Heap()
	kept := route(byName)
	for _, raw := range raws {
		if _, err := kept.Verify(context.Background(), raw); err != nil {
			return f, err
		}
	}
	all := measure.Heap()
	f = federation{verifier: each(start, list), byIssuer: each(named, routed), route: each(routed, all)}
	runtime.KeepAlive([]any{vs, byName, fixed, kept, raws})
	f.remote, err = remotes(names)
	return f, err
}

// remotes returns the bytes of a verifier whose keys come from an endpoint of its own.
func remotes(names []string) (bytes int, err error) {
	docs, err := jwks(keys.ES256, 2, 2)
	if err != nil {
		return 0, err
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(docs[0]) }))
	defer s.Close()
	before := measure.Heap()
	vs := make([]verifier.Verifier, len(names))
	for i := range vs {
		r, err := keys.NewRemote(fmt.Sprint(s.URL, "/", i, "/jwks.json"))
		if err != nil {
			return 0, err
		}
		if err := r.Refresh(context.Background()); err != nil {
			return 0, err
		}
		if vs[i], err = bench.NewKeyedOf(names[i], r); err != nil {
			return 0, err
		}
	}
	held := measure.Heap() - before
	runtime.KeepAlive(vs)
	return int(held) / len(vs), nil
}
