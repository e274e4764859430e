// Package found finds the token in what somebody pasted, and says in one line what
// is around it. It decides nothing about the token itself.
package found

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jwtverify/jwtverify/internal/message"
)

// MaxInput is the most that is read as a token, in bytes.
const MaxInput = 1 << 20

// A Problem is something that keeps a text from being a token.
type Problem struct {
	Setting string // what has to change; see package diagnose
	Cause   string // one line; it holds no part of a token
	Advice  string // one line
}

// A Result is what In found.
type Result struct {
	Token    string    // "" if there is none
	Problems []Problem // what is around it, from the outside in
	Note     string    // what was left out and does not matter, or ""
}

// run matches what may be a compact JWS or JWE: a header begins with a brace, which
// base64 writes as "ey" or "ew", and at least one dot follows.
var run = regexp.MustCompile(`e[yw][A-Za-z0-9_\-+/=]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9_\-+/=]*)*(?:\.[A-Za-z0-9_\-+/=%]*)+`)

// client is the setting of whoever sends the token.
const client = "client"

// In finds the token in text.
func In(text string) Result {
	var r Result
	if len(text) > MaxInput {
		r.add(client, fmt.Sprintf("the input has more than %d KiB: it is not a token, which has at most 16 KiB", MaxInput>>10), "give the token alone")
		return r
	}
	text = r.decoded(text)
	text = r.withoutLineEnd(text)
	if strings.TrimSpace(text) == "" {
		r.add(client, "the input is empty: there is no token in it", "pipe the token into the command, or name a file that holds it")
		return r
	}
	text = r.visible(text)
	if strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN ") {
		r.add(client, "this is PEM: a key or a certificate, not a token", "give it as --keys file:PATH, and the token on standard input")
		return r
	}
	runs := run.FindAllStringIndex(text, -1)
	if packed := strings.Join(strings.Fields(text), ""); len(runs) > 0 && packed != strings.TrimSpace(text) && strings.Count(packed, ".") == 2 && run.FindString(packed) == packed {
		r.add(client, "there is white space or a line break inside the token: it was wrapped", "join its lines; do not copy tokens from a terminal or e-mail that wraps them")
		r.Token = packed
		return r
	}
	switch len(runs) {
	case 0:
		r.none(strings.TrimSpace(text))
		return r
	case 1:
		r.around(text[:runs[0][0]], text[runs[0][1]:])
	default:
		if runs = r.several(text, runs); len(runs) > 1 {
			return r
		}
	}
	r.Token = r.unescaped(text[runs[0][0]:runs[0][1]])
	return r
}

func (r *Result) add(setting, cause, advice string) {
	r.Problems = append(r.Problems, Problem{setting, cause, advice})
}

// decoded returns text in UTF-8 without a byte order mark.
func (r *Result) decoded(text string) string {
	little := strings.HasPrefix(text, "\xff\xfe")
	if !little && !strings.HasPrefix(text, "\xfe\xff") {
		return strings.TrimPrefix(text, "\xef\xbb\xbf")
	}
	r.add(client, "the input is in UTF-16, as PowerShell's > writes it: a token is ASCII", "write it with Out-File -Encoding ascii")
	var units []uint16
	for i := 2; i+1 < len(text); i += 2 {
		hi, lo := uint16(text[i]), uint16(text[i+1])
		if little {
			hi, lo = lo, hi
		}
		units = append(units, hi<<8|lo)
	}
	return string(utf16.Decode(units))
}

// withoutLineEnd drops the one line end that echo and editors add.
func (r *Result) withoutLineEnd(text string) string {
	cut := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if cut != text {
		r.Note = "the line end after the token was left out; what a service gets must not have it"
	}
	return cut
}

// visible drops characters that nobody sees.
func (r *Result) visible(text string) string {
	hidden := func(c rune) bool {
		return c == 0x200b || c == 0x200c || c == 0x200d || c == 0x2060 || c == 0xfeff || c == 0xad
	}
	if strings.ContainsFunc(text, hidden) {
		r.add(client, "there are invisible characters in it, such as zero-width spaces", "copy the token from its source again, as plain text")
		text = strings.Map(func(c rune) rune {
			if hidden(c) {
				return -1
			}
			return c
		}, text)
	}
	return text
}

// unescaped undoes percent escapes in a token.
func (r *Result) unescaped(token string) string {
	if !strings.Contains(token, "%") {
		return token
	}
	r.add(client, "it has percent escapes, as in a URL", "decode them before the token is verified")
	return strings.NewReplacer("%2E", ".", "%2e", ".", "%3D", "=", "%3d", "=", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "%2D", "-", "%2d", "-", "%5F", "_", "%5f", "_").Replace(token)
}

// several decides which of several runs is the token. It returns one run, or all of
// them if it cannot tell.
func (r *Result) several(text string, runs [][]int) [][]int {
	names, texts := make([]string, len(runs)), map[string]bool{}
	for i, at := range runs {
		names[i] = nameBefore(text[:at[0]])
		texts[text[at[0]:at[1]]] = true
	}
	for i, name := range names {
		if name == "access_token" {
			r.add(client, fmt.Sprintf("there are %d tokens in it; the one called access_token is explained", len(runs)), "give one token alone: the access token")
			return runs[i : i+1]
		}
	}
	if len(texts) == 1 {
		r.add(client, fmt.Sprintf("the same token is in it %d times", len(runs)), "send it once")
		return runs[:1]
	}
	r.add(client, fmt.Sprintf("there are %d tokens in it, and one is verified at a time", len(runs)), "give one token alone; for a request with several, use --request")
	return runs
}

