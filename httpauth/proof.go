package httpauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Proof checks that the sender of a request holds the key that one member of
// the token's "cnf" names (RFC 7800 §3.1). Goroutines share it.
//
// [WithClientCertificate] and package dpop provide the usual ones.
type Proof interface {
	// Member is the name of that member, such as "x5t#S256".
	Member() string
	// Prove returns nil if r proves possession of the key. It refuses with a
	// [*ProofError]: 401. Any error that does not mean an invalid token means that
	// nothing could be decided: 503. It is called after the token has been
	// verified. What it puts into answer goes into the header of the response,
	// whether the request is accepted or not.
	Prove(answer http.Header, r *http.Request, b Binding) error
}

// A Binding is a verified token with one member of its "cnf". It holds the raw
// token, so every format prints a placeholder.
type Binding struct {
	Token *verifier.Token
	Raw   string // the token as it was sent
	Value string // of the member, such as the thumbprint of a key; of "jwk", its JSON

	// Thumbprint is that of the key which the member names by itself, "jkt" or "jwk":
	// RFC 7638 with SHA-256, in base64url. It is "" for all others, such as "kid",
	// whose key the Proof has to know.
	Thumbprint string
}

const redacted = "httpauth.Binding (redacted)"

// Format writes that something is redacted, for every verb.
func (b Binding) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

// LogValue returns what Format writes.
func (b Binding) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns what Format writes, as a JSON string. It never fails.
func (b Binding) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// A SchemeProof is a Proof with an authentication scheme of its own. A token
// bound by its member must come by the scheme, and every token that comes by the
// scheme must be bound by its member.
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

// A Parameter is one parameter of a challenge. Bytes not allowed in a quoted
// string are dropped from its value. If none is left, so is the parameter.
type Parameter struct{ Name, Value string }

// A ProofError is the error by which a [Proof] refuses a request: 401. It wraps
// [ErrUnproven], verifier.ErrInvalidToken and Err, and is a verifier.Answer. The
// zero ProofError is the usual refusal without a detail.
type ProofError struct {
	Code        string // error code of the challenge; "" means invalid_token
	Description string // fixed text for the client; "" means the usual one
	Word        string // for verifier.Reason, such as "replay"; "" means that of Err, or unproven
	Err         error  // the detail, for logs; may be nil
}

// Error returns one line: the usual text, then Err.
func (e *ProofError) Error() string {
	const text = "httpauth: no valid proof of possession"
	if e.Err == nil {
		return text
	}
	return text + ": " + message.Bare(message.OneLine(e.Err))
}

// Verdict returns verifier.Invalid.
func (e *ProofError) Verdict() verifier.Verdict { return verifier.Invalid }

// Reason returns e.Word. If that is empty, it returns the word of a
// verifier.Answer that e.Err wraps, or else "unproven".
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

// unproven returns the refusal for what this package finds out itself.
func unproven(format string, args ...any) error {
	return &ProofError{Err: fmt.Errorf(format, args...)}
}

// WithProof accepts tokens that are bound to a key, if p proves that the sender
// holds it. Without it every bound token is refused. Give it once for each
// member of "cnf": every member of a token's "cnf" must be proven. It panics if p
// is nil.
//
// By default the verifier refuses bound tokens. Make it with
// verifier.WithPossessionProven, which leaves the proof to the Middleware.
//
// A token that is not bound is still good by Bearer, even if the request also
// carries a proof, such as a DPoP field: nothing restricts the token to a key.
// [Middleware.RequireBound] refuses it.
func WithProof(p Proof) Option {
	if absent.Is(p) {
		panic("httpauth: WithProof: the proof is nil; check the error of what made it")
	}
	return func(c *config) { c.given = append(c.given, p) }
}

// A proof is a Proof together with its names, which it is asked for once.
type proof struct {
	Proof
	member string
	scheme Scheme // zero: the token may come by any scheme
}

func newProof(p Proof) *proof {
	own := &proof{Proof: p, member: p.Member()}
	if s, ok := p.(SchemeProof); ok {
		own.scheme = s.Scheme()
	}
	return own
}

func (p *proof) hasScheme() bool { return p.scheme.Name != "" }

// add registers p, and a source for its scheme if it has one. It panics if p
// cannot be told apart from another proof.
func (m *Middleware) add(p *proof) {
	if p.member == "" {
		panic("httpauth: New: a proof names no member of cnf; its Member must return one")
	}
	p.mustHaveNames()
	for _, other := range m.proofs {
		if other.member == p.member {
			panic(fmt.Sprintf("httpauth: New: two proofs are for %s; leave one out", message.Quote(p.member)))
		}
		if p.hasScheme() && ascii.EqualFold(other.scheme.Name, p.scheme.Name) {
			panic(fmt.Sprintf("httpauth: New: two proofs have the scheme %s; leave one out", p.scheme.Name))
		}
	}
	if p.hasScheme() && m.readsScheme(p.scheme.Name) {
		panic(fmt.Sprintf("httpauth: New: an extractor reads the scheme %s, and so does a proof; leave the extractor out", p.scheme.Name))
	}
	m.proofs = append(m.proofs, p)
	if p.hasScheme() {
		m.sources = append(m.sources, source{authorization(p.scheme.Name, false), p, p.scheme.Name})
	}
}

// mustHaveNames panics if a name of the scheme would break the grammar of a
// challenge, or of a header.
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
