package conformance_test

import (
	"strings"
	"unicode/utf16"
)

// jsonTweaks are of the header or the claims as a text.
func jsonTweaks() (cs []*tweak) {
	for part, broken := range []struct{ syntax, more, utf8, surrogate, below rule }{
		{headerSyntax, headerMore, headerUTF8, headerSurrogate, headerTwiceBelow},
		{claimsSyntax, claimsMore, claimsUTF8, claimsSurrogate, claimsTwiceBelow},
	} {
		where := []string{"header", "claims"}[part]
		values := func(what string, breaks rule, values ...string) {
			cs = append(cs, &tweak{name: where + " with " + what, breaks: breaks, apply: func(d *draft) {
				d.put(part, `"x"`, pick(d.Rand, values))
			}})
		}
		text := func(what string, breaks rule, edits ...func(text string) string) {
			cs = append(cs, &tweak{name: where + " " + what, breaks: breaks, stage: toText, apply: func(d *draft) {
				if len(d.text[part]) >= 2 { // an edit before may have left less
					d.text[part] = pick(d.Rand, edits)(d.text[part])
				}
			}})
		}
		around := func(before, after string) func(string) string {
			return func(text string) string { return before + text + after }
		}
		as := func(other string) func(string) string { return func(string) string { return other } }
		nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

		values("a large number", 0, `1e400`, `-1e400`, `123456789012345678901234567890`, `1e-400`)
		values("an odd number", 0, `-0`, `0.5e-3`, `1E+2`, `0.0`, `-0.0e0`, `1.7976931348623157e308`)
		values("a number that is none", broken.syntax, `01`, `.5`, `1.`, `+1`, `NaN`, `Infinity`, `-`, `0x10`, `1e`, `1_000`, `--1`, `١`)
		values("a word that is none", broken.syntax, `tru`, `True`, `nul`, `undefined`, `None`, ``, `'x'`, `x`)
		values("a string that is none", broken.syntax, `"\x"`, "\"\x01\"", "\"\n\"", `"\u12"`, `"\u00g0"`, `"`, `"\'"`, "\"\x00\"")
		values("odd strings", 0, `"\u0000"`, `"é"`, `"\ud83d\ude00"`, `"\/\b\f\n\r\t\\\""`, "\"\x7f\"", `"\u2028"`, `"`+strings.Repeat("x", 3000)+`"`)
		values("bytes that are not UTF-8", broken.utf8, "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "{\"\xff\":1}")
		values("half of a pair", broken.surrogate, `"\ud800"`, `"\udc00x"`, `"\ud800\u0041"`, `{"\ud800":1}`, `["\udfff"]`)
		values("a name twice further down", broken.below, `{"a":1,"a":2}`, `[{"a":1,"\u0061":2}]`, `{"b":{"":0,"":0}}`)
		values("depth", 0, nested(10), nested(100), nested(1000), strings.Repeat(`{"a":`, 500)+`1`+strings.Repeat(`}`, 500))
		values("depth without an end", broken.syntax, strings.Repeat("[", 1000), strings.Repeat(`{"a":`, 1000))
		values("too much", overSize, `"`+strings.Repeat("x", 16<<10)+`"`)
		values("empty things", 0, `{}`, `[]`, `""`, `{"":{}}`, `[[],{},null]`)

		text("and more", broken.more, around("", "{}"), around("", "x"), around("", "\x00"), around("", ","), around("", "null"), around("", "]"), around("", "}"), around("", ` {"alg":"none"}`), around("", "\n//"))
		text("in white space", 0, around(" ", ""), around("\n\t", "\r\n "), around("", " "), func(s string) string { return strings.ReplaceAll(s, `":`, "\" :\t") })
		text("in odd white space", broken.syntax, around("\v", ""), around("\u00a0", ""), around("\f", ""), around("\x00", ""))
		text("after a byte order mark", broken.syntax, around("\xef\xbb\xbf", ""), around("\xff\xfe", ""))
		text("in UTF-16", broken.syntax, func(s string) string {
			var b strings.Builder
			for _, u := range utf16.Encode([]rune(s)) {
				b.WriteByte(byte(u >> 8))
				b.WriteByte(byte(u))
			}
			return b.String()
		})
		text("of another kind", broken.syntax, as("null"), as("[]"), as(`""`), as("0"), as("true"), as(""), as(" "), as("{"), as("}"), as("[{}]"), func(s string) string { return "[" + s + "]" }, func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` })
		text("of nothing", anything, as("{}"))
		text("with a comma too many", broken.syntax, func(s string) string { return strings.TrimSuffix(s, "}") + ",}" }, func(s string) string { return "{," + s[1:] }, func(s string) string { return strings.Replace(s, ":", "::", 1) })
		text("with a comment", broken.syntax, around("/**/", ""), func(s string) string { return "{/* */" + s[1:] }, func(s string) string { return "{//\n" + s[1:] })
		text("in single quotes", broken.syntax, func(s string) string { return strings.ReplaceAll(s, `"`, `'`) })
		text("cut off", broken.syntax, func(s string) string { return s[:len(s)-1] }, func(s string) string { return s[:len(s)/2] }, func(s string) string { return s[1:] })

		// Bytes of any kind, so that readers meet what nobody has thought of.
		for _, c := range []struct {
			what string
			edit func(d *draft, s string, at int) string
		}{
			{"a bit flipped", func(d *draft, s string, at int) string {
				return s[:at] + string([]byte{s[at] ^ 1<<d.IntN(8)}) + s[at+1:]
			}},
			{"a byte replaced", func(d *draft, s string, at int) string {
				return s[:at] + string([]byte{byte(d.IntN(256))}) + s[at+1:]
			}},
			{"bytes left out", func(d *draft, s string, at int) string { return s[:at] + s[min(len(s), at+1+d.IntN(8)):] }},
			{"bytes twice", func(d *draft, s string, at int) string {
				end := min(len(s), at+1+d.IntN(40))
				return s[:end] + s[at:]
			}},
			{"something put in", func(d *draft, s string, at int) string { return s[:at] + pick(d.Rand, snippets) + s[at:] }},
			{"something put in after a comma", func(d *draft, s string, at int) string {
				if i := strings.IndexByte(s[at:], ','); i >= 0 {
					at += i + 1
				} else {
					at = 1
				}
				return s[:at] + pick(d.Rand, snippets) + s[at:]
			}},
		} {
			cs = append(cs, &tweak{name: where + ": " + c.what, breaks: anything, stage: toText, apply: func(d *draft) {
				if s := d.text[part]; s != "" {
					d.text[part] = c.edit(d, s, d.IntN(len(s)))
				}
			}})
		}
	}
	return cs
}

// snippets are what a reader of JSON may stumble over.
var snippets = []string{
	`"`, `\`, `{`, `}`, `[`, `]`, `,`, `:`, ` `, "\n", "\x00", "\xff", "\xef\xbb\xbf", "é", `null`, `true`, `0`, `-`, `.`, `e9`, `1e400`, `\u0061`, `\ud800`, `""`,
	`"":0,`, `"crit":["x"],`, `"alg":"none",`, `"exp":0,`, `"exp":9999999999,`, `"aud":"https://api.example",`, `"EXP":9999999999,`, `"nbf":0,`, `"b64":false,`, `"kid":1,`, `"typ":"x",`, `"x":{"a":1,"a":1},`, `{}`, `[]`, `/**/`,
}
