package strictjson

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// end stands for the end of the text. A JSON text cannot contain a bare NUL.
const end = 0

// A text is JSON to be read. Its methods take the position at which to begin and
// return the position after what they have read.
type text string

// peek skips white space and returns the byte after it with its position, or end.
// Most tokens have no white space, so the fast path is a single comparison: every
// white space character of JSON is at most a space (RFC 8259 §2).
func (t text) peek(i int) (byte, int) {
	if i < len(t) && t[i] > ' ' {
		return t[i], i
	}
	return t.space(i)
}

// space is the slow path of peek, which is separate so that peek can be inlined.
func (t text) space(i int) (byte, int) {
	for ; i < len(t); i++ {
		switch c := t[i]; c {
		case ' ', '\t', '\n', '\r': // RFC 8259 §2
		case end:
			return 1, i // a NUL in the text is not its end; no value begins with 1
		default:
			return c, i
		}
	}
	return end, i
}

// more moves to the next element of the object or array that ends with closing. If
// there is none, it moves past closing.
func (t text) more(i int, first bool, closing byte) (next int, more bool, err error) {
	switch c, i := t.peek(i); {
	case c == closing:
		return i + 1, false, nil
	case first:
		return i, true, nil
	case c == ',':
		return i + 1, true, nil
	}
	return i, false, ErrSyntax
}

// name reads the name of a member and the colon after it. The result is unquoted, so
// that two spellings of a name compare equal.
func (t text) name(i int) (name string, next int, err error) {
	c, i := t.peek(i)
	if c != '"' {
		return "", i, ErrSyntax
	}
	if name, i, err = t.str(i + 1); err != nil {
		return "", i, err
	}
	if c, i = t.peek(i); c != ':' {
		return "", i, ErrSyntax
	}
	return name, i + 1, nil
}

// value reads a value of any kind. Objects and arrays are checked completely, but only
// their text is returned: most callers look at a few members of the outermost object.
func (t text) value(i int) (v Value, next int, err error) {
	c, i := t.peek(i)
	v.Kind, v.Integer = jsontext.Kind(c), -1
	switch c {
	case '"':
		v.Text, next, err = t.str(i + 1)
		return v, next, err
	case '{', '[':
		next, err = t.nested(i)
	case 't':
		next, err = t.literal(i, "true")
	case 'f':
		next, err = t.literal(i, "false")
	case 'n':
		next, err = t.literal(i, "null")
	default: // a digit, a minus sign, or something that number refuses
		v.Kind = '0'
		v.Integer, next, err = t.number(i)
	}
	if err != nil {
		return Value{}, i, err
	}
	v.Text = string(t[i:next])
	return v, next, nil
}

// literal reads true, false or null. What follows it is for the caller to check:
// only white space, a comma or a closing bracket can.
func (t text) literal(i int, word string) (next int, err error) {
	if !strings.HasPrefix(string(t[i:]), word) {
		return i, ErrSyntax
	}
	return i + len(word), nil
}

// number reads a number by the grammar of RFC 8259 §6. It does not limit the range. n
// is the Integer of the Value.
func (t text) number(i int) (n int64, next int, err error) {
	first := i
	if i < len(t) && t[i] == '-' {
		i++
	}
	// At least one digit, and no leading zero.
	whole := i
	if n, i = t.digits(whole); i == whole || t[whole] == '0' && i > whole+1 {
		return -1, i, ErrSyntax
	}
	plain := whole == first && i <= first+18
	// A point needs a digit on both sides.
	if i < len(t) && t[i] == '.' {
		fraction := i + 1
		if _, i = t.digits(fraction); i == fraction {
			return -1, i, ErrSyntax
		}
		plain = false
	}
	if i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		exponent := i + 1
		if exponent < len(t) && (t[exponent] == '+' || t[exponent] == '-') {
			exponent++
		}
		if _, i = t.digits(exponent); i == exponent {
			return -1, i, ErrSyntax
		}
		plain = false
	}
	if !plain {
		return -1, i, nil
	}
	return n, i, nil
}

