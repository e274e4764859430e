package keys

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// An event is what a fetch has changed, to be logged.
type event struct {
	condition condition // failing or outOfKeys, when that is new
	err       error     // why
	until     time.Time // how long the last good keys are used

	good          bool // there is a good set, perhaps the same
	recovered     bool // after failures
	before, after *index
}

// log writes what an event is about: the first failure in a row, that the keys
// have run out, that the endpoint answers again, and a set that has changed.
func (r *remote) log(e event) {
	switch {
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

func (r *remote) logLine(level slog.Level, text string, args ...any) {
	r.config.logLine(level, text, append([]any{"source", r.origin.name()}, args...)...)
}

// logLine logs one line. A handler that panics must not end the program: often
// nobody else recovers in this goroutine.
func (c *config) logLine(level slog.Level, text string, args ...any) {
	defer func() { _ = recover() }()
	c.log.Log(context.Background(), level, text, args...)
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

// missingFrom lists those of list that are not in old, which is sorted.
func missingFrom(old, list []string) (rest []string) {
	for _, s := range list {
		if _, found := slices.BinarySearch(old, s); !found {
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
