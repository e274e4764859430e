package dpop

import (
	"errors"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// ErrProof is returned when the proof does not hold. It comes with
// httpauth.ErrUnproven.
var ErrProof = errors.New("dpop: invalid proof")

// ErrReplay is returned when the proof was used before. It comes with
// [ErrProof].
var ErrReplay = errors.New("dpop: the proof was used before")

// ErrNonce is returned when the proof has no nonce of this server, or an old
// one. It comes with httpauth.ErrUnproven.
var ErrNonce = errors.New("dpop: the proof needs another nonce")

// The words of verifier.Reason.
const (
	reasonUnproven = "unproven"
	reasonReplay   = "replay"
	reasonNonce    = "nonce"
)

// A refusal is a verifier.Answer around the error that package httpauth expects
// from a proof.
type refusal struct {
	proof  *httpauth.ProofError
	reason string
}

var _ verifier.Answer = (*refusal)(nil)

func (r *refusal) Error() string             { return r.proof.Err.Error() }
func (r *refusal) Unwrap() error             { return r.proof }
func (r *refusal) Verdict() verifier.Verdict { return verifier.Invalid }
func (r *refusal) Reason() string            { return r.reason }

// invalid is for a proof that does not hold (RFC 9449 §7.1).
func invalid(why error) error { return invalidFor(reasonUnproven, why) }

func invalidFor(reason string, why error) error {
	return &refusal{reason: reason, proof: &httpauth.ProofError{
		Code:        "invalid_dpop_proof",
		Description: "The DPoP proof is not valid.",
		Err:         message.OneLine(&detail{ErrProof.Error() + ": " + message.Bare(why), []error{ErrProof, why}}),
	}}
}

// staleNonce asks the client to try again with the nonce in the answer (RFC
// 9449 §9).
func staleNonce() error {
	return &refusal{reason: reasonNonce, proof: &httpauth.ProofError{
		Code:        "use_dpop_nonce",
		Description: "The DPoP proof needs the nonce of this response.",
		Err:         ErrNonce,
	}}
}

var errOtherKey = errors.New("dpop: the proof is signed with another key than the token is bound to")

// otherKey is an invalid token, as in the example of RFC 9449 §7.1.
func otherKey() error {
	return &refusal{reason: reasonUnproven, proof: &httpauth.ProofError{Err: errOtherKey}}
}

// undecided is for what is not the client's fault. Whatever the cause wraps,
// the result is never verifier.ErrInvalidToken.
func undecided(what string, cause error) error {
	text := "dpop: cannot decide now: " + what + ": " + message.Bare(message.Foreign(cause))
	if verifier.Classify(cause) != verifier.Undecided {
		return &detail{text, []error{verifier.ErrUnavailable}}
	}
	return &detail{text, []error{verifier.ErrUnavailable, cause}}
}

// of says which part the error is about, and names no other package.
func of(part string, err error) error {
	return &detail{part + ": " + message.Bare(err), []error{err}}
}

// A detail has a text of its own, and is every error that it wraps.
type detail struct {
	text string
	errs []error
}

func (d *detail) Error() string   { return d.text }
func (d *detail) Unwrap() []error { return d.errs }
