package diagnose

import (
	"net/url"
	"slices"
	"strings"
)

// differ says how got is almost one of the expected values, or "". want is the one
// that it almost is.
func differ(expected []string, got string) (how, want string) {
	for _, e := range expected {
		if how := difference(e, got); how != "" {
			return how, e
		}
	}
	return "", ""
}

// folds are ways in which two texts differ that people overlook, in the order in which
// they are undone.
var folds = []struct {
	what string
	fold func(string) string
}{
	{"white space around it", strings.TrimSpace},
	{"quotes around it", func(s string) string { return strings.Trim(s, "\"'") }},
	{"percent escapes", unescaped},
	{"the case", strings.ToLower},
	{"the path of its metadata", withoutMetadata},
	{"the slash at the end", func(s string) string { return strings.TrimRight(s, "/") }},
	{"the scheme", withoutScheme},
	{"the port", withoutPort},
	{"the leading www.", func(s string) string { return strings.TrimPrefix(s, "www.") }},
}

// difference describes a small difference between two texts that are usually URLs:
// the fewest folds, at most three, that make them equal.
func difference(a, b string) string {
	if a == b || a == "" || b == "" {
		return ""
	}
	for size := 1; size <= 3; size++ {
		if how := foldedBy(a, b, 0, size, nil); how != nil {
			return "only " + strings.Join(how, " and ") + plural(how)
		}
	}
	return ""
}

// foldedBy returns the names of size folds, none before the first, that make a and b
// equal, or nil.
func foldedBy(a, b string, first, size int, how []string) []string {
	if size == 0 {
		if a == b && a != "" {
			return how
		}
		return nil
	}
	for i := first; i < len(folds); i++ {
		if found := foldedBy(folds[i].fold(a), folds[i].fold(b), i+1, size-1, append(slices.Clone(how), folds[i].what)); found != nil {
			return found
		}
	}
	return nil
}

func plural(how []string) string {
	if len(how) == 1 && !strings.HasPrefix(how[0], "quotes") && !strings.HasPrefix(how[0], "percent") {
		return " differs"
	}
	return " differ"
}

func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func withoutMetadata(s string) string {
	before, after, _ := strings.Cut(s, "/.well-known/")
	for _, known := range []string{"openid-configuration", "oauth-authorization-server"} {
		after = strings.TrimPrefix(after, known)
	}
	return before + after
}

// withoutScheme cuts https:// and the like, and the api:// of Microsoft.
func withoutScheme(s string) string {
	if scheme, rest, ok := strings.Cut(s, "://"); ok && len(scheme) < 12 {
		return rest
	}
	return s
}

// withoutPort cuts the port of a URL, with its scheme or without.
func withoutPort(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if ok {
		return scheme + "://" + withoutPort(rest)
	}
	host, path, slash := strings.Cut(s, "/")
	if i := strings.LastIndexByte(host, ':'); i > 0 && strings.Trim(host[i+1:], "0123456789") == "" {
		host = host[:i]
	}
	if slash {
		return host + "/" + path
	}
	return host
}

// hostOf returns the host of a URL, or "".
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// overlap reports whether the lists have a value in common.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return s != "" && slices.Contains(b, s) })
}
