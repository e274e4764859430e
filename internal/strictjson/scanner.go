package strictjson

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// end stands for the end of the text. No JSON text holds a bare NUL.
const end = 0

// A scanner reads JSON values from the front of a text.
type scanner struct {
	text string
	pos  int
}

// peek skips white space and returns the byte after it, or end.
func (s *scanner) peek() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r': // RFC 8259 §2
			s.pos++
		case end:
			return 1 // a NUL in the text is no end, and begins nothing
		default:
			return c
		}
	}
	return end
}

// take skips white space and then c, if c is what comes.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) value() (Value, error) {
	switch c := s.peek(); c {
	case '"':
		text, ok := s.str()
		if !ok {
			return Value{}, ErrSyntax
		}
		return Value{Kind: '"', Text: text}, nil
	case '{', '[':
		return s.nested(jsontext.Kind(c))
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

func (s *scanner) literal(word string) (Value, error) {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return Value{}, ErrSyntax
	}
	s.pos += len(word)
	return Value{Kind: jsontext.Kind(word[0]), Text: word}, nil
}

// number reads a number as RFC 8259 §6 writes it.
func (s *scanner) number() (Value, error) {
	start := s.pos
	s.accept('-')
	switch {
	case s.accept('0'):
	case !s.digits():
		return Value{}, ErrSyntax
	}
	if s.accept('.') && !s.digits() {
		return Value{}, ErrSyntax
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('+') {
			s.accept('-')
		}
		if !s.digits() {
			return Value{}, ErrSyntax
		}
	}
	return Value{Kind: '0', Text: s.text[start:s.pos]}, nil
}

func (s *scanner) accept(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start
}

// str reads the string at pos, which is at its opening quote.
func (s *scanner) str() (string, bool) {
	start := s.pos + 1
	ascii := true
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			plain := s.text[start:i]
			return plain, ascii || utf8.ValidString(plain)
		case c == '\\':
			return s.escaped()
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// escaped reads the string at pos, which holds a backslash.
func (s *scanner) escaped() (string, bool) {
	start := s.pos
	if !s.skipString() {
		return "", false
	}
	b, err := jsontext.AppendUnquote(nil, s.text[start:s.pos])
	return string(b), err == nil
}

// nested reads the object or array at pos. Its brackets are only counted here;
// whether it is JSON is for jsontext to say.
func (s *scanner) nested(kind jsontext.Kind) (Value, error) {
	start, depth := s.pos, 0
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case '"':
			if !s.skipString() {
				return Value{}, ErrSyntax
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.pos++
		if depth == 0 {
			return check(kind, s.text[start:s.pos])
		}
	}
	return Value{}, ErrSyntax
}

func check(kind jsontext.Kind, text string) (Value, error) {
	// Inside of an array, as it stands inside of our object: jsontext limits depth.
	v := append(append(append(make(jsontext.Value, 0, len(text)+2), '['), text...), ']')
	switch {
	case v.IsValid():
		return Value{Kind: kind, Text: text}, nil
	case v.IsValid(jsontext.AllowDuplicateNames(true)):
		return Value{}, ErrDuplicate
	default:
		return Value{}, ErrSyntax
	}
}

// skipString moves past the string at pos, read or not.
func (s *scanner) skipString() bool {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '"':
			s.pos++
			return true
		}
	}
	return false
}