// digits returns the number that the digits at i are, which overflows if there are more
// than 18, and the position after them. The subtraction wraps around for bytes below
// '0', so that one comparison is enough.
func (t text) digits(i int) (n int64, next int) {
	for i < len(t) && t[i]-'0' <= 9 {
		n = 10*n + int64(t[i]-'0')
		i++
	}
	return n, i
}

// three reports whether the string whose opening quote is before i has three letters,
// as the names of the registered claims have.
func (t text) three(i int) bool {
	if len(t)-i < 4 {
		return false
	}
	b := t[i : i+4]
	w := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	// What is left of a letter is less than 26, and of the quote it is 0. The first
	// byte that is neither has its top bit set, in x or in the sum.
	x := (w | 0x202020) - ('"'<<24 | 'a'<<16 | 'a'<<8 | 'a')
	return (x|(x+0x7f_66_66_66))&0x80_80_80_80 == 0
}

// str reads the string whose opening quote is before start. It looks for the end eight
// bytes at a time, which is what makes reading a token fast: most of its bytes are in
// strings.
func (t text) str(start int) (s string, next int, err error) {
	i := start
	// Most strings are plain: printable ASCII without escapes. So eight bytes
	// are looked at together, up to one that is a quote or not plain.
	const each, top = 0x0101010101010101, 0x8080808080808080
	for ; len(t)-i >= 8; i += 8 {
		b := t[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		// A byte stops the loop if it is not ASCII, or if subtracting makes its top
		// bit 1: a backslash, or, with '"' and ' ' swapped, whatever is below '!'.
		// A subtraction borrows from a byte only if the one below is a stop itself,
		// so the lowest stop is always right.
		swapped, backslash := w^each*('"'^' '), w^each*'\\'
		if stop := (w | (swapped - each*'!') | (backslash - each)) & top; stop != 0 {
			i += bits.TrailingZeros64(stop) / 8
			if t[i] == '"' {
				return string(t[start:i]), i + 1, nil
			}
			return t.rest(start, i)
		}
	}
	return t.rest(start, i)
}

// rest reads the string that begins at start and is plain ASCII up to i.
func (t text) rest(start, i int) (s string, next int, err error) {
	ascii := true // UTF-8 is checked only if there is something to check
	for ; i < len(t); i++ {
		switch c := t[i]; {
		case c == '"':
			if s = string(t[start:i]); ascii || utf8.ValidString(s) {
				return s, i + 1, nil
			}
			return "", i, ErrUTF8
		case c == '\\':
			return t.escaped(start)
		case c < ' ': // RFC 8259 §7: control characters must be escaped
			return "", i, ErrSyntax
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", i, ErrSyntax
}

// escaped reads the string that begins at start and contains a backslash. It only
// looks for the end; jsontext decodes and checks the escapes.
func (t text) escaped(start int) (s string, next int, err error) {
	for i := start; i < len(t); i++ {
		switch t[i] {
		case '\\':
			i++ // whatever is escaped, it does not end the string
		case '"':
			b, err := jsontext.AppendUnquote(nil, string(t[start-1:i+1]))
			if err != nil {
				return "", i, misread(string(t[start-1 : i+1]))
			}
			return string(b), i + 1, nil
		}
	}
	return "", start, ErrSyntax
}

// misread returns the reason why quoted, a string with escapes, is refused.
func misread(quoted string) error {
	// A decoder that allows invalid UTF-8 still refuses bad syntax, so what is left
	// is bad UTF-8 in the text or half of a surrogate pair in an escape.
	lenient := jsontext.NewDecoder(strings.NewReader(quoted), jsontext.AllowInvalidUTF8(true))
	switch _, err := lenient.ReadToken(); {
	case err != nil:
		return ErrSyntax
	case utf8.ValidString(quoted):
		return ErrSurrogate
	}
	return ErrUTF8
}
