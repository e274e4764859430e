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
func (r *Remote) tellFailure(t trouble, keys int, until time.Time, err error) func() {
	return func() {
		if t == withoutKeys {
			r.tell(slog.LevelError, "keys: cannot be fetched, and there are none that may serve", "error", err)
			return
		}
		r.tell(slog.LevelWarn, "keys: cannot be fetched; the last good ones serve", "keys", keys, "until", until, "error", err)
	}
}

func (r *Remote) tellRecovery() { r.tell(slog.LevelInfo, "keys: the endpoint answers again") }

// tellChange logs a set that differs from the one before.
func (r *Remote) tellChange(before, after *index, skippedBefore, skipped []Skipped) {
	old, young := names(before.all), names(after.all)
	added, removed, odd := without(young, old), without(old, young), reasons(skipped)
	if len(added)+len(removed) == 0 && slices.Equal(odd, reasons(skippedBefore)) {
		return
	}
	r.tell(slog.LevelInfo, "keys: the set has changed", "keys", len(after.all),
		"added", short(added), "removed", short(removed), "skipped", short(odd))
}

// tell logs one line. A handler that panics must not end the program: nobody
// else recovers in this goroutine.
func (r *Remote) tell(level slog.Level, message string, args ...any) {
	defer func() { _ = recover() }()
	r.config.log.Log(context.Background(), level, message, append([]any{"source", r.origin.name()}, args...)...)
}

// names lists ks by what tells them apart.
func names(ks []*Key) []string {
	all := make([]string, len(ks))
	for i, k := range ks {
		all[i] = message.Quote(k.id) + " " + string(k.alg) + " " + k.Thumbprint()
	}
	slices.Sort(all)
	return all
}

func reasons(skipped []Skipped) []string {
	all := make([]string, len(skipped))
	for i, s := range skipped {
		all[i] = s.String()
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

// short keeps a list readable, however many keys somebody publishes.
func short(list []string) []string {
	const most = 10
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}
