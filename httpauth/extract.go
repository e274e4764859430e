package httpauth

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/message"
)

// An Extractor finds the token in a request. It returns an error that wraps
// [ErrNoToken] if there is none, and one that wraps [ErrRequest] if what is
// there is not a token. An error of verifier.ErrUnavailable means that it could
// not look: 503. Goroutines share it.
type Extractor func(r *http.Request) (string, error)

// Bearer reads "Authorization: Bearer TOKEN" (RFC 6750 §2.1). The scheme is
// compared without case. Another scheme, or a blank field, is [ErrNoToken]. Two
// fields, or anything but one token after the scheme, is [ErrRequest].
func Bearer() Extractor { return authorization("Bearer", false) }

// Authorization is Bearer for another scheme, such as the JWT of Atlassian. The
// challenges of a Middleware then name that scheme; if its extractors read several
// schemes, it has one challenge for each.
//
// It panics if scheme is not the name of a scheme (RFC 9110 §11.1), such as one from
// an unset variable. It also panics for Basic, Digest, Negotiate and NTLM, whose
// credentials are not tokens and may be passwords, and for DPoP, whose tokens need a
// proof: use package dpop.
func Authorization(scheme string) Extractor {
	mustBeScheme("Authorization", scheme)
	return authorization(scheme, false)
}

func mustBeScheme(caller, scheme string) {
	if !isToken(scheme) {
		panic("httpauth: " + caller + ": " + message.Quote(scheme) + " is not the name of an authentication scheme")
	}
	for _, other := range []string{"Basic", "Digest", "Negotiate", "NTLM"} {
		if ascii.EqualFold(scheme, other) {
			panic("httpauth: " + caller + ": the credentials of " + other + " are not tokens; use another scheme")
		}
	}
	if ascii.EqualFold(scheme, "DPoP") {
		panic("httpauth: " + caller + ": a DPoP token needs a proof; use package dpop and WithProof")
	}
}

// authorization reads the token that follows a scheme in the Authorization
// field. It is not inlined, so that schemeOf recognizes what it returns.
//
//go:noinline
func authorization(scheme string, padded bool) Extractor {
	var none error = &noToken{scheme}
	return func(r *http.Request) (string, error) {
		field, err := only(r.Header["Authorization"], "Authorization field") // rule 12
		if err == ErrNoToken {
			return "", none
		}
		if err != nil {
			return "", err
		}
		word, rest, _ := strings.Cut(field, " ")
		if word != scheme && !ascii.EqualFold(word, scheme) { // RFC 9110 §11.1
			return "", anotherScheme(word, scheme)
		}
		return checked(strings.TrimLeft(rest, " "), "Authorization field", scheme, padded) // 1*SP, RFC 9110 §11.4
	}
}

// noToken is ErrNoToken, and carries the scheme that was looked for.
type noToken struct{ scheme string }

func (n *noToken) Error() string { return ErrNoToken.Error() }
func (n *noToken) Unwrap() error { return ErrNoToken }

// anotherScheme is ErrNoToken, or ErrRequest if word is not a scheme. If the scheme
// was nearly right, the message says what is wrong with it.
func anotherScheme(word, scheme string) error {
	if word == "" || !isPrintableASCII(word) {
		return fmt.Errorf("%w: the Authorization field has no scheme; send %s, a space and the token", ErrRequest, scheme)
	}
	if ascii.EqualFold(strings.Trim(word, `"':`), scheme) {
		return fmt.Errorf("%w: the scheme is %s; send %s without quotes or a colon", ErrNoToken, message.Quote(word), scheme)
	}
	return ErrNoToken
}

// schemesOf returns the schemes that es read, for the challenges of a refusal. If
// none of them reads one, the challenge names Bearer: a 401 must have a challenge
// (RFC 9110 §15.5.2).
func schemesOf(es []Extractor) (schemes []string) {
	for _, e := range es {
		scheme, ok := schemeRead(e)
		if ok && !slices.ContainsFunc(schemes, func(s string) bool { return ascii.EqualFold(s, scheme) }) {
			schemes = append(schemes, scheme)
		}
	}
	if schemes == nil {
		return []string{"Bearer"}
	}
	return schemes
}

// schemeRead returns the scheme that e reads if authorization has made e. An
// Extractor is a function, and only its code shows who made it. One of the caller
// is not asked: it must see real requests only.
func schemeRead(e Extractor) (scheme string, ok bool) {
	if reflect.ValueOf(e).Pointer() != reflect.ValueOf(Bearer()).Pointer() {
		return "", false
	}
	_, err := e(&http.Request{})
	var none *noToken
	if ok = errors.As(err, &none); ok {
		scheme = none.scheme
	}
	return scheme, ok
}

// Header reads a field whose whole value is the token, as the proxies of
// Google IAP and Cloudflare Access send it. More than one such field, or one
// that holds anything but one token, is [ErrRequest].
//
// It panics if name is not the name of a field, such as one from an unset
// variable, or is that of a field that cannot carry a token, such as Host, which
// net/http does not deliver.
func Header(name string) Extractor { return header("Header", name, false) }

// PaddedHeader is Header for a token whose three parts may each end in the padding
// of base64, at most two "=", as in the X-Amzn-Oidc-Data field of an AWS Application
// Load Balancer. RFC 7515 §2 forbids padding, so the verifier must expect it too.
func PaddedHeader(name string) Extractor { return header("PaddedHeader", name, true) }

// header is not inlined, so that placeOf recognizes what it returns.
//
//go:noinline
func header(caller, name string, padded bool) Extractor {
	if !isToken(name) { // RFC 9110 §5.1
		panic("httpauth: " + caller + ": " + message.Quote(name) + " is not the name of a header field")
	}
	name = http.CanonicalHeaderKey(name)
	switch name {
	case "Cookie":
		panic("httpauth: " + caller + ": the Cookie field holds more than a token; use Cookie with the name of the cookie")
	case "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length": // RFC 9110 §7.6.1
		panic("httpauth: " + caller + ": the field " + name + " cannot carry a token; use another")
	}
	return func(r *http.Request) (string, error) {
		field, err := only(r.Header[name], name+" field")
		if err != nil {
			return "", err
		}
		return checked(field, name+" field", "", padded)
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
func Cookie(name string) Extractor { return cookie("Cookie", name, false) }

// cookie is not inlined either.
//
//go:noinline
func cookie(caller, name string, padded bool) Extractor {
	if !isToken(name) { // RFC 6265 §4.1.1
		panic("httpauth: " + caller + ": " + message.Quote(name) + " is not the name of a cookie")
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
		return checked(value, name+" cookie", "", padded)
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
	case len(values) == 0 || isBlank(values[0]):
		return "", ErrNoToken
	}
	return values[0], nil
}
