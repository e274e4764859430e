// Package jws takes a compact JWS (RFC 7515 §7.1) apart, strictly: one signed
// token has exactly one spelling. It decides nothing about keys or signatures.
package jws

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jwtverify/jwtverify/internal/base64url"
)

// DefaultMaxSize is the size of a token in bytes beyond which it is refused.
const DefaultMaxSize = 16 << 10

// A Message is one token taken apart. Its slices are valid until Free.
type Message struct {
	Header
	Signed    []byte // what the signature is over: header and payload as received
	Payload   []byte
	Signature []byte

	rawHeader string // as received
	known     bool   // the header was remembered
	buf       []byte
}

// A Parser takes tokens apart. Goroutines may share it.
type Parser struct {
	MaxSize int // in bytes
	headers memo
}

var (
	errEmpty     = errors.New("it is empty")
	errEncrypted = errors.New("it has five parts: it is encrypted (JWE), and only signed tokens are read")
	errJSON      = errors.New("it is a JSON object, and only the compact serialization is read")
	errBase64    = errors.New("a part is not unpadded, canonical base64url")
)

// sizeError and partsError are worded only when somebody reads them: most
// refusals are counted, not read.
type sizeError struct{ size, most int }

func (e sizeError) Error() string {
	return fmt.Sprintf("it has %d bytes; at most %d are read", e.size, e.most)
}

type partsError int

func (e partsError) Error() string { return fmt.Sprintf("it has %d parts, not 3", int(e)) }

// Parse takes raw apart. Errors never hold any of it. The caller frees the
// Message when done with it.
func (p *Parser) Parse(raw string) (*Message, error) {
	first, last, err := p.split(raw)
	if err != nil {
		return nil, mishandled(raw, err)
	}
	m := messages.Get().(*Message)
	if err := m.read(raw, first, last, &p.headers); err != nil {
		m.Free()
		return nil, mishandled(raw, err)
	}
	return m, nil
}

// split finds the two dots.
func (p *Parser) split(raw string) (first, last int, err error) {
	if len(raw) > p.MaxSize {
		return 0, 0, sizeError{len(raw), p.MaxSize}
	}
	switch dots := strings.Count(raw, "."); {
	case raw == "":
		return 0, 0, errEmpty
	case raw[0] == '{':
		return 0, 0, errJSON
	case dots == 4:
		return 0, 0, errEncrypted
	case dots != 2:
		return 0, 0, partsError(dots + 1)
	}
	first = strings.IndexByte(raw, '.')
	return first, first + 1 + strings.IndexByte(raw[first+1:], '.'), nil
}

func (m *Message) read(raw string, first, last int, headers *memo) error {
	// The buffer holds the token, then what its parts decode to.
	size := len(raw) + base64url.DecodedLen(len(raw))
	if cap(m.buf) < size {
		m.buf = make([]byte, 0, max(size, 2<<10))
	}
	text := append(m.buf[:0], raw...)
	free := text[len(text):cap(m.buf)]
	m.rawHeader = raw[:first]
	m.Signed = text[:last]

	var ok bool
	if m.Header, m.known = headers.find(m.rawHeader); !m.known {
		var header []byte
		if header, free, ok = decode(free, text[:first]); !ok {
			return errBase64
		}
		var err error
		if m.Header, err = parseHeader(string(header)); err != nil {
			return err
		}
	}
	if m.Payload, free, ok = decode(free, text[first+1:last]); !ok {
		return errBase64
	}
	if m.Signature, _, ok = decode(free, text[last+1:]); !ok {
		return errBase64
	}
	return nil
}

// decode puts what part says into the front of free and returns the rest.
func decode(free, part []byte) (decoded, rest []byte, ok bool) {
	n, ok := base64url.Decode(free, part)
	return free[:n:n], free[n:], ok
}

var messages = sync.Pool{New: func() any { return new(Message) }}

// maxKept bounds the memory that a freed Message keeps.
const maxKept = 64 << 10

// Free gives the memory of m back. Nothing of m but its Header may be used
// afterwards.
func (m *Message) Free() {
	buf := m.buf
	if cap(buf) > maxKept {
		buf = nil
	}
	*m = Message{buf: buf}
	messages.Put(m)
}
