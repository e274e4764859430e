// Package message words what people read: always one line, never longer than
// somebody outside wants it to be, and foreign text quoted.
//
// Text is cut before it is quoted, so that a cut never splits an escape.
package message

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// How much of a text gets into a message, in bytes.
const (
	maxQuoted  = 64   // of a value
	maxForeign = 256  // of an error from outside
	maxLine    = 1024 // of a whole message
	maxListed  = 4    // values of a list
)

// Quote cuts s and quotes it in ASCII. What was cut shows as … after the
// closing quote.
func Quote(s string) string {
	if short := cut(s, maxQuoted); len(short) < len(s) {
		return strconv.QuoteToASCII(short) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// Plain is s where it is short, printable and without spaces, else [Quote]: for
// names that are usually harmless.
func Plain(s string) string {
	if q := Quote(s); s == "" || q != `"`+s+`"` || strings.Contains(s, " ") {
		return q
	}
	return s
}

// List quotes the first few of values; "none" when there is none.
func List(values ...string) string {
	if len(values) == 0 {
		return "none"
	}
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == maxListed {
			b.WriteString("…")
			break
		}
		b.WriteString(Quote(v))
	}
	return b.String()
}

// cut returns at most most bytes of s, and no half of a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// Join returns an error that wraps every non-nil one of errs and reads as
// prefix followed by their messages, separated by "; ", with the name of a
// package of ours at most once, in front. It is nil when none is left.
func Join(prefix string, errs ...error) error {
	var kept []error
	for _, err := range errs {
		if err != nil {
			kept = append(kept, err)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return &list{prefix: prefix, errs: kept}
}

type list struct {
	prefix string
	errs   []error
}

func (l *list) Error() string {
	var b strings.Builder
	b.WriteString(l.prefix)
	for i, err := range l.errs {
		switch {
		case i > 0:
			b.WriteString("; " + Bare(err))
		case l.prefix != "":
			b.WriteString(Bare(err))
		default:
			b.WriteString(err.Error())
		}
	}
	return b.String()
}

func (l *list) Unwrap() []error { return l.errs }

// OneLine returns err, or where its message has line breaks or is longer than
// 1 KiB, an error that wraps it and prints without them, cut. OneLine of nil is
// nil.
func OneLine(err error) error {
	if err == nil {
		return nil
	}
	return Reword(err, line(err.Error(), maxLine))
}

// Foreign is for an error whose text somebody outside may have chosen, such as
// what an endpoint has answered: it wraps err, and prints at most 256 bytes of
// it, on one line, with control characters escaped. Foreign of nil is
// nil.
func Foreign(err error) error {
	if err == nil {
		return nil
	}
	return Reword(err, line(err.Error(), maxForeign))
}

// Short is a text that somebody outside may have chosen, as [Foreign] prints an
// error.
func Short(text string) string { return line(text, maxForeign) }

// Line is a text of our own, as [OneLine] prints an error.
func Line(text string) string { return line(text, maxLine) }

var breaks = strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ")

func line(text string, most int) string {
	short := cut(text, most)
	words := breaks.Replace(short)
	if strings.ContainsFunc(words, unprintable) {
		q := strconv.QuoteToASCII(words)
		words = q[1 : len(q)-1]
	}
	if len(short) < len(text) {
		words += "…"
	}
	return words
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// Reword returns an error that reads as text and wraps err.
func Reword(err error, text string) error {
	if text == err.Error() {
		return err
	}
	return &rewording{text, err}
}

type rewording struct {
	text string
	err  error
}

func (r *rewording) Error() string { return r.text }
func (r *rewording) Unwrap() error { return r.err }

// Bare is the message of err without the name of a package of ours before it,
// for a message that has named one already.
func Bare(err error) string {
	text := err.Error()
	for _, name := range []string{"keys: ", "claims: ", "verifier: ", "httpauth: ", "dpop: "} {
		if rest, ok := strings.CutPrefix(text, name); ok {
			return rest
		}
	}
	return text
}
