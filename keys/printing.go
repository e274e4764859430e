package keys

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
)

// This file makes printing and logging safe. A provider prints as its name, which
// has no user, password or query of a URL, and never as what is inside, even with
// %#v. So each type has three methods: Format, which package fmt calls for every
// verb, String and LogValue.

// printText writes text for any verb; %q quotes it.
func printText(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.QuoteToASCII(text)
	}
	io.WriteString(f, text)
}

// String names the source of the keys, as [Status].Source does.
func (r *Remote) String() string {
	if r.isZero() {
		return "no remote keys"
	}
	return "keys from " + r.state.origin.name()
}

// Format prints String for every verb.
func (r *Remote) Format(f fmt.State, verb rune) { printText(f, verb, r.String()) }

// LogValue logs String.
func (r *Remote) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names the file.
func (f *File) String() string {
	if f.isZero() {
		return "no key file"
	}
	return "keys from file " + message.Short(f.state.path)
}

// Format prints String for every verb.
func (f *File) Format(s fmt.State, verb rune) { printText(s, verb, f.String()) }

// LogValue logs String.
func (f *File) LogValue() slog.Value { return slog.StringValue(f.String()) }

// String says how many keys there are now.
func (s *Set) String() string {
	if s == nil {
		return "no keys"
	}
	return "a Set of " + count(len(s.current().index.all), "key")
}

// Format prints String for every verb.
func (s *Set) Format(f fmt.State, verb rune) { printText(f, verb, s.String()) }

// LogValue logs String.
func (s *Set) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (s static) String() string                 { return count(len(s.all), "key") }
func (s static) Format(f fmt.State, verb rune)  { printText(f, verb, s.String()) }
func (s static) LogValue() slog.Value           { return slog.StringValue(s.String()) }
func (b broken) String() string                 { return b.err.Error() }
func (b broken) Format(f fmt.State, verb rune)  { printText(f, verb, b.String()) }
func (b broken) LogValue() slog.Value           { return slog.StringValue(b.String()) }
func (m *merged) String() string                { return "keys from " + count(len(m.ps), "provider") }
func (m *merged) Format(f fmt.State, verb rune) { printText(f, verb, m.String()) }
func (m *merged) LogValue() slog.Value          { return slog.StringValue(m.String()) }

func (f *forIssuer) String() string                { return "keys for issuer " + fetch.Redacted(f.issuer) }
func (f *forIssuer) Format(s fmt.State, verb rune) { printText(s, verb, f.String()) }
func (f *forIssuer) LogValue() slog.Value          { return slog.StringValue(f.String()) }

// String lists the schemes.
func (m Mux) String() string { return "a Mux for " + message.Short(m.usage()) }

// Format prints String for every verb.
func (m Mux) Format(f fmt.State, verb rune) { printText(f, verb, m.String()) }

// LogValue logs String.
func (m Mux) LogValue() slog.Value { return slog.StringValue(m.String()) }

// String shows the fields. It quotes and cuts them, since the token is not trusted.
func (h Hint) String() string {
	text := "kid " + message.Quote(h.KeyID) + ", alg " + message.Quote(string(h.Algorithm)) + ", iss " + message.Quote(h.Issuer)
	if h.Retry {
		text += ", again"
	}
	return text
}

// Format prints String for every verb.
func (h Hint) Format(f fmt.State, verb rune) { printText(f, verb, h.String()) }

// LogValue logs String.
func (h Hint) LogValue() slog.Value { return slog.StringValue(h.String()) }

// Format prints String for every verb.
func (s Skipped) Format(f fmt.State, verb rune) { printText(f, verb, reasonOf(s)) }

// LogValue logs String.
func (s Skipped) LogValue() slog.Value { return slog.StringValue(reasonOf(s)) }

// String shows s on one line of at most 1 KiB, with the first few of its keys.
func (s Status) String() string {
	text := fmt.Sprintf("%s: %s %s, %d skipped %s", message.Short(s.Source), count(len(s.Keys), "key"), first(s.Keys, nameOf), len(s.Skipped), first(s.Skipped, reasonOf))
	if !s.FetchedAt.IsZero() {
		text += ", fetched " + s.FetchedAt.Format(time.RFC3339)
	}
	if s.Stale {
		text += ", stale"
	}
	if s.Err != nil {
		text += ": " + s.Err.Error()
	}
	return message.Line(text)
}

// Format prints String for every verb.
func (s Status) Format(f fmt.State, verb rune) { printText(f, verb, s.String()) }

// LogValue logs what MarshalJSON writes.
func (s Status) LogValue() slog.Value {
	r := s.report()
	return slog.GroupValue(
		slog.String("source", r.Source),
		slog.Any("keys", r.Keys),
		slog.Any("skipped", r.Skipped),
		slog.Any("fetched_at", r.FetchedAt),
		slog.Any("next_refresh", r.NextRefresh),
		slog.Bool("stale", r.Stale),
		slog.String("error", r.Error),
	)
}

// MarshalJSON writes s for a health page: the first ten keys by ID, algorithm
// and thumbprint, the first ten that are skipped, and the text of the error. The
// error is absent when there is none, and so are times that are zero.
func (s Status) MarshalJSON() ([]byte, error) { return json.Marshal(s.report()) }

// A report is a Status for people, of limited length.
type report struct {
	Source      string    `json:"source"`
	Keys        []string  `json:"keys"`
	Skipped     []string  `json:"skipped"`
	FetchedAt   time.Time `json:"fetched_at,omitzero"`
	NextRefresh time.Time `json:"next_refresh,omitzero"`
	Stale       bool      `json:"stale"`
	Error       string    `json:"error,omitempty"`
}

func (s Status) report() report {
	r := report{
		Source: message.Short(s.Source), Keys: first(s.Keys, nameOf), Skipped: first(s.Skipped, reasonOf),
		FetchedAt: s.FetchedAt, NextRefresh: s.NextRefresh, Stale: s.Stale,
	}
	if s.Err != nil {
		r.Error = message.Line(s.Err.Error())
	}
	if errors.Is(s.Err, ErrConfiguration) { // it has values to copy
		r.Error = message.LongLine(s.Err).Error()
	}
	return r
}
