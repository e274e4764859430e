package httpauth

import (
	"net/http"
	"strings"
)

// splitList takes a field apart at its commas, but those in quoted strings (RFC
// 9110 §5.6.1 and §5.6.4).
func splitList(field string) (parts []string) {
	start, quoted := 0, false
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			parts = append(parts, field[start:i])
			start = i + 1
		}
	}
	return append(parts, field[start:])
}

// foreignChallenges are the challenges in h of schemes that m has not (RFC 9110
// §11.6.1), such as Negotiate: somebody outside of m offers them beside ours.
func (m *Middleware) foreignChallenges(h http.Header) (kept []string) {
	for _, field := range h["Www-Authenticate"] {
		var theirs []string
		foreign := false
		for _, part := range splitList(field) {
			if scheme, begins := schemeOf(part); begins {
				foreign = !m.isOwn(scheme)
			}
			if foreign {
				theirs = append(theirs, part)
			}
		}
		if text := strings.Trim(strings.Join(theirs, ","), " \t"); text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// schemeOf is the scheme of a challenge that begins in part of a list. Where
// none does, part is a parameter of the one before: its name has "=" after it.
func schemeOf(part string) (scheme string, begins bool) {
	scheme, rest, _ := strings.Cut(strings.Trim(part, " \t"), " ")
	return scheme, isToken(scheme) && !strings.HasPrefix(strings.TrimLeft(rest, " \t"), "=")
}

// isOwn reports whether m makes challenges of a scheme, a token.
func (m *Middleware) isOwn(scheme string) bool {
	if strings.EqualFold(scheme, "Bearer") { // both are ASCII, see isToken
		return true
	}
	for _, p := range m.proofs {
		if p.hasScheme() && strings.EqualFold(scheme, p.scheme.Name) {
			return true
		}
	}
	return false
}
