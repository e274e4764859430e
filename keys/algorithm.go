package keys

import (
	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/internal/signature"
)

// An Algorithm is the "alg" of a JWS (RFC 7515 §4.1.1). It is go-jose's type, so
// that values pass between both libraries without conversion.
type Algorithm = signature.Algorithm

// The algorithms that a [Key] can have. There is no "none" (RFC 8725 §3.2).
const (
	// A secret of at least 32, 48 or 64 bytes (RFC 7518 §3.2).
	HS256 = jose.HS256
	HS384 = jose.HS384
	HS512 = jose.HS512

	// An RSA key of 2048 to 8192 bits with PKCS #1 v1.5 (RFC 7518 §3.3) ...
	RS256 = jose.RS256
	RS384 = jose.RS384
	RS512 = jose.RS512

	// ... or with PSS and a salt as long as the hash (RFC 7518 §3.5).
	PS256 = jose.PS256
	PS384 = jose.PS384
	PS512 = jose.PS512

	// An EC key on P-256, P-384 or P-521, in this order (RFC 7518 §3.4).
	ES256 = jose.ES256
	ES384 = jose.ES384
	ES512 = jose.ES512

	// EdDSA (RFC 8037 §3.1) and Ed25519 (RFC 9864 §2.2) name the same operation;
	// EdDSA is the older name. A key made for one of them accepts only that one.
	EdDSA   = jose.EdDSA
	Ed25519 = signature.Ed25519

	// A post-quantum ML-DSA key of one of three sizes (RFC 9964).
	MLDSA44 = jose.MLDSA44
	MLDSA65 = jose.MLDSA65
	MLDSA87 = jose.MLDSA87
)

// Algorithms returns every algorithm that a [Key] can have, in a new slice. In
// FIPS 140-only mode (GODEBUG=fips140=only) it leaves out ML-DSA before Go 1.27.
func Algorithms() []Algorithm { return signature.Algorithms() }
