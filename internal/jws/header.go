package jws

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// A Header is what a token says of itself before anything of it is trusted.
// Members that could bring a key of their own (jwk, jku, x5c, x5u) are not
// read.
type Header struct {
	Algorithm string // never ""
	KeyID     string // "" when there is none
	Type      string // "" when there is none
}

// MaxKeyID is the longest "kid" that a token may name and a key may have, in bytes.
// A longer one is refused in both places, so that no lookup carries it around.
const MaxKeyID = 1 << 10 // rule 3

var (
	errNoAlgorithm = errors.New("its header has no alg")
	errCritical    = errors.New("its header has crit: it demands an extension, and none is known")
	errB64         = errors.New("its header has b64, which a JWT must not use (RFC 7797 §7)")
	errKeyID       = fmt.Errorf("the kid in its header is not a string of at most %d bytes", MaxKeyID)
	errType        = errors.New("the typ in its header is not a string, or is empty")
)

func parseHeader(text string) (h Header, err error) {
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
		case "crit": // RFC 7515 §4.1.11
			return h, errCritical
		case "b64": // RFC 7797 §7
			return h, errB64
		}
	}
	if err := o.Err(); err != nil {
		return Header{}, fmt.Errorf("its header: %w", err)
	}
	if h.Algorithm == "" {
		return h, errNoAlgorithm
	}
	return h, nil
}

// Remember keeps what the header of m says, so that the next token with the
// same one costs less. It is only for tokens whose signature verified: their
// headers are few, and not chosen by an attacker.
func (p *Parser) Remember(m *Message) {
	if !m.known && len(m.rawHeader) <= maxRemembered {
		p.headers.add(m.rawHeader, m.Header)
	}
}

const (
	rememberedHeaders = 256
	maxRemembered     = 1 << 10
)

// A memo maps raw headers to what they say. Each has one place, which the last
// one to come takes.
type memo struct {
	places [rememberedHeaders]atomic.Pointer[remembered]
}

type remembered struct {
	raw    string
	header Header
}

var seed = maphash.MakeSeed()

func (m *memo) place(raw string) *atomic.Pointer[remembered] {
	return &m.places[maphash.String(seed, raw)%rememberedHeaders]
}

func (m *memo) find(raw string) (Header, bool) {
	if r := m.place(raw).Load(); r != nil && r.raw == raw {
		return r.header, true
	}
	return Header{}, false
}

func (m *memo) add(raw string, h Header) {
	place := m.place(raw)
	if r := place.Load(); r == nil || r.raw != raw {
		place.Store(&remembered{strings.Clone(raw), h})
	}
}
