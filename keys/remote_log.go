package keys

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/jwtverify/jwtverify/internal/message"
)

// log writes an event: the first of several failures, the end of the last good
// keys, a recovery, or a set that has changed.
func (r *remote) log(e event) {
	switch {
	case e.condition == misconfigured:
		r.logLine(slog.LevelError, "keys: configuration fault", "keys", len(e.after.all), "error", e.err)
	case e.condition == outOfKeys:
		r.logLine(slog.LevelError, "keys: fetch failed, and there are no keys that may be used", "error", e.err)
	case e.condition == failing:
		r.logLine(slog.LevelWarn, "keys: fetch failed; using the last good set", "keys", len(e.after.all), "until", e.until, "error", e.err)
	}
	if e.recovered {
		r.logLine(slog.LevelInfo, "keys: the endpoint answers again")
	}
	if e.good && e.after != e.before {
		r.logChange(e.before, e.after)
	}
	r.config.observed(e.refresh)
}

// refreshed returns the event of a. The lock is held.
func (r *remote) refreshed(a *attempt, before, after *index) *RefreshEvent {
	err := a.err
	if err != nil {
		err = r.unavailable(err)
	}
	return r.config.refreshed(r.origin.name(), a.start, err, before, after)
}

// logChange logs a set that differs from the one before.
func (r *remote) logChange(before, after *index) {
	old, young := names(before.all), names(after.all)
	added, removed, odd := missingFrom(old, young), missingFrom(young, old), reasons(after.skipped)
	if len(added)+len(removed) == 0 && slices.Equal(odd, reasons(before.skipped)) {
		return
	}
	r.logLine(slog.LevelInfo, "keys: the set has changed", "keys", len(after.all),
		"added", first(added, itself), "removed", first(removed, itself), "skipped", first(odd, itself))
}

// logLine logs one line about r, by its name.
func (r *remote) logLine(level slog.Level, text string, args ...any) {
	r.config.logLine(level, text, append([]any{"source", r.origin.name()}, args...)...)
}

// logLine logs one line. It has no context of a request, since a fetch serves many
// of them. A handler that panics must not end the program: often nobody else
// recovers in this goroutine.
func (c *config) logLine(level slog.Level, text string, args ...any) {
	defer func() { _ = recover() }()
	c.log.Log(context.Background(), level, text, args...)
}

// names returns what distinguishes ks, sorted.
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

// missingFrom returns the elements of list that are not in old, which is sorted.
func missingFrom(old, list []string) (rest []string) {
	for _, s := range list {
		if _, found := slices.BinarySearch(old, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}

// first returns the text of the first ten elements of a list, and how many more
// there are: a log line stays short however many keys a source publishes.
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
