package httpauth

import "strings"

// isToken reports whether s is a token (RFC 9110 §5.6.2), as the names of
// fields, cookies, schemes and parameters are.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// isScopeToken reports whether s can be one word of a scope (RFC 6749 §3.3).
func isScopeToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || c == '"' || c == '\\'
	})
}

// isPrintableASCII reports whether all of s is printable ASCII other than the
// space.
func isPrintableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// isBlank reports whether s has only spaces and tabs.
func isBlank(s string) bool {
	for i := range len(s) {
		if s[i] != ' ' && s[i] != '\t' {
			return false
		}
	}
	return true
}

// splitList splits a field at its commas, except those in quoted strings (RFC
// 9110 §5.6.1 and §5.6.4). The elements keep the white space around them.
func splitList(field string) (elements []string) {
	start, quoted := 0, false
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case quoted && c == '\\':
			i++ // the next byte is escaped, also when it is a quote
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			elements = append(elements, field[start:i])
			start = i + 1
		}
	}
	return append(elements, field[start:])
}
