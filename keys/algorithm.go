package keys

import (
	"crypto"
	_ "crypto/sha256" // the hashes that crypto.Hash names below
	_ "crypto/sha512"

	"github.com/go-jose/go-jose/v4"
)

// An Algorithm is the "alg" of a JWS (RFC 7515 §4.1.1).
type Algorithm = jose.SignatureAlgorithm

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
	EdDSA             = jose.EdDSA
	Ed25519 Algorithm = "Ed25519"

	MLDSA44 = jose.MLDSA44
	MLDSA65 = jose.MLDSA65
	MLDSA87 = jose.MLDSA87
)

// Algorithms returns every algorithm that a [Key] can have. In FIPS 140-only
// mode ML-DSA is not among them before Go 1.27.
func Algorithms() []Algorithm {
	all := []Algorithm{
		HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512,
		ES256, ES384, ES512, EdDSA, Ed25519,
	}
	if approvedMLDSA() == nil {
		all = append(all, MLDSA44, MLDSA65, MLDSA87)
	}
	return all
}

// A family is the kind of key that an algorithm needs.
type family string

const (
	familyHMAC  family = "HMAC"
	familyRSA   family = "RSA"
	familyPSS   family = "RSA-PSS"
	familyECDSA family = "ECDSA"
	familyEd    family = "Ed25519"
	familyMLDSA family = "ML-DSA"
)

// scheme tells how alg works (RFC 7518 §3.1, RFC 9864, RFC 9964); the family
// of an unknown algorithm is "".
func scheme(alg Algorithm) (f family, hash crypto.Hash) {
	switch alg {
	case HS256:
		return familyHMAC, crypto.SHA256
	case HS384:
		return familyHMAC, crypto.SHA384
	case HS512:
		return familyHMAC, crypto.SHA512
	case RS256:
		return familyRSA, crypto.SHA256
	case RS384:
		return familyRSA, crypto.SHA384
	case RS512:
		return familyRSA, crypto.SHA512
	case PS256:
		return familyPSS, crypto.SHA256
	case PS384:
		return familyPSS, crypto.SHA384
	case PS512:
		return familyPSS, crypto.SHA512
	case ES256:
		return familyECDSA, crypto.SHA256
	case ES384:
		return familyECDSA, crypto.SHA384
	case ES512:
		return familyECDSA, crypto.SHA512
	case EdDSA, Ed25519:
		return familyEd, 0
	case MLDSA44, MLDSA65, MLDSA87:
		return familyMLDSA, 0
	default:
		return "", 0
	}
}
