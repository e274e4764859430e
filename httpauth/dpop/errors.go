package dpop

import (
	"errors"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// ErrProof is returned when the proof does not hold: 401 invalid_dpop_proof. It
// always comes with httpauth.ErrUnproven.
var ErrProof = errors.New("dpop: invalid proof")

// ErrReplay is returned when the proof was used before. It always comes with
// [ErrProof].
var ErrReplay = errors.New("dpop: the proof was used before")

// ErrNonce is returned when the proof has no nonce of this server, or an old
// one: 401 use_dpop_nonce. The client should try again with the nonce in the
// response. It always comes with httpauth.ErrUnproven.
var ErrNonce = errors.New("dpop: the proof needs a new nonce")

// The words of verifier.Reason.
const (
	reasonUnproven = "unproven"
	reasonReplay   = "replay"
	reasonNonce    = "nonce"
)

// A refusal adds a reason to the ProofError that package httpauth expects. It is
// a verifier.Answer, so that logs and metrics see the reason.
type refusal struct {
	proof  *httpauth.ProofError
	reason string
}

var _ verifier.Answer = (*refusal)(nil)

func (r *refusal) Error() string             { return r.proof.Err.Error() }
func (r *refusal) Unwrap() error             { return r.proof }
func (r *refusal) Verdict() verifier.Verdict { return verifier.Invalid }
func (r *refusal) Reason() string            { return r.reason }

// invalid returns the refusal of a proof that does not hold (RFC 9449 §7.1).
func invalid(why error) error { return invalidFor(reasonUnproven, why) }

func invalidFor(reason string, why error) error {
	return &refusal{reason: reason, proof: &httpauth.ProofError{
		Code:        "invalid_dpop_proof",
		Description: "The DPoP proof is not valid.",
		Err:         message.OneLine(&detail{ErrProof.Error() + ": " + message.Bare(why), []error{ErrProof, why}}),
	}}
}

// staleNonce asks the client to try again with the nonce of the response (RFC
// 9449 §9).
func staleNonce() error {
	return &refusal{reason: reasonNonce, proof: &httpauth.ProofError{
		Code:        "use_dpop_nonce",
		Description: "The DPoP proof needs the nonce of this response.",
		Err:         ErrNonce,
	}}
}

var errOtherKey = errors.New("dpop: the proof is signed with another key, not with the one of the token")

// otherKey makes the token invalid, not the proof, as in the example of RFC 9449
// §7.1: the sender is not the client that the token was issued to.
func otherKey() error {
	return &refusal{reason: reasonUnproven, proof: &httpauth.ProofError{Err: errOtherKey}}
}

// undecided returns the error for what is not the client's fault. It never
// wraps verifier.ErrInvalidToken, whatever the cause wraps: a broken store must
// not make clients throw their tokens away.
func undecided(what string, cause error) error {
	text := "dpop: cannot decide now: " + what + ": " + message.Bare(message.Foreign(cause))
	if verifier.Classify(cause) != verifier.Undecided {
		return &detail{text, []error{verifier.ErrUnavailable}}
	}
	return &detail{text, []error{verifier.ErrUnavailable, cause}}
}

// of puts the part that is wrong before the message of err.
func of(part string, err error) error {
	return &detail{part + ": " + message.Bare(err), []error{err}}
}

// A detail is an error with its own text that wraps others, whose texts it may
// repeat or leave out.
type detail struct {
	text string
	errs []error
}

func (d *detail) Error() string   { return d.text }
func (d *detail) Unwrap() []error { return d.errs }
