package conformance_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// mutable are good tokens of every algorithm, two by each key, and what
// accepts them.
type mutable struct {
	verifier *verifier.Keyed
	raws     []string
	good     map[string]bool
}

var mutables = sync.OnceValue(func() mutable {
	m := mutable{good: map[string]bool{}}
	var ks []*keys.Key
	for _, alg := range keys.Algorithms() {
		s := verifiertest.NewSigner(noTest{}, alg, string(alg))
		ks = append(ks, s.Key())
		for _, sub := range []string{"alice", "bob"} {
			raw := s.Sign(map[string]any{"sub": sub, "exp": now.Unix() + 60})
			m.raws, m.good[raw] = append(m.raws, raw), true
		}
	}
	m.verifier = must(verifier.New(keys.Static(ks...), verifier.WithClock(clock), verifier.WithCache(16)))
	return m
})

// noTest is a testing.TB for what outlives the test that first needs it.
type noTest struct{ testing.TB }

func (noTest) Helper()                   {}
func (noTest) Fatalf(f string, a ...any) { panic(f) }

// FuzzMutation changes a good token: unless the result is one of the good
// tokens byte for byte, it is refused.
//
// There is one change that the fuzzer will not find and that is not a forgery: an
// ECDSA signature of r and s is also one of r and n-s (see TestSignatureTwin).
func FuzzMutation(f *testing.F) {
	for op := range uint8(len(mutations)) {
		for i := range uint8(2 * len(keys.Algorithms())) {
			f.Add(op, i, uint16(op)*7, uint16(i)*5, `,"kid":"ES256"`)
		}
	}
	f.Fuzz(func(t *testing.T, op, which uint8, a, b uint16, text string) {
		m := mutables()
		raw := m.raws[int(which)%len(m.raws)]
		if tok, err := m.verifier.Verify(t.Context(), raw); err != nil || tok == nil {
			t.Fatalf("the good token is refused: %v", err)
		}
		changed := mutations[int(op)%len(mutations)](raw, int(a), int(b), text, m.raws)
		if changed == raw && text != "" {
			changed = raw + text
		}
		tok, err := m.verifier.Verify(t.Context(), changed)
		if m.good[changed] != (err == nil) || (tok == nil) != (err != nil) {
			t.Fatalf("%q, made of %q, is answered %v, %v", changed, raw, tok, err)
		}
	})
}

// A mutation makes a token out of a good one.
type mutation func(raw string, a, b int, text string, others []string) string

var mutations = []mutation{
	flipBit, cut, insert, swapSegments, spliceSegments, recode, editHeader, editPayload, replaceSegment,
}

func flipBit(raw string, a, b int, _ string, _ []string) string {
	bytes := []byte(raw)
	bytes[a%len(bytes)] ^= 1 << (b % 8)
	return string(bytes)
}

func cut(raw string, a, b int, _ string, _ []string) string {
	a %= len(raw)
	return raw[:a] + raw[min(len(raw), a+b%32):]
}

func insert(raw string, a, _ int, text string, _ []string) string {
	a %= len(raw) + 1
	return raw[:a] + text + raw[a:]
}

func swapSegments(raw string, a, b int, _ string, _ []string) string {
	parts := strings.Split(raw, ".")
	parts[a%3], parts[b%3] = parts[b%3], parts[a%3]
	return strings.Join(parts, ".")
}

// spliceSegments takes one segment from another good token.
func spliceSegments(raw string, a, b int, _ string, others []string) string {
	parts := strings.Split(raw, ".")
	parts[a%3] = strings.Split(others[b%len(others)], ".")[a%3]
	return strings.Join(parts, ".")
}

// recode writes a segment in another way that lax readers take for the same.
func recode(raw string, a, b int, text string, _ []string) string {
	parts := strings.Split(raw, ".")
	p := &parts[a%3]
	switch b % 6 {
	case 0:
		*p += strings.Repeat("=", 1+len(text)%3)
	case 1:
		*p = strings.NewReplacer("-", "+", "_", "/").Replace(*p)
	case 2: // the bits that are not used
		const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(digits, (*p)[len(*p)-1])
		*p = (*p)[:len(*p)-1] + digits[last^1:last^1+1]
	case 3:
		*p = (*p)[:len(*p)/2] + "\r\n" + (*p)[len(*p)/2:]
	case 4:
		*p = strings.ReplaceAll(*p, "A", "%41")
	case 5:
		*p = base64std.EncodeToString([]byte(*p))
	}
	return strings.Join(parts, ".")
}

// editHeader puts text into the header, where it may or may not be JSON.
func editHeader(raw string, a, _ int, text string, _ []string) string { return edit(raw, 0, a, text) }

func editPayload(raw string, a, _ int, text string, _ []string) string { return edit(raw, 1, a, text) }

func edit(raw string, part, at int, text string) string {
	parts := strings.Split(raw, ".")
	doc := string(must(base64url.DecodeString(parts[part])))
	at %= len(doc) + 1
	parts[part] = b64(doc[:at] + text + doc[at:])
	return strings.Join(parts, ".")
}

func replaceSegment(raw string, a, _ int, text string, _ []string) string {
	parts := strings.Split(raw, ".")
	parts[a%3] = b64(text)
	return strings.Join(parts, ".")
}

// TestSignatureTwin: JWS does not ask for the smaller s (RFC 7518 §3.4), so
// that an ECDSA token has a twin, with the same header and payload. A cache or
// a list of revoked tokens must not take the text of a token for its identity.
func TestSignatureTwin(t *testing.T) {
	for alg, key := range ecKeys() {
		v := newVerifier(t, keys.Static(public(t, alg, "", key)))
		raw := token(alg, "", good, key)
		twin := twinOf(raw, key)
		if twin == raw || string(accepts(t, v, twin).Raw()) != string(accepts(t, v, raw).Raw()) {
			t.Errorf("%s: the twin is not what it should be", alg)
		}
	}
}
