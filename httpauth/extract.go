package httpauth

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// An Extractor finds the token in a request. It returns an error that wraps
// [ErrNoToken] when there is none, and one that wraps [ErrRequest] when what
// is there is no token. Goroutines share it.
type Extractor func(r *http.Request) (string, error)

// Bearer reads "Authorization: Bearer TOKEN" (RFC 6750 §2.1). The scheme is
// compared without case; another scheme, or a blank field, is no token. Two
// fields, or anything but one token after the scheme, is [ErrRequest].
func Bearer() Extractor { return authorization("Bearer") }

// authorization reads the token that comes by a scheme, a token of RFC 9110.
func authorization(scheme string) Extractor {
	return func(r *http.Request) (string, error) {
		field, err := only(r.Header["Authorization"], "Authorization field")
		if err != nil {
			return "", err
		}
		word, rest, _ := strings.Cut(field, " ")
		if word == "" || strings.ContainsFunc(word, func(c rune) bool { return c <= ' ' || c > '~' }) {
			return "", fmt.Errorf("%w: the Authorization field has no scheme; send %s, a space and the token", ErrRequest, scheme)
		}
		if !strings.EqualFold(word, scheme) { // RFC 9110 §11.1; both are ASCII
			return "", anotherScheme(word, scheme)
		}
		return checked(strings.TrimLeft(rest, " "), "Authorization field", scheme) // 1*SP, RFC 9110 §11.4
	}
}

// anotherScheme is no token, and says so where the scheme was nearly right.
func anotherScheme(word, scheme string) error {
	if strings.EqualFold(strings.Trim(word, `"':`), scheme) {
		return fmt.Errorf("%w: the scheme is %s; send %s without quotes or a colon", ErrNoToken, message.Quote(word), scheme)
	}
	return ErrNoToken
}

// Header reads a field whose whole value is the token, as the proxies of
// Google IAP and Cloudflare Access send it. It panics when name is not that of a
// field, as one from an unset variable, or of one that cannot carry a token, such
// as Host, which net/http does not deliver.
func Header(name string) Extractor {
	if !isToken(name) { // RFC 9110 §5.1
		panic(fmt.Sprintf("httpauth: Header: %q is not the name of a header field", name))
	}
	name = http.CanonicalHeaderKey(name)
	switch name {
	case "Cookie":
		panic("httpauth: Header: a token in the Cookie field is for Cookie, with the name of the cookie")
	case "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length": // RFC 9110 §7.6.1
		panic("httpauth: Header: the field " + name + " cannot carry a token; use another")
	}
	return func(r *http.Request) (string, error) {
		field, err := only(r.Header[name], name+" field")
		if err != nil {
			return "", err
		}
		return checked(field, name+" field", "")
	}
}

// Cookie reads a cookie. Browsers send cookies with requests that other sites
// make: protect such routes from cross-site request forgery, as with
// http.CrossOriginProtection. It panics when name is not that of a cookie, as
// one from an unset variable.
func Cookie(name string) Extractor {
	if !isToken(name) { // RFC 6265 §4.1.1
		panic(fmt.Sprintf("httpauth: Cookie: %q is not the name of a cookie", name))
	}
	return func(r *http.Request) (string, error) {
		var values []string
		for _, c := range r.CookiesNamed(name) {
			values = append(values, c.Value)
		}
		if len(values) < sent(r, name) { // net/http leaves out those it cannot read
			return "", fmt.Errorf("%w: the %s cookie is malformed; its value is the token alone", ErrRequest, name)
		}
		value, err := only(values, name+" cookie")
		if err != nil {
			return "", err
		}
		return checked(value, name+" cookie", "")
	}
}

// sent counts the cookies of that name, readable or not.
func sent(r *http.Request, name string) (n int) {
	for _, field := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(field, ";") {
			if key, _, _ := strings.Cut(pair, "="); strings.Trim(key, " \t") == name {
				n++
			}
		}
	}
	return n
}

// only is the one value; a blank one is no token.
func only(values []string, what string) (string, error) {
	switch {
	case len(values) > 1:
		return "", fmt.Errorf("%w: more than one %s; send one", ErrRequest, what)
	case len(values) == 0 || strings.Trim(values[0], " \t") == "":
		return "", ErrNoToken
	}
	return values[0], nil
}

// checked returns token if it is a b64token (RFC 6750 §2.1). It came after a
// scheme, or alone.
func checked(token, what, scheme string) (string, error) {
	body := strings.TrimRight(token, "=")
	for i := range len(body) {
		if !isTokenByte(body[i]) {
			return "", fmt.Errorf("%w: the %s: %s", ErrRequest, what, mistake(token, scheme))
		}
	}
	if body == "" {
		return "", fmt.Errorf("%w: the %s holds no token", ErrRequest, what)
	}
	return token, nil
}

// mistake says in words why text is not one token, without quoting it.
func mistake(text, scheme string) string {
	inner := strings.Trim(text, " \t\r\n")
	word, _, more := strings.Cut(inner, " ")
	switch {
	case strings.ContainsAny(text, "\r\n"):
		return "there is a line end around the token, or in it; send the token alone"
	case inner != text:
		return "there is white space around the token; send the token alone"
	case strings.HasSuffix(inner, `\n`), strings.HasSuffix(inner, `\r`):
		return `there is a line end, written as \n, after the token; send the token alone`
	case strings.Trim(inner, `"'`) != inner:
		return "the token is in quotes; send it without"
	case more && scheme != "" && strings.EqualFold(word, scheme):
		return "the word " + scheme + " stands twice; send it once"
	case more && strings.EqualFold(word, "Bearer"):
		return "the word Bearer stands before the token; send the token alone"
	case strings.Trim(inner, "<>{}[]()") != inner:
		return "the token is in brackets; send it without"
	case strings.Contains(inner, "%"):
		return "the token is percent-encoded; send it as it is"
	case strings.Contains(inner, ","):
		return "there is more than one token, or a comma; send one token"
	}
	return "it holds more than one token, or something else; send one token"
}

// The bytes of a b64token but "=", as bits: those below 64, and those from 64.
// Every byte of every token is looked up, and a loop of comparisons shows.
const (
	tokenBytesLow  uint64 = (1<<10-1)<<'0' | 1<<'-' | 1<<'.' | 1<<'+' | 1<<'/'
	tokenBytesHigh uint64 = (1<<26-1)<<('A'-64) | (1<<26-1)<<('a'-64) | 1<<('_'-64) | 1<<('~'-64)
)

func isTokenByte(c byte) bool {
	if c < 64 {
		return tokenBytesLow>>c&1 != 0
	}
	return c < 128 && tokenBytesHigh>>(c-64)&1 != 0
}
