package keys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
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
// all that failed. A provider that has nothing to refresh is fine; one of your
// own takes part when it has a method Refresh(context.Context) error.
func Refresh(ctx context.Context, p Provider) error {
	return each(p, func(p Provider) error {
		if r, ok := p.(interface{ Refresh(context.Context) error }); ok {
			return r.Refresh(ctx)
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
	switch p := p.(type) {
	case interface{ Statuses() []Status }:
		return p.Statuses()
	case interface{ Status() Status }:
		return []Status{p.Status()}
	}
	var all []Status
	if m, ok := p.(*merged); ok {
		for _, p := range m.sources() {
			all = append(all, Statuses(p)...)
		}
	}
	return all
}

// each calls f for every source of p, all at the same time.
func each(p Provider, f func(Provider) error) error {
	if p == nil {
		return errors.New("keys: the provider is nil")
	}
	m, ok := p.(*merged)
	if !ok {
		return f(p)
	}
	ps := m.sources()
	errs := make([]error, len(ps))
	var wg sync.WaitGroup
	for i, p := range ps {
		wg.Go(func() { errs[i] = guard(p, f) })
	}
	wg.Wait()
	return message.Join("", errs...)
}

// guard is each in a goroutine of ours, where a panic would end the program.
func guard(p Provider, f func(Provider) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: a provider panicked: %v", ErrUnavailable, r)
		}
	}()
	return each(p, f)
}
