package conformance_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jwtverify/jwtverify/keys"
)

// A stance is what every library is told to expect, and the model with them.
type stance struct {
	alg keys.Algorithm // of the key
	key any            // a secret or a public key

	issuers, audiences []string // one of which is expected; nil: any, or none
	types              []string // as WithType has them; nil: those of any token
	needExpiry         bool
	now                time.Time
	leeway             time.Duration
	signatureOnly      bool // header and signature; the payload is anybody's
}

// A reading is what the model sees in one token. It reads on after a flaw, as a
// lax reader would, so that it finds all of them.
type reading struct {
	*stance
	rules
	readings        []rules // what each kind of reader finds broken, where they differ
	header, payload []byte  // decoded
}

func (m *reading) add(r rule) { m.rules |= setOf(r) }

func (m *reading) addIf(broken bool, r rule) {
	if broken {
		m.add(r)
	}
}

// addFlaws adds the rule of each flaw, in their order.
func (m *reading) addFlaws(flaws flaw, of ...rule) {
	for i, r := range of {
		m.addIf(flaws>>i&1 != 0, r)
	}
}

// broken is what the RFCs and the rules of jwtverify refuse raw for; nothing where
// it is good. Where a name occurs twice or in several cases, it is what every reader
// finds, with claimsTwice or otherCase, and readings are what each finds who takes
// one of them. It shares no code with the library: the JSON is jsontext's, the
// base64 and the signatures are the standard library's.
func (s *stance) broken(raw string) (broken rules, readings []rules) {
	m := &reading{stance: s}
	m.addIf(len(raw) > 16<<10, overSize)
	parts := strings.Split(raw, ".")
	switch {
	case strings.HasPrefix(strings.TrimSpace(raw), "{"):
		m.add(serialization)
		return m.rules, nil
	case len(parts) == 5:
		m.add(encrypted)
		return m.rules, nil
	case len(parts) != 3:
		m.add(partCount)
		return m.rules, nil
	}
	var decoded [3][]byte
	for i, part := range parts {
		var ok bool
		if decoded[i], ok = m.decode(part); !ok {
			return m.rules, nil
		}
	}
	m.header, m.payload = decoded[0], decoded[1]
	alg := m.readHeader()
	m.checkSignature(alg, parts[0], parts[1], decoded[2])
	if !m.signatureOnly {
		m.readClaims()
	}
	return m.rules, m.readings
}

// decode reads a part with all that lax readers allow, and notes it. ok is false
// if no reader could.
func (m *reading) decode(part string) (decoded []byte, ok bool) {
	canonical := func(s string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(s) }
	if decoded, err := canonical(part); err == nil && !strings.ContainsAny(part, "\r\n") {
		return decoded, true
	}
	digits := strings.TrimRight(strings.TrimSpace(part), "=")
	m.addIf(len(digits) < len(strings.TrimSpace(part)), tooPadded)
	ok = true
	digits = strings.Map(func(c rune) rune {
		switch {
		case c == '-' || c == '_' || c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			return c
		case c == '+':
			m.add(standardAlphabet)
			return '-'
		case c == '/':
			m.add(standardAlphabet)
			return '_'
		case unicode.IsSpace(c):
			return -1
		}
		m.add(otherCharacter)
		ok = false
		return -1
	}, digits)
	m.addIf(strings.IndexFunc(part, unicode.IsSpace) >= 0, whiteSpace)
	m.addIf(len(digits)%4 == 1, impossibleLength)
	if !ok || len(digits)%4 == 1 {
		return nil, false
	}
	if _, err := canonical(digits); err != nil {
		m.add(unusedBits)
	}
	decoded, err := base64.RawURLEncoding.DecodeString(digits)
	return decoded, err == nil
}

// readHeader returns the alg by which others could verify.
func (m *reading) readHeader() (alg string) {
	object, flaws := readObject(m.header)
	m.addFlaws(flaws, headerSyntax, headerMore, headerUTF8, headerSurrogate, headerTwice, headerTwiceBelow)
	if flaws&badSyntax != 0 {
		return ""
	}
	broken := m.headerRules(object.last)
	if flaws&twice != 0 {
		broken &= m.headerRules(object.first) // whoever takes the first is right too, but for the name twice
	}
	m.rules |= broken
	value, _ := object.last("alg")
	return value.text
}

// headerRules are those that the parameters break, as get finds them.
func (m *reading) headerRules(get lookup) rules {
	h := &reading{stance: m.stance}
	switch alg, _ := get("alg"); {
	case alg.text == "":
		h.add(algMissing)
	case strings.EqualFold(alg.text, "none"):
		h.add(algNone)
	case alg.text != string(m.alg):
		h.add(algOther)
	}
	if _, ok := get("crit"); ok {
		h.add(critical)
	}
	if b64, ok := get("b64"); ok {
		h.addIf(b64.kind == 't', encodedNamed)
		h.addIf(b64.kind != 't', unencoded)
	}
	if kid, ok := get("kid"); ok {
		h.addIf(kid.kind != '"', kidType)
		h.addIf(len(kid.text) > 1<<10, kidLong)
	}
	typ, ok := get("typ")
	switch {
	case ok && typ.kind != '"':
		h.add(typType)
	case ok || m.types != nil:
		h.addIf(!m.expectsType(typ.text), typOther)
	}
	return h.rules
}

// expectsType compares media types in ASCII (RFC 7515 §4.1.9).
func (m *reading) expectsType(typ string) bool {
	types := m.types
	if types == nil {
		types = []string{"JWT", "at+jwt", "JOSE"}
	}
	return slices.ContainsFunc(types, func(t string) bool { return mediaType(t) == mediaType(typ) })
}

// mediaType is typ without the prefix that may be left out.
func mediaType(typ string) string {
	typ = lower(typ)
	if short, ok := strings.CutPrefix(typ, "application/"); ok && short != "" && !strings.Contains(short, "/") {
		return short
	}
	return typ
}

// lower is strings.ToLower for ASCII alone.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
