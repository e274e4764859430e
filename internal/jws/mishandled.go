package jws

import (
	"errors"
	"strings"
)

var (
	errScheme = errors.New("a word such as Bearer stands before it; give it alone")
	errQuotes = errors.New("it stands in quotes; give it without them")
	errSpace  = errors.New("white space or a line end stands before or after it; cut that off")
	errBroken = errors.New("white space or a line end stands inside it; is it cut into lines?")
)

// mishandled returns a better reason than err, where it shows that a good token
// may have been handled badly on its way. None of these is ever accepted: one
// token has one spelling.
func mishandled(raw string, err error) error {
	if _, parts := err.(partsError); !parts && err != errBase64 {
		return err
	}
	trimmed := strings.TrimSpace(raw)
	word, rest, spaced := strings.Cut(trimmed, " ")
	switch {
	case trimmed == "":
		return errEmpty
	case strings.ContainsAny(trimmed[:1]+trimmed[len(trimmed)-1:], "\"'`"):
		return errQuotes
	case spaced && isWord(strings.TrimSuffix(word, ":")) && strings.Contains(rest, "."):
		return errScheme
	case trimmed != raw:
		return errSpace
	case strings.ContainsAny(raw, " \t\r\n"):
		return errBroken
	}
	return err
}

// isWord reports whether s is made of letters.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return s != ""
}
