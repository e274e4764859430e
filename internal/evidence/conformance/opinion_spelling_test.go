package conformance_test

import (
	"encoding/base64"
	"strings"
)

// spellingTweaks write a part otherwise: before it is signed, or after.
func spellingTweaks() (cs []*tweak) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	insert := func(d *draft, s, what string) string {
		at := d.IntN(len(s) + 1)
		return s[:at] + what + s[at:]
	}
	for _, c := range []struct {
		what   string
		breaks rule
		edit   func(d *draft, s string) string
	}{
		{"padded", anything, func(d *draft, s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) }},
		{"padded too much", tooPadded, func(d *draft, s string) string { return s + strings.Repeat("=", 1+d.IntN(5)) }},
		{"in the other alphabet", anything, func(d *draft, s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }},
		{"in the other alphabet, padded", anything, func(d *draft, s string) string {
			decoded, _ := base64url.DecodeString(s)
			return base64.StdEncoding.EncodeToString(decoded)
		}},
		{"with a line break", whiteSpace, func(d *draft, s string) string { return insert(d, s, pick(d.Rand, []string{"\n", "\r\n", "\r"})) }},
		{"with white space", whiteSpace, func(d *draft, s string) string { return insert(d, s, pick(d.Rand, []string{" ", "\t", "\v", "\f"})) }},
		{"with white space around it", whiteSpace, func(d *draft, s string) string {
			return pick(d.Rand, []string{"", " ", "\n"}) + s + pick(d.Rand, []string{" ", "\r\n", "\t"})
		}},
		{"with another character", otherCharacter, func(d *draft, s string) string {
			return insert(d, s, pick(d.Rand, []string{"\x00", "!", "%41", "*", "~", ",", "é", "\xff", "\u200b", "&"}))
		}},
		{"with an equals sign in the middle", anything, func(d *draft, s string) string {
			if s == "" {
				return "="
			}
			at := d.IntN(len(s))
			return s[:at] + "=" + s[at:]
		}},
		{"with unused bits", anything, func(d *draft, s string) string {
			if len(s)%4 < 2 || strings.IndexByte(digits, s[len(s)-1]) < 0 {
				return s
			}
			last := strings.IndexByte(digits, s[len(s)-1])
			return s[:len(s)-1] + digits[last|1:last|1+1]
		}},
		{"with one digit more", anything, func(d *draft, s string) string { return s + "A" }},
		{"with digits more", anything, func(d *draft, s string) string { return s + "AAAA" }},
		{"with a digit less", anything, func(d *draft, s string) string { return s[:max(0, len(s)-1)] }},
		{"empty", anything, func(*draft, string) string { return "" }},
		{"encoded twice", anything, func(d *draft, s string) string { return b64(s) }},
	} {
		cs = append(cs,
			&tweak{name: "a part " + c.what + ", signed", breaks: c.breaks, stage: toSpelling, apply: func(d *draft) {
				i := d.IntN(2)
				d.parts[i] = c.edit(d, d.parts[i])
			}},
			&tweak{name: "a part " + c.what, breaks: c.breaks, stage: toParts, apply: func(d *draft) {
				i := d.IntN(3)
				d.parts[i] = c.edit(d, d.parts[i])
			}},
		)
	}
	return cs
}

// tokenTweaks are of the token as a whole. What is cut up or put together at
// random is that of FuzzMutation.
func tokenTweaks() (cs []*tweak) {
	for _, c := range []struct {
		what   string
		breaks rule
		forms  []string // %h, %p and %s are the parts, %t the token
	}{
		{"one part", partCount, []string{"%h", "", "%s"}},
		{"two parts", partCount, []string{"%h.%p", "%p.%s", "."}},
		{"four parts", partCount, []string{"%t.", ".%t", "%t.%s", "%h.%p..%s", "%t.%h"}},
		{"five parts", encrypted, []string{"%t..", "%h.%p.%s.%p.%s", "....", "%h....", "..%t"}},
		{"many parts", partCount, []string{"%t.%t", "%t.......", "%h.%p.%s.a.b.c"}},
		{"flattened JSON", serialization, []string{`{"protected":"%h","payload":"%p","signature":"%s"}`, ` {"payload":"%p","protected":"%h","signature":"%s","header":{"alg":"none"}}`}},
		{"general JSON", serialization, []string{`{"payload":"%p","signatures":[{"protected":"%h","signature":"%s"}]}`, `{"payload":"%p","signatures":[]}`}},
		{"a polyglot", serialization, []string{`{"%h.%p.%s":1}`, `{"a.%p.":"","protected":"%h","payload":"%p","signature":"%s"}`}},
		{"white space around", whiteSpace, []string{" %t", "%t ", "%t\n", "\t%t\r\n", "\v%t", "%t\f", "\u00a0%t", "%t\u2003", "\u0085%t"}},
		{"a scheme before it", anything, []string{"Bearer %t", "bearer:%t", "Bearer  %t"}},
		{"something around", otherCharacter, []string{`"%t"`, "%t,", "\x00%t", "%t\x00", "\ufeff%t", "'%t'", "<%t>", "%t#", "%t?x=1"}},
		{"parts of nothing", anything, []string{"..", "%h..", ".%p.", "..%s", "%h..%s", "%h.%p."}},
	} {
		cs = append(cs, &tweak{name: c.what, breaks: c.breaks, stage: toToken, apply: func(d *draft) {
			parts := strings.SplitN(d.raw, ".", 3)
			for len(parts) < 3 {
				parts = append(parts, "")
			}
			d.raw = strings.NewReplacer("%h", parts[0], "%p", parts[1], "%s", parts[2], "%t", d.raw).Replace(pick(d.Rand, c.forms))
		}})
	}
	for i, m := range mutations[:5] { // the others need a token that can be decoded
		cs = append(cs, &tweak{name: "FuzzMutation's " + []string{"flipBit", "cut", "insert", "swapSegments", "spliceSegments"}[i], breaks: anything, stage: toToken, apply: func(d *draft) {
			if strings.Count(d.raw, ".") != 2 {
				return
			}
			d.raw = m(d.raw, d.IntN(1<<16), d.IntN(1<<16), pick(d.Rand, snippets), fixedTokens())
		}})
	}
	return cs
}
