// Package message builds the text that people read. A message is one line of
// limited length, and text from outside is cut and quoted in it, so that nobody can
// forge a line of a log or fill a disk with it.
//
// Text is cut before it is quoted. Otherwise a cut could split an escape.
package message

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// How much of a text gets into a message.
const (
	maxQuoted  = 64   // bytes of a value
	maxWhole   = 512  // bytes of a value that the reader has to compare or copy
	maxForeign = 256  // bytes of an error from outside
	maxLine    = 1024 // bytes of a whole message
	maxLong    = 4096 // bytes of a whole message with such values
	maxListed  = 4    // values of a list
)

// Quote cuts s at 64 bytes and quotes it in ASCII. If it was cut, … follows the
// closing quote.
func Quote(s string) string { return quote(s, maxQuoted) }

// Whole is [Quote] with a limit of 512 bytes, for a value that the reader has to
// compare with another one, or to copy.
func Whole(s string) string { return quote(s, maxWhole) }

func quote(s string, most int) string {
	if short := cut(s, most); len(short) < len(s) {
		return strconv.QuoteToASCII(short) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// Plain returns s as it is if it is short, printable and without spaces, and
// [Quote] of it otherwise. It is for names that are usually harmless.
func Plain(s string) string {
	if q := Quote(s); s == "" || q != `"`+s+`"` || strings.Contains(s, " ") {
		return q
	}
	return s
}

// List quotes the first four values and separates them by commas. It returns
// "none" if there are none.
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

// cut returns at most most bytes of s and does not split a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	// s[most] is the first byte that is cut off. If it continues a character, the
	// beginning of that character has to go too.
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// Join returns an error that wraps every non-nil error of errs and reads as prefix
// followed by their messages, separated by "; ". The name of one of our packages
// appears at most once, in front. It returns nil if all errors are nil.
//
// errors.Join would separate them by line breaks.
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

// A list is the error that Join returns.
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

// OneLine returns an error that wraps err and reads like it, but on one line of at
// most 1 KiB. If err reads like that already, it is returned as it is. OneLine of
// nil is nil.
func OneLine(err error) error {
	if err == nil {
		return nil
	}
	return Reword(err, line(err.Error(), maxLine))
}

// LongLine is [OneLine] with a limit of 4 KiB, for a message with values from
// [Whole].
func LongLine(err error) error {
	if err == nil {
		return nil
	}
	return Reword(err, line(err.Error(), maxLong))
}

// Foreign is [OneLine] with a limit of 256 bytes, for an error whose text somebody
// outside may have chosen, such as the answer of an endpoint. Foreign of nil is
// nil.
func Foreign(err error) error {
	if err == nil {
		return nil
	}
	return Reword(err, line(err.Error(), maxForeign))
}

// Short is [Foreign] for a text: at most 256 bytes of it, on one line.
func Short(text string) string { return line(text, maxForeign) }

// Line is [OneLine] for a text: at most 1 KiB of it, on one line.
func Line(text string) string { return line(text, maxLine) }

var breaks = strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ")

// line cuts text and puts it on one line: a line break becomes "; ", and control
// characters are escaped.
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

// unprintable reports whether r could change how a terminal or a log shows the
// line.
func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// Reword returns an error that wraps err and reads as text.
func Reword(err error, text string) error {
	if text == err.Error() {
		return err
	}
	return &rewording{text, err}
}

// A rewording is the error that Reword returns.
type rewording struct {
	text string
	err  error
}

func (r *rewording) Error() string { return r.text }
func (r *rewording) Unwrap() error { return r.err }

// Bare returns the message of err without the name of one of our packages at its
// beginning, for use in a message that has named one already.
func Bare(err error) string {
	text := err.Error()
	for _, name := range []string{"keys: ", "claims: ", "verifier: ", "httpauth: ", "dpop: "} {
		if rest, ok := strings.CutPrefix(text, name); ok {
			return rest
		}
	}
	return text
}
