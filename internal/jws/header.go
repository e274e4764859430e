package jws

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

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

const (
	rememberedHeaders = 256     // rule 10
	maxRemembered     = 1 << 10 // bytes of a raw header; longer ones are parsed again
)

// A memo maps raw headers to what they say. It needs no lock and no eviction: the
// hash of a header gives it one place, which it takes over from another header.
type memo struct {
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
		place.Store(&remembered{strings.Clone(raw), h})
	}
}
