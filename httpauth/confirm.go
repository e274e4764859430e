package httpauth

import (
	"net/http"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/publicjwk"
	"github.com/jwtverify/jwtverify/internal/strictjson"
	"github.com/jwtverify/jwtverify/verifier"
)

// confirm has every member of the token's "cnf" proven (rule 9).
//
// A member without a proof is refused, not ignored: the issuer has restricted
// the token, and RFC 7800 §3.1 leaves it to the application what to do with a
// restriction that it does not understand. The verifier refuses bound tokens as
// well, unless it was made with WithPossessionProven, which refers to this
// function.
func (m *Middleware) confirm(r *http.Request, c credential, tok *verifier.Token, answer http.Header) error {
	cnf, err := confirmation(tok.Set)
	if err != nil {
		return err
	}
	if c.via != nil && !has(cnf, c.via.member) { // RFC 9449 §7.1
		return unproven("the token is not bound, and its scheme is for bound tokens only")
	}
	// The checks that need no proof come first: proving may use up a proof that is
	// good for one use.
	for _, part := range cnf {
		p := m.proofOf(part.name)
		switch {
		case p == nil:
			return unproven("cnf has %s, and no proof for it is set up; see WithProof", message.Quote(part.name))
		case p.hasScheme() && c.via != p: // RFC 9449 §7.2: no downgrade to Bearer
			return unproven("cnf has %s, which needs the scheme %s, and the token came by another", message.Quote(part.name), p.scheme.Name)
		}
	}
	for _, part := range cnf {
		b := Binding{Token: tok, Raw: c.raw, Value: part.value}
		if b.Thumbprint, err = part.thumbprint(); err != nil {
			return err
		}
		if err := m.proofOf(part.name).Prove(answer, r, b); err != nil {
			return err
		}
	}
	return nil
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

// thumbprint returns the Thumbprint of a Binding. A "jwk" that is not one public key
// is refused (RFC 7800 §3.2).
func (p part) thumbprint() (string, error) {
	switch p.name {
	case "jkt":
		return p.value, nil
	case "jwk":
		sum, err := publicjwk.Thumbprint(p.value)
		if err != nil {
			return "", unproven("the jwk of cnf: %w", err)
		}
		return sum, nil
	}
	return "", nil
}

// isBound reports whether the token is bound to a key (RFC 7800 §3).
func isBound(s *claims.Set) bool { return s.Has("cnf") }

// confirmation reads "cnf" (RFC 7800 §3). An empty one, or a member that is not
// a string, is an error: it is meant as a restriction, but does not say which. Only
// "jwk" is an object.
func confirmation(s *claims.Set) (cnf []part, err error) {
	if !isBound(s) {
		return nil, nil
	}
	o := strictjson.Walk(string(s.Raw()))
	for o.Next() {
		if o.Name != "cnf" {
			continue
		}
		if o.Kind != '{' {
			return nil, malformed
		}
		inner := strictjson.Walk(o.Text)
		for inner.Next() {
			switch isJWK := inner.Name == "jwk"; {
			case isJWK && inner.Kind != '{':
				return nil, unproven("cnf has %s, which is not an object", message.Quote(inner.Name))
			case !isJWK && (inner.Kind != '"' || inner.Text == ""):
				return nil, unproven("cnf has %s, which is empty or not a string", message.Quote(inner.Name))
			}
			cnf = append(cnf, part{inner.Name, inner.Text})
		}
		if cnf == nil {
			return nil, malformed
		}
	}
	return cnf, nil
}
