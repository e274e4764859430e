package httpauth

import (
	"fmt"
	"net/http"
	"strings"
)

// An Extractor finds the token in a request. It returns an error that wraps
// [ErrNoToken] when there is none, and one that wraps [ErrRequest] when what
// is there is no token. Goroutines share it.
type Extractor func(r *http.Request) (string, error)

// Bearer reads "Authorization: Bearer TOKEN" (RFC 6750 §2.1). The scheme is
// compared without case; another scheme, or a blank field, is no token. Two
// fields, or anything but one token after the scheme, is [ErrRequest].
func Bearer() Extractor { return authorization("Bearer") }

// authorization reads the token that comes by a scheme.
func authorization(scheme string) Extractor {
	return func(r *http.Request) (string, error) {
		field, err := single(r.Header["Authorization"], "Authorization field")
		if err != nil {
			return "", err
		}
		word, rest, _ := strings.Cut(field, " ")
		if word == "" || strings.ContainsFunc(word, func(c rune) bool { return c <= ' ' || c > '~' }) {
			return "", fmt.Errorf("%w: the Authorization field has no scheme", ErrRequest)
		}
		if !strings.EqualFold(word, scheme) { // RFC 9110 §11.1
			return "", ErrNoToken
		}
		return checked(strings.TrimLeft(rest, " "), "Authorization field") // 1*SP, RFC 9110 §11.4
	}
}

// Header reads a field whose whole value is the token, as the proxies of
// Google IAP and Cloudflare Access send it.
func Header(name string) Extractor {
	name = http.CanonicalHeaderKey(name)
	return func(r *http.Request) (string, error) {
		field, err := single(r.Header[name], name+" field")
		if err != nil {
			return "", err
		}
		return checked(field, name+" field")
	}
}

// Cookie reads a cookie. Browsers send cookies with requests that other sites
// make: protect such routes from cross-site request forgery, as with
// http.CrossOriginProtection.
func Cookie(name string) Extractor {
	return func(r *http.Request) (string, error) {
		var values []string
		for _, c := range r.CookiesNamed(name) {
			values = append(values, c.Value)
		}
		if len(values) < sent(r, name) { // net/http leaves out those it cannot read
			return "", fmt.Errorf("%w: the %s cookie is malformed", ErrRequest, name)
		}
		value, err := single(values, name+" cookie")
		if err != nil {
			return "", err
		}
		return checked(value, name+" cookie")
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

// single is the one value; a blank one is no token.
func single(values []string, what string) (string, error) {
	switch {
	case len(values) > 1:
		return "", fmt.Errorf("%w: more than one %s", ErrRequest, what)
	case len(values) == 0 || strings.Trim(values[0], " \t") == "":
		return "", ErrNoToken
	}
	return values[0], nil
}

// checked returns token if it is a b64token (RFC 6750 §2.1).
func checked(token, what string) (string, error) {
	body := strings.TrimRight(token, "=")
	for i := range len(body) {
		if !isTokenByte(body[i]) {
			return "", fmt.Errorf("%w: the %s holds more than one token, or something else", ErrRequest, what)
		}
	}
	if body == "" {
		return "", fmt.Errorf("%w: the %s holds no token", ErrRequest, what)
	}
	return token, nil
}

// The bytes of a b64token but "=", as bits: those below 64, and those from 64.
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
