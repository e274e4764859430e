// Package signature verifies the signature of a JWS with one key and one
// algorithm (RFC 8725 §3.1). It has a file for each kind of key; keys are sound
// by construction, and immutable.
//
// Errors are for people and do not name a package: package keys does.
package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"

	"filippo.io/mldsa"
	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/internal/message"
)

// An Algorithm is the "alg" of a JWS (RFC 7515 §4.1.1).
type Algorithm = jose.SignatureAlgorithm

// Ed25519 is the name of RFC 9864 §2.2 for what EdDSA does with such a key.
const Ed25519 Algorithm = "Ed25519"

// MaxCandidates is how many keys are tried for one token. Each of them costs a
// signature check, which the sender of a forged token would make us pay.
const MaxCandidates = 4 // rule 5

// A Key verifies with one algorithm. Goroutines may share it.
type Key interface {
	// Verify reports whether signature, as it stands in a JWS, is one of this
	// key over message.
	Verify(message, signature []byte) bool
	// Equal reports whether other is of the same algorithm and material.
	Equal(other Key) bool
	// Public is a copy of the public key; nil for a secret.
	Public() crypto.PublicKey
	// Members are those of its JWK; none for a secret.
	Members() Members
	// Thumbprint is that of RFC 7638 with SHA-256, in base64url; "" for a secret.
	Thumbprint() string
}

// Members are the public members of a JWK that one kind of key has.
type Members struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv,omitzero"`
	X       string `json:"x,omitzero"`
	Y       string `json:"y,omitzero"`
	N       string `json:"n,omitzero"`
	E       string `json:"e,omitzero"`
	Pub     string `json:"pub,omitzero"`
}

// NewSecret returns a key for HS256, HS384 or HS512. It copies secret.
func NewSecret(alg Algorithm, secret []byte) (Key, error) {
	k, err := newHMAC(alg, secret)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Secret returns what k was made of, when that was a secret. It must not be
// changed.
func Secret(k Key) ([]byte, bool) {
	if h, ok := k.(*hmacKey); ok {
		return h.secret(), true
	}
	return nil, false
}

// NewPublic returns a key for an asymmetric algorithm. It copies pub.
func NewPublic(alg Algorithm, pub crypto.PublicKey) (k Key, err error) {
	f, hash := scheme(alg)
	if f == "" || f == familyHMAC {
		return nil, fmt.Errorf("%s is not an algorithm for a public key", message.Quote(string(alg)))
	}
	fits := false
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		if fits = f == familyRSA || f == familyPSS; fits {
			k, err = newRSA(f, hash, pub)
		}
	case *ecdsa.PublicKey:
		if fits = f == familyECDSA; fits {
			k, err = newECDSA(alg, hash, pub)
		}
	case ed25519.PublicKey:
		if fits = f == familyEd; fits {
			k, err = newEd25519(pub)
		}
	case *mldsa.PublicKey:
		if fits = f == familyMLDSA; fits {
			k, err = newMLDSA(alg, pub)
		}
	case interface{ Public() crypto.PublicKey }:
		return nil, errors.New("this is a private key; give its public half")
	default:
		return nil, fmt.Errorf("cannot verify with a %T; give an *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or *mldsa.PublicKey", pub)
	}
	switch {
	case !fits:
		return nil, fmt.Errorf("a %T cannot be a key for %s", pub, alg)
	case err != nil:
		return nil, err
	}
	return k, nil
}

// Algorithms are those that a key can have. In FIPS 140-only mode ML-DSA is not
// among them before Go 1.27.
func Algorithms() []Algorithm {
	all := []Algorithm{
		jose.HS256, jose.HS384, jose.HS512, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, Ed25519,
	}
	if approvedMLDSA() == nil {
		all = append(all, jose.MLDSA44, jose.MLDSA65, jose.MLDSA87)
	}
	return all
}

// IsHMAC reports whether alg is for a secret.
func IsHMAC(alg Algorithm) bool {
	f, _ := scheme(alg)
	return f == familyHMAC
}

// IsRSA reports whether alg is for an RSA key, by either padding.
func IsRSA(alg Algorithm) bool {
	f, _ := scheme(alg)
	return f == familyRSA || f == familyPSS
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

// scheme is how alg works (RFC 7518 §3.1, RFC 9864, RFC 9964); the family of an
// unknown algorithm is "".
func scheme(alg Algorithm) (f family, hash crypto.Hash) {
	switch alg {
	case jose.HS256:
		return familyHMAC, crypto.SHA256
	case jose.HS384:
		return familyHMAC, crypto.SHA384
	case jose.HS512:
		return familyHMAC, crypto.SHA512
	case jose.RS256:
		return familyRSA, crypto.SHA256
	case jose.RS384:
		return familyRSA, crypto.SHA384
	case jose.RS512:
		return familyRSA, crypto.SHA512
	case jose.PS256:
		return familyPSS, crypto.SHA256
	case jose.PS384:
		return familyPSS, crypto.SHA384
	case jose.PS512:
		return familyPSS, crypto.SHA512
	case jose.ES256:
		return familyECDSA, crypto.SHA256
	case jose.ES384:
		return familyECDSA, crypto.SHA384
	case jose.ES512:
		return familyECDSA, crypto.SHA512
	case jose.EdDSA, Ed25519:
		return familyEd, 0
	case jose.MLDSA44, jose.MLDSA65, jose.MLDSA87:
		return familyMLDSA, 0
	}
	return "", 0
}

// thumbprint computes an RFC 7638 thumbprint with go-jose, which also refuses
// Ed25519 points of low order.
func thumbprint(pub crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: pub}).Thumbprint(crypto.SHA256)
	return encode(sum), err
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sum hashes message.
func sum(h crypto.Hash, message []byte) []byte {
	switch h {
	case crypto.SHA256:
		d := sha256.Sum256(message)
		return d[:]
	case crypto.SHA384:
		d := sha512.Sum384(message)
		return d[:]
	default:
		d := sha512.Sum512(message)
		return d[:]
	}
}
