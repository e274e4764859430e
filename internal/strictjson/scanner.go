package strictjson

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// end stands for the end of the text. No JSON text holds a bare NUL.
const end = 0

// maxDepth is the number of objects and arrays that may be open at once.
const maxDepth = 10_000

// A scanner reads JSON from the front of a text.
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

// more moves to the next element of the object or array that closing ends, and
// past closing when there is none.
func (s *scanner) more(first bool, closing byte) (bool, error) {
	switch {
	case s.take(closing):
		return false, nil
	case first || s.take(','):
		return true, nil
	}
	return false, ErrSyntax
}

// name reads the name of a member and the colon after it.
func (s *scanner) name(seen *names) (string, error) {
	if s.peek() != '"' {
		return "", ErrSyntax
	}
	name, ok := s.str()
	if !ok || !s.take(':') {
		return "", ErrSyntax
	}
	if !seen.add(name) {
		return "", ErrDuplicate
	}
	return name, nil
}

// value reads any value inside of depth objects and arrays.
func (s *scanner) value(depth int) (Value, error) {
	switch c := s.peek(); c {
	case '"':
		text, ok := s.str()
		if !ok {
			return Value{}, ErrSyntax
		}
		return Value{Kind: '"', Text: text}, nil
	case '{', '[':
		return s.nested(depth)
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

// nested reads the object or array at pos.
func (s *scanner) nested(depth int) (Value, error) {
	if depth == maxDepth {
		return Value{}, ErrSyntax
	}
	start, elements := s.pos, s.array
	if s.text[start] == '{' {
		elements = s.object
	}
	s.pos++
	if err := elements(depth + 1); err != nil {
		return Value{}, err
	}
	return Value{Kind: jsontext.Kind(s.text[start]), Text: s.text[start:s.pos]}, nil
}

func (s *scanner) object(depth int) error {
	var seen names
	for first := true; ; first = false {
		if more, err := s.more(first, '}'); !more {
			return err
		}
		if _, err := s.name(&seen); err != nil {
			return err
		}
		if _, err := s.value(depth); err != nil {
			return err
		}
	}
}

func (s *scanner) array(depth int) error {
	for first := true; ; first = false {
		if more, err := s.more(first, ']'); !more {
			return err
		}
		if _, err := s.value(depth); err != nil {
			return err
		}
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
	for i := start + plain(s.text[start:]); i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			text := s.text[start:i]
			return text, ascii || utf8.ValidString(text)
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

// plain counts bytes at the front of s that stand for themselves in a string:
// printable ASCII, no quote, no backslash. It may stop up to 7 bytes early.
func plain(s string) int {
	const each, top = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		c := s[i : i+8]
		w := uint64(c[0]) | uint64(c[1])<<8 | uint64(c[2])<<16 | uint64(c[3])<<24 |
			uint64(c[4])<<32 | uint64(c[5])<<40 | uint64(c[6])<<48 | uint64(c[7])<<56
		// A subtraction borrows out of a byte only where that byte is one to
		// stop at, so the lowest top bit set is never wrong.
		quote, backslash := w^each*'"', w^each*'\\'
		if stop := (w | (w - each*' ') | (quote - each) | (backslash - each)) & top; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	return i
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