var namePattern = regexp.MustCompile(`([A-Za-z0-9_.\-]{1,64})["']?\s*[=:]\s*["']?$`)

// nameBefore returns the name that a parameter, cookie or member before a token has.
func nameBefore(before string) string {
	if m := namePattern.FindStringSubmatch(before); m != nil {
		return m[1]
	}
	return ""
}

var scheme = regexp.MustCompile(`(?i)\b(bearer|dpop|jwt|token)\b["']?\s*:?\s*["']?$`)

const quotes = "\"'`“”‘’«»<>"

// around says what stands before and after the one token.
func (r *Result) around(before, after string) {
	name := nameBefore(before)
	word := scheme.FindStringSubmatch(before)
	lower := strings.ToLower(before)
	switch {
	case before == "" && after == "":
	case strings.Contains(before, "://"):
		r.add(client, "there is a URL around it"+named(", in the parameter ", name), "take the token out of the URL; a URL ends up in logs and histories")
	case strings.HasPrefix(strings.TrimSpace(before), "{"):
		r.add(client, "there is JSON around it"+named(", in the member ", name), "give the value of the member alone")
	case strings.Contains(lower, "authorization"):
		r.add(client, "the whole Authorization field is given, not the token alone", "verify what follows the scheme; httpauth.Bearer takes it from the field")
	case word != nil:
		r.add(client, "the word "+message.Quote(word[1])+" precedes it", "verify the token alone; httpauth.Bearer takes the scheme off")
	case name != "":
		r.add(client, "there is a cookie or form pair around it, "+message.Quote(name)+"=", "verify the value alone; httpauth.Cookie takes it out of the cookie")
	case strings.ContainsAny(before+after, quotes):
		r.add(client, "it is in quotes", "take them off")
	case strings.TrimSpace(before+after) == "":
		r.add(client, "there is white space or a line break before or after it", "trim it")
	case strings.Trim(before+after, " \t\r\n,;") == "":
		r.add(client, "there is a comma or semicolon before or after it", "take it off")
	case before == "" && strings.HasPrefix(after, "…"):
		r.add(client, "it was shortened for display: it ends with …", "copy the whole token")
	default:
		r.add(client, "there is other text around it", "give the token alone")
	}
}

func named(text, name string) string {
	if name == "" {
		return ""
	}
	return text + message.Quote(name)
}

// none says what a text without a token is.
func (r *Result) none(text string) {
	lower := strings.ToLower(text)
	parts := strings.Split(text, ".")
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\r\n", c) }):
		r.add(client, "it is binary, not a token", "give the token as text")
	case strings.HasPrefix(text, "{") && (strings.Contains(text, `"signatures"`) || strings.Contains(text, `"protected"`)):
		r.add("signer", "it is in the JSON serialization, and only the compact one is supported", "let the signer write the compact serialization: three parts with dots")
	case strings.HasPrefix(text, "{") && (strings.Contains(text, `"keys"`) || strings.Contains(text, `"kty"`)):
		r.add(client, "this is a key or a key set, not a token", "give it as --keys file:PATH, and the token on standard input")
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"alg"`), strings.HasPrefix(text, "{") && strings.Contains(text, `"exp"`):
		r.add(client, "this is a token that was decoded already", "give the encoded token: three parts with dots")
	case strings.HasPrefix(lower, "basic "), strings.Contains(lower, "authorization: basic"):
		r.add(client, "these are Basic credentials, a user and a password, not a token", "send the access token with the scheme Bearer")
	case strings.HasPrefix(text, "<") || strings.Contains(text, "<saml"):
		r.add(client, "this is XML or HTML, not a token", "give the token alone")
	case len(parts) == 1 && startsToken(text):
		r.add(client, "it is cut: there is the header of a token and nothing after it", "copy the whole token: three parts with dots")
	case len(parts) == 3 && startsToken(parts[1]):
		r.add(client, "its beginning is cut: the header is not there", "copy the whole token: three parts with dots")
	case len(parts) == 2 && startsToken(parts[0]):
		r.add(client, "it is cut: the header of the token is not there", "copy the whole token: three parts with dots")
	case strings.ContainsAny(text, " \t\r\n"):
		r.add(client, "there is no token in the text", "give a token: three parts with dots")
	default:
		r.add("opaque", "it is not a JWT but an opaque token, which only its issuer can read", "ask the issuer for JWTs, which often needs an audience or resource in the client's request; or have the issuer introspect it (RFC 7662)")
	}
}

// startsToken reports whether text begins as the base64 of a JSON object does.
func startsToken(text string) bool {
	return strings.HasPrefix(text, "eyJ") || strings.HasPrefix(text, "eyA") || strings.HasPrefix(text, "ewo") || strings.HasPrefix(text, "ew0")
}
