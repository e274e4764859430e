package httpauth

import (
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// checked returns token if it is a b64token (RFC 6750 §2.1), or, where padded, one
// with padding in its parts. scheme is what stood before it; "" for a token that
// stands alone.
func checked(token, what, scheme string, padded bool) (string, error) {
	good := isB64Token(token)
	if padded {
		good = isPaddedToken(token)
	}
	if !good {
		return "", fmt.Errorf("%w: the %s: %s", ErrRequest, what, mistake(token, scheme))
	}
	if strings.Trim(token, "=") == "" {
		return "", fmt.Errorf("%w: the %s holds no token", ErrRequest, what)
	}
	return token, nil
}

// isB64Token reports whether s is a b64token, or is empty but for the "=" at the end
// of one.
func isB64Token(s string) bool { return hasOnlyTokenBytes(strings.TrimRight(s, "=")) }

// isPaddedToken is isB64Token for text whose three parts, if it has three, may each
// end in the padding of base64: at most two "=" (RFC 4648 §4).
func isPaddedToken(s string) bool {
	if strings.Count(s, ".") != 2 {
		return isB64Token(s)
	}
	for part := range strings.SplitSeq(s, ".") {
		text := strings.TrimSuffix(strings.TrimSuffix(part, "="), "=")
		if text == "" && part != "" || !hasOnlyTokenBytes(text) {
			return false
		}
	}
	return true
}

// hasOnlyTokenBytes reports whether s has only the bytes of a b64token other than
// "=". It takes eight at a time, since every byte of every token passes here.
func hasOnlyTokenBytes(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		if !areUsual(w) && !areTokenBytes(b) {
			return false
		}
	}
	return areTokenBytes(s[i:])
}

// areUsual reports whether all eight bytes of w are letters, digits, "-", ".", "/" or
// "_", as almost all bytes of tokens are. Each sum sets the top bit of those bytes
// that are at least, or above, some character; without top bits in w none overflows
// into the next byte.
func areUsual(w uint64) bool {
	const each, top = 0x0101010101010101, 0x8080808080808080
	lower := w | 0x20*each
	letters := (lower + (0x80-'a')*each) &^ (lower + (0x7f-'z')*each)
	digits := (w + (0x80-'-')*each) &^ (w + (0x7f-'9')*each) // and "-", "." and "/" before them
	other := (w ^ '_'*each) + 0x7f*each                      // the top bit of those that are not "_"
	return w&top == 0 && (letters|digits|^other)&top == top
}

func areTokenBytes(s string) bool {
	var bad byte
	for i := range len(s) {
		bad |= notTokenByte[s[i]]
	}
	return bad == 0
}

// notTokenByte has 0 for the bytes of a b64token (RFC 6750 §2.1) other than "=",
// and 1 for all others. A table needs no branches.
var notTokenByte = func() (table [256]byte) {
	const tokenBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	for c := range table {
		if strings.IndexByte(tokenBytes, byte(c)) < 0 {
			table[c] = 1
		}
	}
	return table
}()

// mistake explains why text is not one token, without quoting it. These are the
// mistakes that people make with curl and environment variables.
func mistake(text, scheme string) string {
	inner := strings.Trim(text, " \t\r\n")
	word, _, more := strings.Cut(inner, " ")
	switch {
	case strings.ContainsAny(text, "\r\n"):
		return "there is a line break in or around the token; send the token alone"
	case inner != text:
		return "there is white space around the token; send the token alone"
	case strings.HasSuffix(inner, `\n`), strings.HasSuffix(inner, `\r`):
		return `there is a line break, written as \n, after the token; send the token alone`
	case strings.Trim(inner, `"'`) != inner:
		return "the token is in quotes; send it without"
	case more && scheme != "" && ascii.EqualFold(word, scheme):
		return "the word " + scheme + " occurs twice; send it once"
	case more && ascii.EqualFold(word, "Bearer"):
		return "the word Bearer comes before the token; send the token alone"
	case strings.Trim(inner, "<>{}[]()") != inner:
		return "the token is in brackets; send it without"
	case strings.Contains(inner, "%"):
		return "the token is percent-encoded; send it as it is"
	case strings.Contains(inner, "=."):
		return "the parts of the token are padded with =; send them without, or read them with PaddedHeader"
	case strings.Contains(inner, ","):
		return "there is more than one token, or a comma; send one token"
	}
	return "it holds more than one token, or something else; send one token"
}
