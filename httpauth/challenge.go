package httpauth

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// challenges returns the values of WWW-Authenticate, one for each scheme on
// offer. Only the challenge of the scheme that the request used carries the
// error. If the request used no scheme, or one that is not on offer, all of them
// carry it (RFC 9449 §7.2).
func (m *Middleware) challenges(body refusal, status int, via *proof, n requirement) (list []string) {
	plain := m.offersPlain(n)
	if !slices.Contains(m.proofs, via) {
		via = nil // of another Middleware
	}
	everywhere := status == http.StatusBadRequest || via == nil && !plain
	if plain {
		for _, scheme := range m.schemes {
			list = append(list, m.challenge(Scheme{Name: scheme}, body, status, everywhere || via == nil, n))
		}
	}
	for _, p := range m.proofs {
		if p.hasScheme() {
			list = append(list, m.challenge(p.scheme, body, status, everywhere || via == p, n))
		}
	}
	return list
}

// offersPlain reports whether a token that comes by a scheme without a proof, such
// as Bearer, could meet n. A bound token can if some proof of m needs no scheme,
// such as a certificate.
func (m *Middleware) offersPlain(n requirement) bool {
	if !n.bound {
		return true
	}
	for _, p := range m.proofs {
		if !p.hasScheme() {
			return true
		}
	}
	return false
}

// challenge returns one value of WWW-Authenticate (RFC 6750 §3, RFC 9728 §5.1).
func (m *Middleware) challenge(scheme Scheme, body refusal, status int, withError bool, n requirement) string {
	c := challenge{name: scheme.Name}
	c.add("realm", m.realm)
	if withError && body.Code != "" { // no code without credentials, RFC 6750 §3.1
		c.add("error", body.Code)
		c.add("error_description", body.Description)
		if body.Code == codeAuthLevel && n.level != nil {
			for _, p := range n.level.parameters() {
				c.add(p.Name, p.Value)
			}
		}
	}
	if status != http.StatusBadRequest { // in 401 too, so that clients ask for enough
		c.add("scope", strings.Join(n.scopes, " "))
	}
	for _, p := range scheme.Parameters {
		c.add(p.Name, p.Value)
	}
	c.add("resource_metadata", m.metadata)
	return c.String()
}

// A challenge is a scheme and its parameters (RFC 9110 §11.3).
type challenge struct {
	name       string
	parameters []string
}

// add appends a parameter in quotes. It drops the bytes that RFC 6750 §3 does
// not allow, so that no value can end the quotes. A parameter with nothing left
// is not sent: some clients refuse the whole challenge for an empty one.
func (c *challenge) add(name, value string) {
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, value)
	if strings.Trim(value, " ") != "" {
		c.parameters = append(c.parameters, name+`="`+value+`"`)
	}
}

func (c *challenge) String() string {
	if len(c.parameters) == 0 {
		return c.name
	}
	return c.name + " " + strings.Join(c.parameters, ", ")
}

// foreignChallenges returns the challenges in h whose schemes m does not offer,
// such as Negotiate (RFC 9110 §11.6.1). An outer handler offers them, and they
// stay beside those of m. One field may hold challenges of both kinds.
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

// schemeOf returns the scheme of the challenge that begins in an element of a
// list. If none begins there, the element is a further parameter of the
// challenge before it: a "=" follows its name.
func schemeOf(element string) (scheme string, begins bool) {
	scheme, rest, _ := strings.Cut(strings.Trim(element, " \t"), " ")
	return scheme, isToken(scheme) && !strings.HasPrefix(strings.TrimLeft(rest, " \t"), "=")
}

// isOwn reports whether m makes challenges of the scheme.
func (m *Middleware) isOwn(scheme string) bool {
	if m.readsScheme(scheme) {
		return true
	}
	for _, p := range m.proofs {
		if p.hasScheme() && ascii.EqualFold(scheme, p.scheme.Name) {
			return true
		}
	}
	return false
}

// readsScheme reports whether an extractor of m reads the scheme.
func (m *Middleware) readsScheme(scheme string) bool {
	return slices.ContainsFunc(m.schemes, func(s string) bool { return ascii.EqualFold(s, scheme) })
}
