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
// "=". Every byte of every token passes here, so it takes eight at a time, and looks
// at each of them only if one is not as usual.
func hasOnlyTokenBytes(s string) bool {
	if len(s) < 8 {
		return areTokenBytes(s)
	}
	last := eight(s[len(s)-8:])
	usual, any := usualBytes(last), last
	for i := 0; i+8 < len(s); i += 8 {
		w := eight(s[i : i+8])
		usual &= usualBytes(w)
		any |= w
	}
	return usual&^any&tops == tops || areTokenBytes(s)
}

// eight returns the first eight bytes of s.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

const (
	each = 0x0101010101010101 // times a byte: eight of them
	tops = each * 0x80        // the top bit of each
)

// usualBytes sets the top bit of those of the eight bytes of w that are letters,
// digits, "-", ".", "/" or "_", as almost all bytes of tokens are. It takes w for
// ASCII: a byte with a top bit makes its answer worthless. Then each sum has the top
// bit of a byte if that is at least some character, each difference if it is at most
// some character, and none carries into the next byte.
func usualBytes(w uint64) uint64 {
	lower := w | each*0x20
	letters := (lower + each*(0x80-'a')) & (each*(0x80+'z') - lower)
	digits := (w + each*(0x80-'-')) & (each*(0x80+'9') - w) // and "-", "." and "/" before them
	underscores := tops - (w ^ each*'_')
	return letters | digits | underscores
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
