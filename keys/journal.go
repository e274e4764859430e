package keys

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// tellFailure logs the first failure in a row, and that the keys have run out.
func (r *remote) tellFailure(t trouble, keys int, until time.Time, err error) func() {
	return func() {
		if t == withoutKeys {
			r.tell(slog.LevelError, "keys: cannot be fetched, and there are none that may serve", "error", err)
			return
		}
		r.tell(slog.LevelWarn, "keys: cannot be fetched; the last good ones serve", "keys", keys, "until", until, "error", err)
	}
}

func (r *remote) tellRecovery() { r.tell(slog.LevelInfo, "keys: the endpoint answers again") }

// tellChange logs a set that differs from the one before.
func (r *remote) tellChange(before, after *index) {
	old, young := names(before.all), names(after.all)
	added, removed, odd := without(young, old), without(old, young), reasons(after.skipped)
	if len(added)+len(removed) == 0 && slices.Equal(odd, reasons(before.skipped)) {
		return
	}
	r.tell(slog.LevelInfo, "keys: the set has changed", "keys", len(after.all),
		"added", first(added), "removed", first(removed), "skipped", first(odd))
}

func (r *remote) tell(level slog.Level, message string, args ...any) {
	r.config.tell(level, message, append([]any{"source", r.origin.name()}, args...)...)
}

// tell logs one line. A handler that panics must not end the program: often
// nobody else recovers in this goroutine.
func (c *config) tell(level slog.Level, message string, args ...any) {
	defer func() { _ = recover() }()
	c.log.Log(context.Background(), level, message, args...)
}

// names lists ks by what tells them apart.
func names(ks []*Key) []string {
	all := make([]string, len(ks))
	for i, k := range ks {
		if k != nil {
			all[i] = message.Quote(k.id) + " " + string(k.alg) + " " + k.Thumbprint()
		}
	}
	slices.Sort(all)
	return all
}

func reasons(skipped []Skipped) []string {
	all := make([]string, len(skipped))
	for i, s := range skipped {
		all[i] = line(s.String())
	}
	slices.Sort(all)
	return all
}

// without lists those of a that are not in b, which is sorted.
func without(a, b []string) (rest []string) {
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}

// first keeps a list readable, however many keys somebody publishes.
func first(list []string) []string {
	const most = 10
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}
