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
		"added", first(added, itself), "removed", first(removed, itself), "skipped", first(odd, itself))
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
func names(ks []*Key) []string { return sorted(ks, nameOf) }

func nameOf(k *Key) string {
	if k == nil {
		return "no key"
	}
	return message.Quote(k.id) + " " + string(k.alg) + " " + k.Thumbprint()
}

func reasons(skipped []Skipped) []string { return sorted(skipped, reasonOf) }

func reasonOf(s Skipped) string { return message.Quote(s.KeyID) + ": " + message.Short(s.Reason) }

func sorted[T any](list []T, text func(T) string) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = text(v)
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

// first is the text of the first few of a list, however many keys somebody
// publishes.
func first[T any](list []T, text func(T) string) []string {
	const most = 10
	short := make([]string, 0, most+1)
	for _, v := range list[:min(len(list), most)] {
		short = append(short, text(v))
	}
	if len(list) > most {
		short = append(short, fmt.Sprintf("and %d more", len(list)-most))
	}
	return short
}

func itself(s string) string { return s }
