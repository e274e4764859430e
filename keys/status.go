package keys

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// A Status describes the state of a provider whose keys come from elsewhere. It
// is a copy: the provider does not change it. It holds no secret, and of a URL
// no user, password or query, so a health page may show it; its JSON is short.
//
// A provider is healthy when Keys is not empty, or with [NewPerID] and
// [WithEmptySetRevoking] when Err is nil. Err together with Keys means that the last
// fetch failed and the last good keys are still used.
type Status struct {
	Source      string    // the URL or path, or the name given to NewSource
	Keys        []*Key    // the keys that verify now; none: lookups fail
	Skipped     []Skipped // the keys at the source that are not used, and why
	FetchedAt   time.Time // when the keys were last seen at the source; zero: never
	NextRefresh time.Time // when the next fetch is due
	Stale       bool      // the keys are past their freshness
	Err         error     // why the last fetch failed; nil when it succeeded
}

// Refresh makes every provider in p fetch now, all at the same time, looking
// through [Merge] and [ForIssuer]. Call it at start to warm up, or to fail fast
// when a source is down or misconfigured. Refresh blocks until all have finished
// or ctx ends, and returns the errors of all that failed in one; each wraps
// [ErrUnavailable]. A provider that has no keys at all is among them.
//
// A provider that has nothing to refresh succeeds. Your own provider takes part
// when it has a method Refresh(context.Context) error.
func Refresh(ctx context.Context, p Provider) error {
	return each(p, func(p Provider) error {
		switch p := p.(type) {
		case interface{ Refresh(context.Context) error }:
			return p.Refresh(ctx)
		case static:
			return p.check()
		case *Set:
			return p.check()
		}
		return nil
	})
}

// Run keeps every provider in p fresh until ctx ends, and then returns nil. It
// returns immediately when p has nothing to refresh. The caller owns the
// goroutine:
//
//	go keys.Run(ctx, p)
//
// Run is optional. Without it keys are refreshed when they are looked up, so an
// idle program fetches nothing, and its next lookup may wait a moment.
//
// Your own provider takes part when it has a method Run(context.Context) error.
// Run fails with [ErrUnavailable] when a provider is nil, or when one of a Merge
// panics.
func Run(ctx context.Context, p Provider) error {
	return each(p, func(p Provider) error {
		if r, ok := p.(interface{ Run(context.Context) error }); ok {
			return r.Run(ctx)
		}
		return nil
	})
}

// Statuses returns the Status of every provider in p, for a health page, looking
// through [Merge] and [ForIssuer]. It makes no request. Providers without a
// status, such as [Static], are left out; your own takes part when it has a
// method Status() keys.Status. A nil p has none.
func Statuses(p Provider) []Status {
	switch {
	case p == nil:
		return nil
	case absent.Is(p):
		return []Status{{Err: errNilProvider}}
	}
	switch p := p.(type) {
	case interface{ Statuses() []Status }:
		return p.Statuses()
	case interface{ Status() Status }:
		return []Status{p.Status()}
	}
	var all []Status
	if m, ok := p.(*merged); ok {
		for _, p := range m.ps {
			all = append(all, Statuses(p)...)
		}
	}
	return all
}

// each calls f for every source in p, all at the same time, and waits for all.
func each(p Provider, f func(Provider) error) error {
	if absent.Is(p) {
		return errNilProvider
	}
	m, ok := p.(*merged)
	if !ok {
		return f(p)
	}
	errs := make([]error, len(m.ps))
	var wg sync.WaitGroup
	for i, p := range m.ps {
		wg.Go(func() { errs[i] = guard(p, f) })
	}
	wg.Wait()
	return joined(errs)
}

var errNilProvider = fmt.Errorf("%w: the provider is nil", ErrUnavailable)

// guard is each for a goroutine that this package starts, where a panic would end
// the program.
func guard(p Provider, f func(Provider) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	return each(p, f)
}
