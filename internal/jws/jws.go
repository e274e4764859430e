// Package jws takes a compact JWS (RFC 7515 §7.1) apart, strictly: a signed token
// has exactly one spelling. It does not look at keys or check signatures.
//
// It is on the path of every token, before anything is known about its sender.
// Parsing therefore costs no more than a fixed multiple of the size of the token,
// and with a remembered header it does not allocate. The rules that it cites are
// those of package verifier.
package jws

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// DefaultMaxSize is the usual limit on the size of a token, in bytes.
const DefaultMaxSize = 16 << 10 // rule 1

// A Message is one token taken apart. Its slices are valid until Free.
type Message struct {
	Header
	Signed    []byte // what the signature covers: header and payload as received
	Payload   []byte // decoded
	Signature []byte // decoded

	rawHeader string // as received
	known     bool   // rawHeader was remembered, so that it was not parsed again
	buf       []byte // what the slices point into
}

// A Parser takes tokens apart and remembers headers. Goroutines may share it. With
// a zero MaxSize it refuses everything.
type Parser struct {
	MaxSize int // in bytes
	// Padded expects each part to be padded to a multiple of four, against RFC 7515
	// §2. A token without the padding is refused then, so that there is still only
	// one spelling. Signed has the padding in it.
	Padded  bool
	headers memo
}

// Parse takes raw apart. An error does not repeat any of raw. The caller frees the
// Message when done with it.
func (p *Parser) Parse(raw string) (*Message, error) {
	first, last, err := p.split(raw)
	if err != nil {
		return nil, mishandled(raw, err)
	}
	// From here on, whatever returns without a Message has to free it.
	m := messages.Get().(*Message)
	if err := m.read(raw, first, last, p); err != nil {
		m.Free()
		return nil, mishandled(raw, err)
	}
	return m, nil
}

// ParseEmbedded is Parse for the one kind of message that brings its own key: a
// proof of possession, which shows only that its sender holds that key. jwk is the
// JSON text of the key as it stands in the header (RFC 7515 §4.1.3). It has no
// duplicate names; apart from that, the caller has to check it.
func (p *Parser) ParseEmbedded(raw string) (m *Message, jwk string, err error) {
	if m, err = p.Parse(raw); err != nil {
		return nil, "", err
	}
	o := strictjson.Walk(p.HeaderText(m))
	for o.Next() {
		if o.Name == "jwk" && o.Kind == '{' {
			jwk = o.Text
		}
	}
	// The walk cannot fail, since Parse has read this header before, if only to
	// remember it. Relying on that would be fragile.
	if o.Err() != nil || jwk == "" {
		m.Free()
		return nil, "", errNoKey
	}
	return m, jwk, nil
}

// HeaderText returns the JSON text of the header of m, which Parse has read. It
// allocates: Header has what every token needs.
func (p *Parser) HeaderText(m *Message) string { return p.headerText(m.rawHeader) }

// HeaderOf is HeaderText for a token that Parse accepts.
func (p *Parser) HeaderOf(raw string) string {
	header, _, _ := strings.Cut(raw, ".")
	return p.headerText(header)
}

func (p *Parser) headerText(digits string) string {
	ok := true
	if p.Padded {
		digits, ok = base64url.Unpad(digits)
	}
	if !ok {
		return ""
	}
	text, _ := base64url.DecodeString(digits)
	return string(text)
}

// split finds the two dots. The size is checked before anything else, so that a
// large input costs nothing.
func (p *Parser) split(raw string) (first, last int, err error) { // rule 1
	if len(raw) > p.MaxSize {
		return 0, 0, sizeError{len(raw), p.MaxSize}
	}
	switch {
	case raw == "":
		return 0, 0, errEmpty
	case raw[0] == '{':
		return 0, 0, errJSON
	}
	first = strings.IndexByte(raw, '.')
	last = first + 1 + strings.IndexByte(raw[first+1:], '.')
	if first < 0 || last == first || strings.IndexByte(raw[last+1:], '.') >= 0 {
		return 0, 0, miscounted(raw)
	}
	return first, last, nil
}

// miscounted refuses a token that does not have two dots. Count looks at many bytes at
// a time, so a token with a million dots is refused as fast as any other.
func miscounted(raw string) error {
	dots := strings.Count(raw, ".")
	if dots == 4 { // RFC 7516 §7.1
		return errEncrypted
	}
	return partsError(dots + 1)
}

// read decodes the parts of raw, whose dots are at first and last.
func (m *Message) read(raw string, first, last int, p *Parser) error {
	// One buffer holds the token, followed by what its parts decode to. It comes
	// from a pool, so that a Message usually costs no allocation.
	size := len(raw) + base64url.DecodedLen(len(raw))
	if cap(m.buf) < size {
		m.buf = make([]byte, 0, max(size, 2<<10))
	}
	// The token is copied because the signature check wants bytes, and converting
	// the string would allocate.
	text := append(m.buf[:0], raw...)
	free := text[len(text):cap(m.buf)]
	m.rawHeader = raw[:first] // a substring of raw: Remember clones it
	m.Signed = text[:last]

	var ok bool
	if m.Header, m.known = p.headers.find(m.rawHeader); !m.known {
		var header []byte
		if header, free, ok = p.decode(free, text[:first]); !ok {
			return p.badPart()
		}
		var err error
		if m.Header, err = parseHeader(string(header)); err != nil {
			return err
		}
	}
	if m.Payload, free, ok = p.decode(free, text[first+1:last]); !ok {
		return p.badPart()
	}
	if m.Signature, _, ok = p.decode(free, text[last+1:]); !ok {
		return p.badPart()
	}
	return nil
}

