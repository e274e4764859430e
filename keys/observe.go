package keys

import (
	"errors"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/observe"
)

// A RefreshEvent is the end of one fetch of a [Remote], or of one reading of a [File],
// as [WithObserver] reports it. It holds no secret, and of a URL no user, password or
// query. It may be kept.
type RefreshEvent struct {
	// Source is that of [Status]: the URL or path, or the name given to NewSource.
	Source string
	// Err is nil if the keys were found, changed or not. Otherwise it wraps
	// [ErrUnavailable], and the last good keys are used as long as they may be.
	Err error
	// Duration is how long it took, discovery included.
	Duration time.Duration
	// Added and Removed are the keys that were not there before, and those that are
	// not any more. A key whose material has changed is in both.
	Added, Removed []*Key
	// Keys and Skipped count the keys at the source that are usable, and those that
	// are not, as of the last fetch that found them.
	Keys, Skipped int
}

// Misconfigured reports whether the setting of the source can never work, which is
// [ErrConfiguration].
func (e RefreshEvent) Misconfigured() bool { return errors.Is(e.Err, ErrConfiguration) }

// WithObserver calls f at the end of each fetch, good or not, and each time that a
// file is read or cannot be, the first time included. A check of a file that has not
// changed is not reported, nor are keys from a seed or a snapshot. Environment
// variables are read once, and never reported.
//
// f runs before the lookups that wait for the fetch go on, without a lock, so it
// should be quick; known keys do not wait for it. It may be called by several
// goroutines, each of which is ours: if f panics, the panic is recovered, and the
// first is logged by [WithLogger]. A nil f is an error.
func WithObserver(f func(RefreshEvent)) Option {
	o := observe.New("keys", func(_ struct{}, e RefreshEvent) { f(e) })
	return func(c *config) {
		if f == nil {
			c.fail("WithObserver: the function is nil")
			return
		}
		c.observer = o
	}
}

type observer = observe.Observer[struct{}, RefreshEvent]

// observed calls the observer with e, unless there is none of either.
func (c *config) observed(e *RefreshEvent) {
	if c.observer != nil && e != nil {
		c.observer.Call(c.log, struct{}{}, *e)
	}
}

// refreshed returns the event that leads from one index to the other. It is nil if
// nobody observes.
func (c *config) refreshed(source string, began time.Time, err error, before, after *index) *RefreshEvent {
	if c.observer == nil {
		return nil
	}
	return &RefreshEvent{
		Source: source, Err: err, Duration: time.Since(began),
		Added: without(after, before), Removed: without(before, after),
		Keys: len(after.all), Skipped: len(after.skipped),
	}
}

// without returns the keys of x that y does not have. It compares each with those of
// the same name only, as a source may publish thousands.
func without(x, y *index) (rest []*Key) {
	if x == y {
		return nil
	}
	known := map[string][]*Key{}
	for _, k := range y.all {
		known[nameOf(k)] = append(known[nameOf(k)], k)
	}
	for _, k := range x.all {
		if !slices.ContainsFunc(known[nameOf(k)], k.Equal) {
			rest = append(rest, k)
		}
	}
	return rest
}
