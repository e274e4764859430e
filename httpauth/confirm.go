package httpauth

import (
	"net/http"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/strictjson"
	"github.com/jwtverify/jwtverify/verifier"
)

// confirm has every member of the token's "cnf" proven, and reports whether
// there is one. What no proof is for is refused, not ignored: who made the
// token has restricted it, and RFC 7800 §3.1 leaves that to the application.
// The verifier refuses such a token too, unless it was said that this is here.
func (m *Middleware) confirm(r *http.Request, c credential, tok *verifier.Token, answer http.Header) (bound bool, err error) {
	cnf, bound, err := confirmation(tok.Set)
	if err != nil {
		return false, err
	}
	if c.via != nil && !has(cnf, c.via.member) { // RFC 9449 §7.1
		return false, unproven("the token is not bound, and its scheme is for tokens that are")
	}
	// All that needs no proof comes first: a proof may be good for one use only.
	for _, part := range cnf {
		p := m.proofOf(part.name)
		switch {
		case p == nil:
			return false, unproven("nothing here proves %s of its cnf; see WithProof", message.Quote(part.name))
		case p.hasScheme() && c.via != p: // RFC 9449 §7.2: no downgrade to Bearer
			return false, unproven("%s of its cnf asks for the scheme %s, and it came by another", message.Quote(part.name), p.scheme.Name)
		}
	}
	for _, part := range cnf {
		b := Binding{Token: tok, Raw: c.raw, Value: part.value}
		if err := m.proofOf(part.name).Prove(answer, r, b); err != nil {
			return false, err
		}
	}
	return bound, nil
}

func (m *Middleware) proofOf(member string) *proof {
	for _, p := range m.proofs {
		if p.member == member {
			return p
		}
	}
	return nil
}

// A part is one member of "cnf".
type part struct{ name, value string }

func has(cnf []part, name string) bool {
	for _, p := range cnf {
		if p.name == name {
			return true
		}
	}
	return false
}

var malformed = &claims.Error{Claim: "cnf", Err: claims.ErrMalformed}

// confirmation reads "cnf" (RFC 7800 §3). One that says nothing, or not in
// strings, is an error: it is there to restrict.
func confirmation(s *claims.Set) (cnf []part, bound bool, err error) {
	if !s.Has("cnf") {
		return nil, false, nil
	}
	o := strictjson.Walk(string(s.Raw()))
	for o.Next() {
		if o.Name != "cnf" {
			continue
		}
		if o.Kind != '{' {
			return nil, false, malformed
		}
		inner := strictjson.Walk(o.Text)
		for inner.Next() {
			if inner.Kind != '"' || inner.Text == "" {
				return nil, false, unproven("%s of its cnf is not a string, or is empty", message.Quote(inner.Name))
			}
			cnf = append(cnf, part{inner.Name, inner.Text})
		}
		if cnf == nil {
			return nil, false, malformed
		}
	}
	return cnf, cnf != nil, nil
}
