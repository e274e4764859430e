package httpauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
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

// A Binding is a verified token and one member of its "cnf". It prints without
// the token, in every format.
type Binding struct {
	Token *verifier.Token
	Raw   string // the token as it was sent
	Value string // of the member
}

const redacted = "httpauth.Binding (redacted)"

// Format writes that something is left out.
func (b Binding) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

// LogValue is what Format writes.
func (b Binding) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON is what Format writes, as a JSON string. It never fails.
func (b Binding) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// A SchemeProof is a Proof with an authentication scheme of its own: only
// tokens that come by the scheme may be bound so, and they must be.
type SchemeProof interface {
	Proof
	Scheme() Scheme
}

// A Scheme is an authentication scheme of the Authorization field (RFC 9110
// §11.4) that carries one token, as Bearer does.
type Scheme struct {
	Name       string      // such as "DPoP"; a token of RFC 9110
	Parameters []Parameter // for its challenge
	Fields     []string    // header fields that belong to the credential
}

// A Parameter is one of a challenge. Bytes that are not allowed in a quoted
// string are dropped from its value; where none is left, so is the parameter.
type Parameter struct{ Name, Value string }

// A ProofError is how a [Proof] refuses: 401. It wraps [ErrUnproven] and
// verifier.ErrInvalidToken, and is a verifier.Answer.
type ProofError struct {
	Code        string // of the challenge; "" is invalid_token
	Description string // fixed text for the client; "" is the usual one
	Word        string // for verifier.Reason, such as "replay"; "" is that of Err, or unproven
	Err         error  // the detail, for logs; may be nil
}

// Error reads on one line.
func (e *ProofError) Error() string {
	const text = "httpauth: the token is not proven to be the sender's"
	if e.Err == nil {
		return text
	}
	return text + ": " + message.Bare(message.OneLine(e.Err))
}

// Verdict is Invalid.
func (e *ProofError) Verdict() verifier.Verdict { return verifier.Invalid }

// Reason is e.Word, or where that is empty the word of a verifier.Answer that
// e.Err wraps, or unproven.
func (e *ProofError) Reason() string {
	var inner verifier.Answer
	switch {
	case e.Word != "":
		return e.Word
	case errors.As(e.Err, &inner) && inner.Verdict() == verifier.Invalid:
		return inner.Reason()
	}
	return "unproven"
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
// every bound token is refused. Given several times, a token has to be proven
// by each proof that its "cnf" has a member for. It panics when p is nil.
//
// The verifier refuses bound tokens by itself: it has to be made with
// verifier.WithPossessionProven, which leaves the proof to the Middleware.
//
// A token that is not bound stays good by Bearer, also in a request that brings
// a proof, such as a DPoP field: nothing restricts it to a key.
// [Middleware.RequireBound] refuses it.
func WithProof(p Proof) Option {
	if isNil(p) {
		panic("httpauth: WithProof: the proof is nil; check the error of what made it")
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
		panic("httpauth: New: a proof is for no member of cnf; its Member must name one")
	}
	p.mustHaveNames()
	for _, other := range m.proofs {
		if other.member == p.member {
			panic(fmt.Sprintf("httpauth: New: two proofs are for %s; leave one out", message.Quote(p.member)))
		}
		// Both are ASCII, see isToken.
		if p.hasScheme() && strings.EqualFold(other.scheme.Name, p.scheme.Name) {
			panic(fmt.Sprintf("httpauth: New: two proofs have the scheme %s; leave one out", p.scheme.Name))
		}
	}
	m.proofs = append(m.proofs, p)
	if p.hasScheme() {
		m.sources = append(m.sources, source{authorization(p.scheme.Name), p})
	}
}

// mustHaveNames panics where a challenge would not be one by its grammar.
func (p *proof) mustHaveNames() {
	names := append([]string{}, p.scheme.Fields...)
	if p.hasScheme() {
		names = append(names, p.scheme.Name)
	}
	for _, parameter := range p.scheme.Parameters {
		names = append(names, parameter.Name)
	}
	for _, name := range names {
		if !isToken(name) {
			panic(fmt.Sprintf("httpauth: New: the scheme of the proof for %s names %s, which is not a token (RFC 9110 §5.6.2)",
				message.Quote(p.member), message.Quote(name)))
		}
	}
}
