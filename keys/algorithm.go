package keys

import (
	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/internal/signature"
)

// An Algorithm is the "alg" of a JWS (RFC 7515 §4.1.1).
type Algorithm = signature.Algorithm

// The algorithms that a [Key] can have. There is no "none".
const (
	HS256 = jose.HS256
	HS384 = jose.HS384
	HS512 = jose.HS512

	RS256 = jose.RS256
	RS384 = jose.RS384
	RS512 = jose.RS512

	PS256 = jose.PS256
	PS384 = jose.PS384
	PS512 = jose.PS512

	ES256 = jose.ES256
	ES384 = jose.ES384
	ES512 = jose.ES512

	// EdDSA and Ed25519 name the same operation, EdDSA by its older name
	// (RFC 9864 §2.2).
	EdDSA   = jose.EdDSA
	Ed25519 = signature.Ed25519

	MLDSA44 = jose.MLDSA44
	MLDSA65 = jose.MLDSA65
	MLDSA87 = jose.MLDSA87
)

// Algorithms returns every algorithm that a [Key] can have. In FIPS 140-only
// mode ML-DSA is not among them before Go 1.27.
func Algorithms() []Algorithm { return signature.Algorithms() }
