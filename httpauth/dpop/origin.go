package dpop

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

var errURI = errors.New("it is not an http or https URI with a host")

// origin is scheme and host of a URI, normalized by syntax and by scheme (RFC
// 3986 §6.2.2.1, §6.2.3). All of it is ASCII, so that no other letter folds to
// one of a host that is allowed. A WebSocket is opened by an HTTP request: ws
// counts as http, wss as https.
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

func webScheme(scheme string) (normal, defaultPort string, ok bool) {
	switch lower(scheme) {
	case "http", "ws":
		return "http", "80", true
	case "https", "wss":
		return "https", "443", true
	}
	return "", "", false
}

// splitHost splits "host" or "host:port". The name is in lower case, and an
// IPv6 address in its shortest spelling (RFC 5952), in brackets.
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

// isPort reports whether s is a port as it is usually written.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}

// isHostName reports whether a name can be one to be called by: of letters,
// digits, hyphens and underscores between single dots.
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

// lower changes the letters of ASCII only.
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

func isAlphanumeric(c byte) bool { return c-'0' < 10 || upper(c)-'A' < 26 }
