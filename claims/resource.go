package claims

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// Resource requires an "aud" that names at least one of uris, which are the
// resource indicators of this service (RFC 8707 §2), such as the canonical URI of
// an MCP server. Issuers and clients write them in slightly different ways. Two
// URIs are the same if they differ only in
//
//   - the case of ASCII letters in the scheme and the host;
//   - the port, where one leaves out 443 of https or 80 of http;
//   - one slash at the end of the path.
//
// Everything else is compared byte for byte: percent-encoding is not decoded, dot
// segments are not resolved, addresses and names are not brought into another form.
// [Audience] compares all of it byte for byte.
//
// A URI here is ASCII, with a scheme and a host and without a user name or
// fragment (RFC 3986 §3). Its host is a name, an IPv4 address, or an IPv6 address
// in brackets and without a zone; its port, if there is a colon, is a number
// without leading zeros. A value of "aud" that is anything else matches nothing.
//
// The error wraps [ErrMissing] if there is no "aud", else [ErrMismatch]. Resource
// panics if there are no uris, or if one of them is not such a URI.
//
// The standard checks of package verifier compare "aud" byte for byte. Resource
// replaces that check where verifier.WithAnyAudience turns it off.
func Resource(uris ...string) Validator {
	var errs []error
	if len(uris) == 0 {
		errs = append(errs, errors.New("no URI is given"))
	}
	expected := make([]resource, len(uris))
	for i, uri := range uris {
		var err error
		if expected[i], err = parseResource(uri); err != nil {
			// The URI is not quoted, since there may be a password in it.
			errs = append(errs, fmt.Errorf("URI %d %w", i+1, err))
		}
	}
	mustBeSound("Resource", errs...)
	uris = slices.Clone(uris)
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if !s.has(aud) {
			return &Error{"aud", ErrMissing}
		}
		for _, a := range s.Audience {
			if got, err := parseResource(a); err == nil && slices.ContainsFunc(expected, got.same) {
				return nil
			}
		}
		return &Error{"aud", mismatch(uris, s.Audience...)}
	})
}

// A resource is a URI taken apart. Its parts are substrings, so that to compare a
// URI costs no allocation.
type resource struct {
	scheme, host string // in any ASCII case
	port         string // "" for that of the scheme
	path         string // without one slash at its end
	query        string // with its question mark, so that an empty one counts
}

func (r resource) same(other resource) bool {
	return r.port == other.port && r.path == other.path && r.query == other.query &&
		ascii.EqualFold(r.scheme, other.scheme) && ascii.EqualFold(r.host, other.host) // RFC 3986 §6.2.2.1
}

// A uriMistake is why a text is not such a URI. It repeats none of it.
type uriMistake string

func (m uriMistake) Error() string { return string(m) }

const (
	uriEmpty     uriMistake = "is empty; is a variable unset?"
	uriWrongByte uriMistake = "has a byte that is not allowed in a URI (RFC 3986 §2)"
	uriFragment  uriMistake = "has a fragment, which RFC 8707 §2 forbids"
	uriNoScheme  uriMistake = "has no scheme; write it like https://api.example"
	uriWrongHost uriMistake = "has no host, or one that is not a name or address"
	uriUser      uriMistake = "has a user name or password before its host"
	uriWrongPort uriMistake = "has a port that is not a number from 1 to 65535 without leading zeros"
)

// parseResource takes a URI apart. It does not use net/url, which accepts more than
// RFC 3986 does and decodes what has to stay as it is.
func parseResource(uri string) (r resource, err error) {
	if uri == "" {
		return r, uriEmpty
	}
	if strings.IndexByte(uri, '#') >= 0 {
		return r, uriFragment
	}
	if !isURIText(uri) {
		return r, uriWrongByte
	}
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || !isScheme(scheme) {
		return r, uriNoScheme
	}
	// Nothing but these ends the authority (RFC 3986 §3.2). A backslash does so for
	// some parsers, and is not allowed above.
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	if strings.IndexByte(authority, '@') >= 0 { // before the host, and after what looks like one
		return r, uriUser
	}
	r.scheme = scheme
	if r.host, r.port, err = splitAuthority(authority); err != nil {
		return r, err
	}
	if r.port == defaultPort(scheme) { // RFC 3986 §6.2.3
		r.port = ""
	}
	r.path = rest[end:]
	if strings.ContainsAny(r.path, "[]") { // they only stand around an address (RFC 3986 §3.2.2)
		return r, uriWrongByte
	}
	if i := strings.IndexByte(r.path, '?'); i >= 0 {
		r.path, r.query = r.path[:i], r.path[i:]
	}
	r.path = strings.TrimSuffix(r.path, "/")
	return r, nil
}

// splitAuthority takes host and port apart. The host of an IPv6 address keeps its
// brackets.
func splitAuthority(authority string) (host, port string, err error) {
	host = authority
	colon := strings.LastIndexByte(authority, ':')
	if colon > strings.LastIndexByte(authority, ']') {
		host, port = authority[:colon], authority[colon+1:]
		if !isPort(port) {
			return "", "", uriWrongPort
		}
	}
	if strings.HasPrefix(host, "[") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !strings.HasSuffix(host, "]") || !addr.Is6() || addr.Zone() != "" {
			return "", "", uriWrongHost
		}
		return host, port, nil
	}
	if host == "" || !onlyHas(host, "-._~") {
		return "", "", uriWrongHost
	}
	return host, port, nil
}

func isPort(s string) bool {
	if s == "" || len(s) > 5 || s[0] == '0' {
		return false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
		n = 10*n + int(c-'0')
	}
	return n <= 65535
}

// defaultPort returns the port that a scheme implies, or "-", which no port is.
func defaultPort(scheme string) string {
	switch {
	case ascii.EqualFold(scheme, "https"):
		return "443"
	case ascii.EqualFold(scheme, "http"):
		return "80"
	}
	return "-"
}

// isScheme follows RFC 3986 §3.1.
func isScheme(s string) bool {
	return s != "" && isLetter(s[0]) && onlyHas(s, "+-.")
}

// isURIText reports whether s consists of the bytes that a URI may have, and of
// "%" only before two hexadecimal digits (RFC 3986 §2).
func isURIText(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if len(s)-i < 3 || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
		case !isLetter(c) && !isDigit(c) && strings.IndexByte("-._~:/?#[]@!$&'()*+,;=", c) < 0:
			return false
		}
	}
	return true
}

// onlyHas reports whether s consists of ASCII letters, digits and the bytes in
// others.
func onlyHas(s, others string) bool {
	for _, c := range []byte(s) {
		if !isLetter(c) && !isDigit(c) && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
