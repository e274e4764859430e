package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decodings take one encoding off a text. Each returns nothing for a text without
// that encoding, and may return several candidates. They are lenient where real
// decoders are strict: a key must be found even if the copy is slightly damaged.
var decodings = []func(text []byte) [][]byte{fromEscapes, fromPercent, fromWideText, fromHex, fromBase64, fromBase64Parts}

// around are characters that may surround an encoded text: white space, quotes,
// brackets.
const around = " \t\r\n\v\f\"'`,;<>()[]{}"

// minEncoded is the shortest text, in bytes, that is taken for an encoded key.
const minEncoded = 24

// fromEscapes undoes the escapes of JSON (RFC 8259 §7) and Go strings, and of HTML.
func fromEscapes(text []byte) [][]byte {
	// The quote is the only character of a JWK that HTML must escape.
	html := bytes.ReplaceAll(text, []byte("&quot;"), []byte(`"`))
	return append(changed(text, html), changed(text, replaced(text, '\\', backslash))...)
}

// fromPercent undoes the escapes of URLs (RFC 3986 §2.1), and of forms, where +
// is a space.
func fromPercent(text []byte) [][]byte {
	form := bytes.ReplaceAll(text, []byte("+"), []byte(" "))
	return append(changed(text, replaced(text, '%', percent)), changed(form, replaced(form, '%', percent))...)
}

// replaced returns text with each escape, which begins with mark, replaced by what
// it stands for. escape appends that to plain and returns the length of the escape.
func replaced(text []byte, mark byte, escape func(plain, text []byte) ([]byte, int)) []byte {
	plain := make([]byte, 0, len(text))
	for {
		i := bytes.IndexByte(text, mark)
		if i < 0 || i == len(text)-1 {
			return append(plain, text...)
		}
		var size int
		plain, size = escape(append(plain, text[:i]...), text[i:])
		text = text[i+size:]
	}
}

// percent decodes the escape of a URL that text begins with. What is not an escape
// stays.
func percent(plain, text []byte) ([]byte, int) {
	if c, ok := code(text, 1, 2); ok {
		return append(plain, byte(c)), 3
	}
	return append(plain, text[0]), 1
}

// backslash decodes the escape of a JSON or Go string that text begins with.
func backslash(plain, text []byte) ([]byte, int) {
	switch c := text[1]; {
	case c == 'x':
		if c, ok := code(text, 2, 2); ok {
			return append(plain, byte(c)), 4
		}
	case c == 'u':
		if c, ok := code(text, 2, 4); ok {
			return utf8.AppendRune(plain, c), 6
		}
	case c == 'U':
		if c, ok := code(text, 2, 8); ok {
			return utf8.AppendRune(plain, c), 10
		}
	case strings.IndexByte("abtnvfr", c) >= 0:
		return append(plain, '\a'+byte(strings.IndexByte("abtnvfr", c))), 2
	}
	return append(plain, text[1]), 2
}

// code reads the hexadecimal digits of an escape.
func code(text []byte, from, digits int) (rune, bool) {
	if len(text) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[from:from+digits]), 16, 32)
	return rune(n), err == nil
}

// fromWideText reads UTF-16 and UTF-32.
func fromWideText(text []byte) [][]byte { return changed(text, Narrow(text)) }

// Narrow removes the byte order mark and the zero bytes of UTF-16 or UTF-32, in
// either byte order, which leaves ASCII. It returns other text as it is.
func Narrow(text []byte) []byte {
	plain := bytes.ReplaceAll(text, []byte{0}, nil)
	if len(plain) < len(text) {
		plain = bytes.TrimPrefix(bytes.TrimPrefix(plain, []byte("\xfe\xff")), []byte("\xff\xfe"))
	}
	return plain
}

// changed returns after as the one candidate, unless nothing was decoded.
func changed(before, after []byte) [][]byte {
	if len(after) < minEncoded || string(before) == string(after) {
		return nil
	}
	return [][]byte{after}
}

// fromHex decodes hexadecimal digits, also in the forms 0x2d, \x2d and 2d:2d and in
// several lines.
func fromHex(text []byte) [][]byte {
	text = bytes.TrimRight(text, around) // finds has trimmed the left
	for _, mark := range []string{"0x", "0X", `\x`} {
		text = bytes.ReplaceAll(text, []byte(mark), nil)
	}
	digits := deleting(text, " \t\r\n:,-")
	decoded := make([]byte, len(digits)/2)
	if _, err := hex.Decode(decoded, digits); err != nil || len(digits) < minEncoded {
		return nil
	}
	return [][]byte{decoded}
}

// fromBase64 decodes the whole text, which may have several lines.
func fromBase64(text []byte) [][]byte {
	digits := deleting(bytes.TrimRight(text, around), " \t\r\n=")
	if len(digits) < minEncoded || bytes.ContainsFunc(digits, notBase64) {
		return nil
	}
	return [][]byte{decodeBase64(digits)}
}

// fromBase64Parts decodes each part in base64 that stands between other text, such
// as the body of PEM whose BEGIN line was lost.
func fromBase64Parts(text []byte) (decoded [][]byte) {
	text = bytes.TrimRight(text, around+"=")
	for part := range bytes.FieldsFuncSeq(text, notBase64) {
		if len(part) >= minEncoded && len(part) < len(text) { // fromBase64 takes the whole text
			decoded = append(decoded, decodeBase64(part))
		}
	}
	return decoded
}

// notBase64 reports whether r is a digit of neither alphabet (RFC 4648 §4, §5).
func notBase64(r rune) bool {
	switch {
	case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '+', r == '/', r == '-', r == '_':
		return false
	}
	return true
}

// decodeBase64 decodes digits of either alphabet (RFC 4648 §4, §5), and ignores a
// last digit that is left over.
func decodeBase64(digits []byte) []byte {
	// One alphabet is enough for both: they differ in two digits.
	standard := bytes.ReplaceAll(bytes.ReplaceAll(digits, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	if len(standard)%4 == 1 {
		standard = standard[:len(standard)-1]
	}
	decoded, _ := base64.RawStdEncoding.AppendDecode(nil, standard)
	return decoded
}

// deleting returns text without the bytes in cutset.
func deleting(text []byte, cutset string) []byte {
	kept := make([]byte, 0, len(text))
	for _, c := range text {
		if bytes.IndexByte([]byte(cutset), c) < 0 {
			kept = append(kept, c)
		}
	}
	return kept
}
