package jws

import (
	"errors"
	"fmt"
	"strings"
)

// Reasons to refuse a token. None repeats any of it.
var (
	errEmpty     = errors.New("it is empty")
	errEncrypted = errors.New("it has five parts: it is encrypted (JWE), and only signed tokens are supported")
	errJSON      = errors.New("it is a JSON object, and only the compact serialization is supported")
	errBase64    = errors.New("a part is not unpadded, canonical base64url")
	errPadded    = errors.New("a part is not canonical base64url with exactly the padding that it needs")
	errNoKey     = errors.New("its header has no jwk, or one that is not an object")
)

// ErrPadding is returned for a token that has padding although the Parser does not
// expect any.
var ErrPadding = errors.New("its base64url is padded with =, which RFC 7515 §2 does not allow")

// badPart is what is wrong with a part that cannot be decoded.
func (p *Parser) badPart() error {
	if p.Padded {
		return errPadded
	}
	return errBase64
}

// sizeError and partsError build their text only when it is read, since most
// refusals are counted and never read.
type sizeError struct{ size, most int }

func (e sizeError) Error() string {
	return fmt.Sprintf("it has %d bytes; at most %d are read", e.size, e.most)
}

type partsError int

func (e partsError) Error() string { return fmt.Sprintf("it has %d parts, not 3", int(e)) }

// Reasons that tell whoever handles the token what to do about it.
var (
	errScheme = errors.New("a word such as Bearer precedes it; give it alone")
	errQuotes = errors.New("it is in quotes; remove them")
	errSpace  = errors.New("it has white space or a line break before or after it; trim it")
	errBroken = errors.New("it has white space or a line break inside it; was it wrapped?")
)

// mishandled returns a better reason than err if a valid token may have been
// handled badly on its way. Such a token is refused all the same (rule 1): the
// reason only helps whoever reads it.
func mishandled(raw string, err error) error {
	if _, parts := err.(partsError); !parts && err != errBase64 && err != errPadded {
		return err
	}
	trimmed := strings.TrimSpace(raw)
	word, rest, spaced := strings.Cut(trimmed, " ")
	switch { // from the outside in: what is around the token hides what is in it
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
	case err == errBase64 && strings.Contains(raw, "="):
		return ErrPadding
	}
	return err
}

// isWord reports whether s consists of ASCII letters, as the name of a scheme such
// as Bearer does.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return s != ""
}
