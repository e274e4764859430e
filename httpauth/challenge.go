package httpauth

import (
	"net/http"
	"strings"
)

// challenges are the values of WWW-Authenticate, one a scheme. The scheme that
// the request used tells the error; when it used none, or one that is not
// offered, all do (RFC 9449 §7.2).
func (m *Middleware) challenges(body refusal, status int, via *proof, n need) (list []string) {
	var offered []*proof // nil is Bearer
	if m.offersBearer(n) {
		offered = append(offered, nil)
	}
	for _, p := range m.proofs {
		if p.hasScheme() {
			offered = append(offered, p)
		}
	}
	everywhere := status == http.StatusBadRequest || via == nil && !m.offersBearer(n)
	for _, p := range offered {
		list = append(list, m.challenge(p, body, status, everywhere || p == via, n))
	}
	return list
}

// offersBearer reports whether there is a use for tokens that do not come by a
// scheme of a proof.
func (m *Middleware) offersBearer(n need) bool {
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
func (m *Middleware) challenge(p *proof, body refusal, status int, tells bool, n need) string {
	scheme := Scheme{Name: "Bearer"}
	if p != nil {
		scheme = p.scheme
	}
	var b strings.Builder
	b.WriteString(scheme.Name + " ")
	parameter(&b, "realm", m.realm, true)
	if tells && body.Code != "" { // no code without credentials, RFC 6750 §3.1
		parameter(&b, "error", body.Code, false)
		parameter(&b, "error_description", body.Description, false)
		if body.Code == codeAuthLevel && n.level != nil {
			for _, p := range n.level.parameters() {
				parameter(&b, p.Name, p.Value, false)
			}
		}
	}
	if status != http.StatusBadRequest && len(n.scopes) > 0 { // in 401 too, so that clients ask for enough
		parameter(&b, "scope", strings.Join(n.scopes, " "), false)
	}
	for _, p := range scheme.Parameters {
		parameter(&b, p.Name, p.Value, false)
	}
	if m.metadata != "" {
		parameter(&b, "resource_metadata", m.metadata, false)
	}
	return b.String()
}

// parameter appends a quoted auth-param without the bytes that RFC 6750 §3
// leaves out, so that no value can end the quotes.
func parameter(b *strings.Builder, name, value string, first bool) {
	if !first {
		b.WriteString(", ")
	}
	b.WriteString(name + `="`)
	for _, c := range []byte(value) {
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}
