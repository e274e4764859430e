package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decodings take one encoding off a text. Each returns nothing for a text that
// is not encoded so.
var decodings = []func(text []byte) [][]byte{fromEscapes, fromPercent, fromWideText, fromHex, fromBase64, fromBase64Parts}

// around is what stands around an encoded text: white space, quotes, brackets.
const around = " \t\r\n\v\f\"'`,;<>()[]{}"

// minEncoded is the length from which on a part of a text is taken for an
// encoded key.
const minEncoded = 24

// fromEscapes undoes the escapes of JSON and Go strings, and of HTML.
func fromEscapes(text []byte) [][]byte {
	html := bytes.ReplaceAll(text, []byte("&quot;"), []byte(`"`))
	return append(changed(text, html), changed(text, replaced(text, '\\', backslash))...)
}

// fromPercent undoes the escapes of URLs, and of forms, where + is a space.
func fromPercent(text []byte) [][]byte {
	form := bytes.ReplaceAll(text, []byte("+"), []byte(" "))
	return append(changed(text, replaced(text, '%', percent)), changed(form, replaced(form, '%', percent))...)
}

// replaced is text with each escape, which begins with mark, replaced by what
// it stands for.
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

// percent appends what the escape that text begins with stands for, and returns
// how long it is (RFC 3986 §2.1).
func percent(plain, text []byte) ([]byte, int) {
	if c, ok := code(text, 1, 2); ok {
		return append(plain, byte(c)), 3
	}
	return append(plain, text[0]), 1
}

// backslash is percent for RFC 8259 §7 and Go.
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

func code(text []byte, from, digits int) (rune, bool) {
	if len(text) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[from:from+digits]), 16, 32)
	return rune(n), err == nil
}

// fromWideText reads UTF-16 and UTF-32.
func fromWideText(text []byte) [][]byte { return changed(text, Narrow(text)) }

// Narrow takes the byte order mark and the zero bytes out of UTF-16 or UTF-32,
// which leaves what is ASCII.
func Narrow(text []byte) []byte {
	plain := bytes.ReplaceAll(text, []byte{0}, nil)
	if len(plain) < len(text) {
		plain = bytes.TrimPrefix(bytes.TrimPrefix(plain, []byte("\xfe\xff")), []byte("\xff\xfe"))
	}
	return plain
}

func changed(before, after []byte) [][]byte {
	if len(after) < minEncoded || string(before) == string(after) {
		return nil
	}
	return [][]byte{after}
}

// fromHex decodes hexadecimal digits, also as in 0x2d, \x2d, 2d:2d and lines.
func fromHex(text []byte) [][]byte {
	text = bytes.TrimRight(text, around)
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

// fromBase64 decodes the whole text, in lines or not.
func fromBase64(text []byte) [][]byte {
	digits := deleting(bytes.TrimRight(text, around), " \t\r\n=")
	if len(digits) < minEncoded || bytes.ContainsFunc(digits, notBase64) {
		return nil
	}
	return [][]byte{decodeBase64(digits)}
}

// fromBase64Parts decodes what stands in base64 between other text.
func fromBase64Parts(text []byte) (decoded [][]byte) {
	text = bytes.TrimRight(text, around+"=")
	for part := range bytes.FieldsFuncSeq(text, notBase64) {
		if len(part) >= minEncoded && len(part) < len(text) { // else it is the whole text
			decoded = append(decoded, decodeBase64(part))
		}
	}
	return decoded
}

func notBase64(r rune) bool {
	switch {
	case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '+', r == '/', r == '-', r == '_':
		return false
	}
	return true
}

// decodeBase64 decodes digits of either alphabet (RFC 4648 §4, §5). A digit
// that is left over is ignored.
func decodeBase64(digits []byte) []byte {
	standard := bytes.ReplaceAll(bytes.ReplaceAll(digits, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	if len(standard)%4 == 1 {
		standard = standard[:len(standard)-1]
	}
	decoded, _ := base64.RawStdEncoding.AppendDecode(nil, standard)
	return decoded
}

func deleting(text []byte, cutset string) []byte {
	kept := make([]byte, 0, len(text))
	for _, c := range text {
		if bytes.IndexByte([]byte(cutset), c) < 0 {
			kept = append(kept, c)
		}
	}
	return kept
}