// decode writes what part decodes to at the front of free, and returns the rest of
// free. The capacity of decoded ends with it, so that appending to it cannot
// overwrite another part.
func (p *Parser) decode(free, part []byte) (decoded, rest []byte, ok bool) {
	if p.Padded {
		if part, ok = base64url.Unpad(part); !ok {
			return nil, free, false
		}
	}
	n, ok := base64url.Decode(free, part)
	return free[:n:n], free[n:], ok
}

// messages holds freed Messages. A Message in it holds nothing but its buffer.
var messages = sync.Pool{New: func() any { return new(Message) }}

// maxKept is the largest buffer, in bytes, that a freed Message keeps. Larger ones
// come from a large WithMaxSize, and the pool should not hold on to them.
const maxKept = 64 << 10

// Free gives the memory of m back. m must not be used afterwards; a copy of its
// Header stays valid.
func (m *Message) Free() {
	buf := m.buf
	if cap(buf) > maxKept {
		buf = nil
	}
	*m = Message{buf: buf}
	messages.Put(m)
}

// A Header is what a token says about itself before any of it is trusted. It does
// not have the members that could supply a key: jwk, jku, x5c and x5u (rule 3).
type Header struct {
	Algorithm string // never ""
	KeyID     string // "" if there is none
	Type      string // "" if there is none
}

// MaxKeyID is the longest "kid" that a token may name and a key may have, in bytes.
// A longer one is refused in both places, so that no lookup carries it around.
const MaxKeyID = 1 << 10 // rule 3

var (
	errNoAlgorithm = errors.New("its header has no alg")
	errCritical    = errors.New("its header has crit: it names extensions, and none is supported")
	errB64         = errors.New("its header has b64, which a JWT must not use (RFC 7797 §7)")
	errKeyID       = fmt.Errorf("the kid in its header is not a string of at most %d bytes", MaxKeyID)
	errType        = errors.New("the typ in its header is not a string, or is empty")
)

// parseHeader reads the JSON text of a header (rules 2 and 3).
func parseHeader(text string) (h Header, err error) {
	// All other members are ignored (RFC 7515 §4), but they are walked over, so
	// that a duplicate name is found wherever it is.
	o := strictjson.Walk(text)
	for o.Next() {
		isString := o.Kind == '"'
		switch o.Name {
		case "alg": // RFC 7515 §4.1.1
			if !isString || o.Text == "" {
				return h, errNoAlgorithm
			}
			h.Algorithm = o.Text
		case "kid": // RFC 7515 §4.1.4
			if !isString || len(o.Text) > MaxKeyID {
				return h, errKeyID
			}
			h.KeyID = o.Text
		case "typ": // RFC 7515 §4.1.9
			if !isString || o.Text == "" {
				return h, errType
			}
			h.Type = o.Text
		case "crit": // RFC 7515 §4.1.11: whoever does not support an extension must refuse
			return h, errCritical
		case "b64": // RFC 7797 §7
			return h, errB64
		}
	}
	if err := o.Err(); err != nil {
		return Header{}, fmt.Errorf("its header: %w", err)
	}
	if h.Algorithm == "" { // RFC 7515 §4.1.1: alg must be present
		return h, errNoAlgorithm
	}
	return h, nil
}

// Remember keeps what the header of m says, so that the next token with the same
// header costs less. Call it only for tokens whose signature verified: those have
// few different headers, and an attacker cannot choose them.
func (p *Parser) Remember(m *Message) { // rule 10
	if !m.known && len(m.rawHeader) <= maxRemembered {
		p.headers.add(m.rawHeader, m.Header)
	}
}

// Remembered reports whether the Parser remembered the header of m when it took m
// apart.
func (m *Message) Remembered() bool { return m.known }

const (
	rememberedHeaders = 256     // rule 10
	maxRemembered     = 1 << 10 // bytes of a raw header; longer ones are parsed again
)

// A memo maps raw headers to what they say. It needs no lock and no eviction: the
// hash of a header gives it one place, which it takes over from another header.
type memo struct {
	last   atomic.Pointer[remembered] // the newest: usually the header of all tokens
	places [rememberedHeaders]atomic.Pointer[remembered]
}

type remembered struct {
	raw    string // compared in full, since two headers may share a place
	header Header
}

// seed keeps it secret which headers share a place.
var seed = maphash.MakeSeed()

// place returns where a raw header is kept.
func (m *memo) place(raw string) *atomic.Pointer[remembered] {
	return &m.places[maphash.String(seed, raw)%rememberedHeaders]
}

// find returns what the raw header says, if it is remembered.
func (m *memo) find(raw string) (Header, bool) {
	if r := m.last.Load(); r != nil && r.raw == raw { // comparing costs less than hashing
		return r.header, true
	}
	if r := m.place(raw).Load(); r != nil && r.raw == raw {
		return r.header, true
	}
	return Header{}, false
}

// add remembers a header. It does nothing if another goroutine has just done so.
func (m *memo) add(raw string, h Header) {
	place := m.place(raw)
	if r := place.Load(); r == nil || r.raw != raw {
		// raw is part of the token, which the clone does not keep in memory.
		r = &remembered{strings.Clone(raw), h}
		place.Store(r)
		m.last.Store(r)
	}
}
