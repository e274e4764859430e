package dpop

import (
	"errors"
	"fmt"

	"github.com/jwtverify/jwtverify/httpauth"
)

// ErrProof: the proof does not hold. It comes with httpauth.ErrUnproven.
var ErrProof = errors.New("dpop: invalid proof")

// ErrReplay: the proof was used before. It comes with [ErrProof].
var ErrReplay = errors.New("dpop: the proof was used before")

// ErrNonce: the proof is without a nonce of this server, or has an old one. It
// comes with httpauth.ErrUnproven.
var ErrNonce = errors.New("dpop: the proof needs another nonce")

// invalid is for a proof that does not hold (RFC 9449 §7.1).
func invalid(format string, args ...any) error {
	return &httpauth.ProofError{
		Code:        "invalid_dpop_proof",
		Description: "The DPoP proof is not valid.",
		Err:         fmt.Errorf("%w: %w", ErrProof, fmt.Errorf(format, args...)),
	}
}

// staleNonce asks the client to try again with the nonce in the answer (RFC
// 9449 §9).
func staleNonce() error {
	return &httpauth.ProofError{
		Code:        "use_dpop_nonce",
		Description: "The DPoP proof needs the nonce of this response.",
		Err:         ErrNonce,
	}
}

var errOtherKey = errors.New("the proof is by another key than the token's")

// otherKey is an invalid token, as in the example of RFC 9449 §7.1.
func otherKey() error { return &httpauth.ProofError{Err: errOtherKey} }
