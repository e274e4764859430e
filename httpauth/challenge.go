package httpauth

import (
	"net/http"
	"slices"
	"strings"
)

// challenges are the values of WWW-Authenticate, one a scheme. The scheme that
// the request used tells the error; when it used none, or one that is not
// offered, all do (RFC 9449 §7.2).
func (m *Middleware) challenges(body refusal, status int, via *proof, n requirement) (list []string) {
	var offered []*proof // nil is Bearer
	if m.offersBearer(n) {
		offered = append(offered, nil)
	}
	for _, p := range m.proofs {
		if p.hasScheme() {
			offered = append(offered, p)
		}
	}
	if !slices.Contains(m.proofs, via) {
		via = nil // of another Middleware
	}
	everywhere := status == http.StatusBadRequest || via == nil && !m.offersBearer(n)
	for _, p := range offered {
		list = append(list, m.challenge(p, body, status, everywhere || p == via, n))
	}
	return list
}

// offersBearer reports whether there is a use for tokens that do not come by a
// scheme of a proof.
func (m *Middleware) offersBearer(n requirement) bool {
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

// challenge is one value of WWW-Authenticate (RFC 6750 §3, RFC 9728 §5.1).
func (m *Middleware) challenge(p *proof, body refusal, status int, tells bool, n requirement) string {
	scheme := Scheme{Name: "Bearer"}
	if p != nil {
		scheme = p.scheme
	}
	c := challenge{name: scheme.Name}
	c.add("realm", m.realm)
	if tells && body.Code != "" { // no code without credentials, RFC 6750 §3.1
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

// add quotes a parameter without the bytes that RFC 6750 §3 leaves out, so that
// no value can end the quotes. One with nothing left is not sent: some clients
// then refuse the whole challenge.
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
