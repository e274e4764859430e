package observe_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/observe"
)

// A handler that panics too.
type broken struct{ slog.Handler }

func (broken) Handle(context.Context, slog.Record) error { panic("no log") }

// TestCallSurvives every panic, and logs the first one that it has a logger for.
func TestCallSurvives(t *testing.T) {
	var out bytes.Buffer
	handler := slog.NewTextHandler(&out, nil)
	for name, test := range map[string]struct {
		f    func(string, int)
		want string
	}{
		"nothing":  {func(string, int) {}, ""},
		"a secret": {func(string, int) { panic("secret") }, `panic="a string"`},
		"an error": {func(string, int) { panic(context.Canceled) }, `panic="a *errors.errorString"`},
		"an index": {func(_ string, i int) { _ = make([]int, 0)[i] }, `index out of range [7]`},
		"nil":      {func(string, int) { panic(nil) }, "panic called with nil argument"},
	} {
		t.Run(name, func(t *testing.T) {
			out.Reset()
			o := observe.New("mine", test.f)
			o.Call(nil, "in", 7)
			for range 3 {
				o.Call(slog.New(handler), "in", 7)
			}
			text := out.String()
			if strings.Contains(text, "secret") || !strings.Contains(text, test.want) || strings.Count(text, "mine: the observer panicked") != min(1, len(test.want)) {
				t.Errorf("logged %q", text)
			}
			observe.New("mine", test.f).Call(slog.New(broken{handler}), "in", 7)
		})
	}
}

// TestCallPassesOn what it was given.
func TestCallPassesOn(t *testing.T) {
	var in string
	var e int
	observe.New("mine", func(i string, n int) { in, e = i, n }).Call(nil, "in", 7)
	if in != "in" || e != 7 {
		t.Errorf("got %q and %d", in, e)
	}
}
