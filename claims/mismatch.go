package claims

import (
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// mismatch is ErrMismatch of an "iss" or "aud". Values are compared byte for
// byte, so one that differs in what people overlook is pointed out.
func mismatch(expected []string, got ...string) error {
	return fmt.Errorf("%w: it is %s, expected %s%s", ErrMismatch, message.List(got...), message.List(expected...), overlooked(expected, got))
}

// overlooked names a difference between one of expected and one of got that is
// easily missed, or is "".
func overlooked(expected, got []string) string {
	for _, d := range []struct {
		what string
		same func(string) string
	}{
		{"a slash at the end", func(s string) string { return strings.TrimRight(s, "/") }},
		{"white space", func(s string) string { return strings.Join(strings.Fields(s), "") }},
		{"upper and lower case", strings.ToLower},
		{"https or http", func(s string) string { return strings.Replace(s, "http://", "https://", 1) }},
		{"the default port", withoutDefaultPort},
		{"more than one of slash, case, scheme, port and white space", func(s string) string {
			s = strings.ToLower(strings.Join(strings.Fields(s), ""))
			s = withoutDefaultPort(s)
			return strings.Replace(strings.TrimRight(s, "/"), "http://", "https://", 1)
		}},
	} {
		for _, e := range expected {
			for _, g := range got {
				if e != "" && g != "" && d.same(e) == d.same(g) {
					return "; they differ only in " + d.what
				}
			}
		}
	}
	return ""
}

// withoutDefaultPort cuts the port that the scheme of a URL implies.
func withoutDefaultPort(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	port := map[string]string{"https": ":443", "http": ":80"}[scheme]
	if !ok || port == "" {
		return s
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	return scheme + "://" + strings.TrimSuffix(host, port) + path
}
