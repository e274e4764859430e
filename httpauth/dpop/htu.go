package dpop

import (
	"errors"
	"net/url"
	"strings"
)

var errURI = errors.New("it is no http or https URI with a host")

// normalize returns the URI without query and fragment, so that two spellings
// of one are equal: by syntax (RFC 3986 §6.2.2) and by scheme (§6.2.3).
func normalize(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" || u.User != nil || u.Hostname() == "" {
		return "", errURI
	}
	return normal(u.Scheme, u.Host, u.EscapedPath())
}

// normal puts a URI together from its parts, normalized.
func normal(scheme, host, path string) (string, error) {
	scheme, host = strings.ToLower(scheme), strings.ToLower(host) // §6.2.2.1
	if scheme != "http" && scheme != "https" || host == "" || strings.ContainsFunc(host+path, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", errURI
	}
	defaultPort := ":443"
	if scheme == "http" {
		defaultPort = ":80"
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, defaultPort), ":") // §6.2.3
	path, ok := plainEscapes(path)
	if !ok || host == "" || path != "" && path[0] != '/' || strings.ContainsAny(host, "/?#@\\%") {
		return "", errURI
	}
	return scheme + "://" + host + withoutDots(path), nil
}

const unreserved = "-._~"

// plainEscapes writes escapes in upper case (RFC 3986 §6.2.2.1), and those of
// letters that need none as themselves (§6.2.2.2).
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
		case isAlphanumeric(c) || strings.IndexByte(unreserved, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + hexDigits[high:high+1] + hexDigits[low:low+1])
		}
		i += 2
	}
	return b.String(), true
}

const hexDigits = "0123456789ABCDEF"

func upper(c byte) byte {
	if c-'a' < 26 {
		return c - 'a' + 'A'
	}
	return c
}

func isAlphanumeric(c byte) bool { return c-'0' < 10 || upper(c)-'A' < 26 }

// withoutDots takes "." and ".." out of the path (RFC 3986 §5.2.4); an empty
// one is "/" (§6.2.3).
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
