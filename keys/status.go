package keys

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// A Status tells how a provider of keys from elsewhere is doing. It holds no
// secret, and of a URL no user, password or query.
type Status struct {
	Source      string    // the URL or path
	Keys        []*Key    // the keys that verify now
	Skipped     []Skipped // the keys in the source that are not used
	FetchedAt   time.Time // when the keys were last seen at the source; zero: never
	NextRefresh time.Time // when they are looked at again
	Stale       bool      // the keys are past their freshness
	Err         error     // why the last look failed; nil when it did not
}

// Refresh makes every provider in p fetch now, through [Merge] and
// [ForIssuer]: to warm up, or to fail fast at start. It returns the errors of
// all that failed, among them those that have no key at all. A provider that
// has nothing to refresh is fine; one of your own takes part when it has a
// method Refresh(context.Context) error.
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
// returns at once when p has nothing to refresh. The caller owns the goroutine:
//
//	go keys.Run(ctx, p)
//
// A provider of your own takes part when it has a method
// Run(context.Context) error.
func Run(ctx context.Context, p Provider) error {
	return each(p, func(p Provider) error {
		if r, ok := p.(interface{ Run(context.Context) error }); ok {
			return r.Run(ctx)
		}
		return nil
	})
}

// Statuses tells how every provider in p is doing, for a health page.
// Providers that have nothing to tell are left out; one of your own takes part
// when it has a method Status() keys.Status.
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

// each calls f for every source of p, all at the same time.
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

// guard is each in a goroutine of ours, where a panic would end the program.
func guard(p Provider, f func(Provider) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	return each(p, f)
}
