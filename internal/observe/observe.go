// Package observe calls functions of the program that look on while something is
// decided. They change nothing: one that panics does not change an answer, and does
// not end the program in a goroutine where nobody else would recover.
package observe

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
)

// An Observer is such a function: f looks on at an Event in the place Of, such as a
// context. Goroutines share it.
type Observer[Of, Event any] struct {
	pkg  string
	f    func(Of, Event)
	told atomic.Bool // a panic was logged
}

// New returns an Observer for f. pkg is the package that log lines name.
func New[Of, Event any](pkg string, f func(Of, Event)) *Observer[Of, Event] {
	return &Observer[Of, Event]{pkg: pkg, f: f}
}

// Call calls the function. It logs the first panic of an Observer to log, which may
// be nil, and no other: one line for each token could fill a disk.
func (o *Observer[Of, Event]) Call(log *slog.Logger, in Of, e Event) {
	defer o.recovered(log)
	o.f(in, e)
}

func (o *Observer[Of, Event]) recovered(log *slog.Logger) {
	if p := recover(); p != nil {
		o.Log(log, "the observer", p)
	}
}

// Log logs that who panicked with p, for a caller that has recovered p itself. Like
// Call, it logs only the first panic.
func (o *Observer[Of, Event]) Log(log *slog.Logger, who string, p any) {
	if log == nil || o.told.Swap(true) {
		return
	}
	defer func() { _ = recover() }() // the logger is foreign code too
	log.Error(o.pkg+": "+who+" panicked; the decision stands, and further panics are not logged", "panic", describe(p))
}

// describe describes a panic. Its value may hold anything, even a token, so that only
// those of the runtime are quoted.
func describe(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", p)
}
