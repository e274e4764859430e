package dpop

import (
	"net/url"
	"strings"
)

// normalize returns the URI without query and fragment, so that two spellings
// of one are equal: by syntax (RFC 3986 §6.2.2) and by scheme (§6.2.3).
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

func normalPath(path string) (string, error) {
	path, ok := plainEscapes(path)
	if !ok || path != "" && path[0] != '/' || !isPrintable(path) {
		return "", errURI
	}
	return withoutDots(path), nil
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
