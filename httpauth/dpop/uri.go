package dpop

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

var errURI = errors.New("it is not an http or https URI with a host")

// normalize returns uri without query and fragment, in a form in which two
// spellings of the same URI are equal (RFC 9449 §4.3, at its end): normalized by
// syntax (RFC 3986 §6.2.2) and by scheme (§6.2.3).
func normalize(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" || u.User != nil || u.Hostname() == "" {
		return "", errURI
	}
	at, err := origin(u.Scheme, u.Host)
	if err != nil {
		return "", err
	}
	path, err := normalPath(u.EscapedPath())
	if err != nil {
		return "", err
	}
	return at + path, nil
}

// origin returns the scheme and host of a URI, normalized (RFC 3986 §6.2.2.1,
// §6.2.3). The result is ASCII, so that no other letter can fold to one of an
// allowed host. A WebSocket is opened by an HTTP request, so ws counts as http
// and wss as https.
func origin(scheme, host string) (string, error) {
	scheme, defaultPort, ok := webScheme(scheme)
	if !ok {
		return "", errURI
	}
	name, port, ok := splitHost(host)
	if !ok {
		return "", errURI
	}
	if port == "" || port == defaultPort {
		return scheme + "://" + name, nil
	}
	return scheme + "://" + name + ":" + port, nil
}

// webScheme returns http or https, with its default port.
func webScheme(scheme string) (normal, defaultPort string, ok bool) {
	switch {
	case ascii.EqualFold(scheme, "http"), ascii.EqualFold(scheme, "ws"):
		return "http", "80", true
	case ascii.EqualFold(scheme, "https"), ascii.EqualFold(scheme, "wss"):
		return "https", "443", true
	}
	return "", "", false
}

// splitHost splits "host" or "host:port". It returns the name in lower case, or
// an IPv6 address in brackets and in its canonical form (RFC 5952). A zone is
// not allowed: it means nothing to the client.
func splitHost(host string) (name, port string, ok bool) {
	name = lower(host)
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		name, port = name[:i], name[i+1:]
	}
	if port != "" && !isPort(port) {
		return "", "", false
	}
	if literal, isLiteral := strings.CutPrefix(name, "["); isLiteral {
		literal, closed := strings.CutSuffix(literal, "]")
		ip, err := netip.ParseAddr(literal)
		if !closed || err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", "", false
		}
		return "[" + ip.String() + "]", port, true
	}
	if name == "" || !isPrintable(name) || strings.ContainsAny(name, `/?#@\%:[]`) {
		return "", "", false
	}
	return name, port, true
}

// isPort reports whether s is a port in canonical form: no sign, and no zero in
// front.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}

// isHostName reports whether a host in the configuration can be a name that
// clients call: letters, digits, hyphens and underscores between single dots, or
// an IPv6 address. Anything else is a mistake that would refuse every request.
func isHostName(name string) bool {
	if strings.HasPrefix(name, "[") {
		return true
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.ContainsFunc(label, func(c rune) bool {
			return c > '~' || !isAlphanumeric(byte(c)) && c != '-' && c != '_'
		}) {
			return false
		}
	}
	return true
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// lower changes the letters A to Z only. strings.ToLower would also turn the
// Kelvin sign into a k.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c - 'A' + 'a'
		}
		return c
	}, s)
}

func upper(c byte) byte {
	if c-'a' < 26 {
		return c - 'a' + 'A'
	}
	return c
}

// isAlphanumeric works by wrap-around: below the range, the difference is large.
func isAlphanumeric(c byte) bool { return c-'0' < 10 || upper(c)-'A' < 26 }

// normalPath normalizes a path that is empty or begins with a slash.
func normalPath(path string) (string, error) {
	path, ok := plainEscapes(path)
	if !ok || path != "" && path[0] != '/' || !isPrintable(path) {
		return "", errURI
	}
	return withoutDots(path), nil
}

// plainEscapes writes percent-escapes in upper case (RFC 3986 §6.2.2.1), and
// decodes those of unreserved characters (§6.2.2.2). It reports whether all
// escapes are well-formed.
func plainEscapes(path string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			b.WriteByte(path[i])
			continue
		}
		if i+2 >= len(path) {
			return "", false
		}
		high, low := strings.IndexByte(hexDigits, upper(path[i+1])), strings.IndexByte(hexDigits, upper(path[i+2]))
		if high < 0 || low < 0 {
			return "", false
		}
		switch c := byte(high<<4 | low); {
		case isAlphanumeric(c) || strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + hexDigits[high:high+1] + hexDigits[low:low+1])
		}
		i += 2
	}
	return b.String(), true
}

const hexDigits = "0123456789ABCDEF"

// withoutDots resolves "." and ".." in the path (RFC 3986 §5.2.4). An empty path
// becomes "/" (§6.2.3).
func withoutDots(path string) string {
	var out []string
	segments := strings.Split(path, "/")
	for i, s := range segments[min(1, len(segments)):] {
		last := i == len(segments)-2
		switch s {
		case ".", "..":
			if s == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/")
}
