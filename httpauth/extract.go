package httpauth

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// An Extractor finds the token in a request. It returns an error that wraps
// [ErrNoToken] if there is none, and one that wraps [ErrRequest] if what is
// there is not a token. An error of verifier.ErrUnavailable means that it could
// not look: 503. Goroutines share it.
type Extractor func(r *http.Request) (string, error)

// Bearer reads "Authorization: Bearer TOKEN" (RFC 6750 §2.1). The scheme is
// compared without case. Another scheme, or a blank field, is [ErrNoToken]. Two
// fields, or anything but one token after the scheme, is [ErrRequest].
func Bearer() Extractor { return authorization("Bearer") }

// authorization reads the token that follows a scheme in the Authorization
// field.
func authorization(scheme string) Extractor {
	return func(r *http.Request) (string, error) {
		field, err := only(r.Header["Authorization"], "Authorization field") // rule 12
		if err != nil {
			return "", err
		}
		word, rest, _ := strings.Cut(field, " ")
		if word == "" || !isPrintableASCII(word) {
			return "", fmt.Errorf("%w: the Authorization field has no scheme; send %s, a space and the token", ErrRequest, scheme)
		}
		if !ascii.EqualFold(word, scheme) { // RFC 9110 §11.1
			return "", anotherScheme(word, scheme)
		}
		return checked(strings.TrimLeft(rest, " "), "Authorization field", scheme) // 1*SP, RFC 9110 §11.4
	}
}

// anotherScheme is ErrNoToken. If the scheme was nearly right, the message says
// what is wrong with it.
func anotherScheme(word, scheme string) error {
	if ascii.EqualFold(strings.Trim(word, `"':`), scheme) {
		return fmt.Errorf("%w: the scheme is %s; send %s without quotes or a colon", ErrNoToken, message.Quote(word), scheme)
	}
	return ErrNoToken
}

// Header reads a field whose whole value is the token, as the proxies of
// Google IAP and Cloudflare Access send it. More than one such field, or one
// that holds anything but one token, is [ErrRequest].
//
// It panics if name is not the name of a field, such as one from an unset
// variable, or is that of a field that cannot carry a token, such as Host, which
// net/http does not deliver.
func Header(name string) Extractor {
	if !isToken(name) { // RFC 9110 §5.1
		panic("httpauth: Header: " + message.Quote(name) + " is not the name of a header field")
	}
	name = http.CanonicalHeaderKey(name)
	switch name {
	case "Cookie":
		panic("httpauth: Header: the Cookie field holds more than a token; use Cookie with the name of the cookie")
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

// Cookie reads a cookie. Several of that name, or one that holds anything but
// one token, is [ErrRequest].
//
// Browsers send cookies with requests that other sites make: protect such routes
// from cross-site request forgery, for example with http.CrossOriginProtection.
//
// It panics if name is not the name of a cookie, such as one from an unset
// variable.
func Cookie(name string) Extractor {
	if !isToken(name) { // RFC 6265 §4.1.1
		panic("httpauth: Cookie: " + message.Quote(name) + " is not the name of a cookie")
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

// only returns the single value, as it is; no value, or a blank one, is
// ErrNoToken.
func only(values []string, what string) (string, error) {
	switch {
	case len(values) > 1:
		return "", fmt.Errorf("%w: more than one %s; send one", ErrRequest, what)
	case len(values) == 0 || strings.Trim(values[0], " \t") == "":
		return "", ErrNoToken
	}
	return values[0], nil
}

// checked returns token if it is a b64token (RFC 6750 §2.1). scheme is what
// stood before it; "" for a token that stands alone.
func checked(token, what, scheme string) (string, error) {
	body := strings.TrimRight(token, "=")
	var bad byte
	for i := range len(body) {
		bad |= notTokenByte[body[i]]
	}
	if bad != 0 {
		return "", fmt.Errorf("%w: the %s: %s", ErrRequest, what, mistake(token, scheme))
	}
	if body == "" {
		return "", fmt.Errorf("%w: the %s holds no token", ErrRequest, what)
	}
	return token, nil
}

// mistake explains why text is not one token, without quoting it. These are the
// mistakes that people make with curl and environment variables.
func mistake(text, scheme string) string {
	inner := strings.Trim(text, " \t\r\n")
	word, _, more := strings.Cut(inner, " ")
	switch {
	case strings.ContainsAny(text, "\r\n"):
		return "there is a line break in or around the token; send the token alone"
	case inner != text:
		return "there is white space around the token; send the token alone"
	case strings.HasSuffix(inner, `\n`), strings.HasSuffix(inner, `\r`):
		return `there is a line break, written as \n, after the token; send the token alone`
	case strings.Trim(inner, `"'`) != inner:
		return "the token is in quotes; send it without"
	case more && scheme != "" && ascii.EqualFold(word, scheme):
		return "the word " + scheme + " occurs twice; send it once"
	case more && ascii.EqualFold(word, "Bearer"):
		return "the word Bearer comes before the token; send the token alone"
	case strings.Trim(inner, "<>{}[]()") != inner:
		return "the token is in brackets; send it without"
	case strings.Contains(inner, "%"):
		return "the token is percent-encoded; send it as it is"
	case strings.Contains(inner, ","):
		return "there is more than one token, or a comma; send one token"
	}
	return "it holds more than one token, or something else; send one token"
}

// A source is one place where a token may be.
type source struct {
	extract Extractor
	via     *proof // whose scheme it reads; nil: no proof's
}

// A credential is a token as it was found.
type credential struct {
	raw string
	via *proof
}

// find asks every source; exactly one may find a token. An outage of a source
// outranks everything that the others report, since that source may hold a token
// too. After that, a malformed request outranks a token and the lack of one.
func (m *Middleware) find(r *http.Request) (credential, error) {
	var c credential
	var bad error
	none := ErrNoToken
	for _, s := range m.sources {
		raw, err := s.extract(r)
		switch {
		case err != nil && isNoToken(err):
			none = err
		case err != nil && verifier.Classify(err) == verifier.Undecided:
			return credential{}, err
		case err != nil:
			bad = firstOf(bad, err)
		case raw == "":
		case c.raw == "":
			c = credential{raw, s.via}
		case m.sameTwice && c.isAlso(raw, s.via):
			c.via = firstOf(c.via, s.via)
		default: // RFC 6750 §2
			bad = firstOf(bad, fmt.Errorf("%w: a token in two places; send it in one", ErrRequest))
		}
	}
	switch {
	case bad != nil:
		return credential{}, bad
	case c.raw == "":
		return credential{}, none
	}
	return c, nil
}

// isAlso reports whether another source found the same token, and did not find
// it by the scheme of another proof.
func (c credential) isAlso(raw string, via *proof) bool {
	return subtle.ConstantTimeCompare([]byte(c.raw), []byte(raw)) == 1 &&
		(c.via == nil || via == nil || c.via == via)
}

// firstOf returns a, or b if a is nil.
func firstOf[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}
