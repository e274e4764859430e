package httpauth

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/verifier"
)

// A Proof checks that the sender of a request holds the key that a token is
// bound to, by one member of its "cnf" (RFC 7800 §3.1). Goroutines share it.
//
// [WithClientCertificate] and package dpop have the usual ones.
type Proof interface {
	// Member is the name of that member, such as "x5t#S256".
	Member() string
	// Prove returns nil when r proves it. To refuse it returns a [*ProofError];
	// any error that is not one of an invalid token means that nothing could be
	// decided. What it puts into answer goes into the header of the response,
	// whatever becomes of the request.
	Prove(answer http.Header, r *http.Request, b Binding) error
}

// A Binding is a verified token and one member of its "cnf".
type Binding struct {
	Token *verifier.Token
	Raw   string // the token as it was sent
	Value string // of the member
}

// A SchemeProof is a Proof with an authentication scheme of its own: only
// tokens that come by the scheme may be bound so, and they must be.
type SchemeProof interface {
	Proof
	Scheme() Scheme
}

// A Scheme is an authentication scheme of the Authorization field (RFC 9110
// §11.4) that carries one token, as Bearer does.
type Scheme struct {
	Name       string      // such as "DPoP"
	Parameters []Parameter // for its challenge
	Fields     []string    // header fields that belong to the credential
}

// A Parameter is one of a challenge. Of its value bytes are left out that
// cannot stand in a quoted string.
type Parameter struct{ Name, Value string }

// A ProofError is how a [Proof] refuses: 401. It wraps [ErrUnproven] and
// verifier.ErrInvalidToken.
type ProofError struct {
	Code        string // of the challenge; "" is invalid_token
	Description string // fixed text for the client; "" is the usual one
	Err         error  // the detail, for logs; may be nil
}

// Error reads on one line.
func (e *ProofError) Error() string {
	if e.Err == nil {
		return ErrUnproven.Error()
	}
	return ErrUnproven.Error() + ": " + e.Err.Error()
}

// Unwrap returns the sentinels and e.Err.
func (e *ProofError) Unwrap() []error {
	if e.Err == nil {
		return []error{verifier.ErrInvalidToken, ErrUnproven}
	}
	return []error{verifier.ErrInvalidToken, ErrUnproven, e.Err}
}

// unproven is for what this package finds out itself.
func unproven(format string, args ...any) error {
	return &ProofError{Err: fmt.Errorf(format, args...)}
}

// WithProof accepts tokens that are bound to a key which p proves. Without it
// every bound token is refused, since a bound token that anybody may use is
// none. Given several times, a token has to be proven by each proof that its
// "cnf" has a member for. It panics when p is nil.
func WithProof(p Proof) Option {
	if p == nil {
		panic("httpauth: WithProof: the proof is nil")
	}
	return func(c *config) { c.given = append(c.given, p) }
}

// A proof is a Proof, asked once for what does not change.
type proof struct {
	Proof
	member string
	scheme Scheme // without a name: any
}

func newProof(p Proof) *proof {
	own := &proof{Proof: p, member: p.Member()}
	if s, ok := p.(SchemeProof); ok {
		own.scheme = s.Scheme()
	}
	return own
}

func (p *proof) hasScheme() bool { return p.scheme.Name != "" }

func (m *Middleware) add(p *proof) {
	if p.member == "" {
		panic("httpauth: New: a proof is for no member of cnf")
	}
	for _, other := range m.proofs {
		if other.member == p.member {
			panic(fmt.Sprintf("httpauth: New: two proofs are for %q", p.member))
		}
		if p.hasScheme() && strings.EqualFold(other.scheme.Name, p.scheme.Name) {
			panic(fmt.Sprintf("httpauth: New: two proofs have the scheme %q", p.scheme.Name))
		}
	}
	m.proofs = append(m.proofs, p)
	if p.hasScheme() {
		m.sources = append(m.sources, source{authorization(p.scheme.Name), p})
	}
}
