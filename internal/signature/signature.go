// Package signature verifies the signature of a JWS with one key and one
// algorithm (RFC 8725 §3.1). It calls Go's crypto packages directly: this is the
// hot path, and it stays small enough to review.
//
// Each kind of key has a file; public_text.go holds the secrets that everybody may
// know. Keys are sound by construction and immutable, so Verify checks nothing
// about the key again.
//
// Errors are for people and name no package: package keys adds its own.
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

// An Algorithm is the "alg" of a JWS (RFC 7515 §4.1.1), as go-jose names it.
type Algorithm = jose.SignatureAlgorithm

// Ed25519 is the newer name for EdDSA with an Ed25519 key (RFC 9864 §2.2).
const Ed25519 Algorithm = "Ed25519"

// MaxCandidates is how many keys are tried for one token. Each of them costs a
// signature check, which the sender of a forged token would make us pay.
const MaxCandidates = 4 // rule 5: at most four keys

// A Key verifies with one algorithm. Goroutines may share it.
type Key interface {
	// Verify reports whether signature, in the form that a JWS has, is a
	// signature of this key over message. It keeps neither.
	Verify(message, signature []byte) bool
	// Equal reports whether other has the same algorithm and material.
	Equal(other Key) bool
	// Public returns a copy of the public key; nil for a secret.
	Public() crypto.PublicKey
	// Members returns the members of its JWK; none for a secret.
	Members() Members
	// Thumbprint returns the thumbprint of RFC 7638 with SHA-256, in base64url;
	// "" for a secret.
	Thumbprint() string
}

// Members are the public members of a JWK (RFC 7518 §6, RFC 8037 §2, RFC 9964
// §4). Each kind of key sets its own.
type Members struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv,omitzero"`
	X       string `json:"x,omitzero"`
	Y       string `json:"y,omitzero"`
	N       string `json:"n,omitzero"`
	E       string `json:"e,omitzero"`
	Pub     string `json:"pub,omitzero"`
}

// NewSecret returns a key for HS256, HS384 or HS512. It copies secret. It fails
// for a secret that is too short or that others may know.
func NewSecret(alg Algorithm, secret []byte) (Key, error) {
	k, err := newHMAC(alg, secret)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Secret returns the secret of k; ok is false for a public key. The caller must
// not change it.
func Secret(k Key) ([]byte, bool) {
	if h, ok := k.(*hmacKey); ok {
		return h.secret(), true
	}
	return nil, false
}

// NewPublic returns a key for an asymmetric algorithm. It copies pub, so that
// changing it later cannot change what verifies.
func NewPublic(alg Algorithm, pub crypto.PublicKey) (k Key, err error) {
	f, hash := scheme(alg)
	if f == "" || f == familyHMAC {
		return nil, fmt.Errorf("%s is not an algorithm for a public key", message.Quote(string(alg)))
	}
	// A key of another family than that of alg is refused before it is made: its
	// own checks would name a mistake that is not the one.
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
	case interface{ Public() crypto.PublicKey }: // any crypto.Signer or Decrypter
		return nil, errors.New("this is a private key; give its public half")
	default:
		return nil, fmt.Errorf("cannot verify with a %T; give an *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or *mldsa.PublicKey", pub)
	}
	// The switch above leaves k a typed nil on errors, which must not get out.
	switch {
	case !fits:
		return nil, fmt.Errorf("a %T cannot be a key for %s", pub, alg)
	case err != nil:
		return nil, err
	}
	return k, nil
}

// Algorithms returns those that a key can have. In FIPS 140-only mode ML-DSA is
// not among them before Go 1.27.
func Algorithms() []Algorithm {
	all := []Algorithm{
		jose.HS256, jose.HS384, jose.HS512, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, Ed25519,
	}
	if fipsAllowsMLDSA() {
		all = append(all, jose.MLDSA44, jose.MLDSA65, jose.MLDSA87)
	}
	return all
}

// IsHMAC reports whether alg is for a secret: HS256, HS384 or HS512.
func IsHMAC(alg Algorithm) bool {
	f, _ := scheme(alg)
	return f == familyHMAC
}

// IsRSA reports whether alg is for an RSA key, with either padding.
func IsRSA(alg Algorithm) bool {
	f, _ := scheme(alg)
	return f == familyRSA || f == familyPSS
}

// A family is the kind of key that an algorithm needs.
type family string

const (
	familyHMAC  family = "HMAC"
	familyRSA   family = "RSA" // PKCS #1 v1.5
	familyPSS   family = "RSA-PSS"
	familyECDSA family = "ECDSA"
	familyEd    family = "Ed25519"
	familyMLDSA family = "ML-DSA"
)

// scheme returns the family and the hash of alg (RFC 7518 §3.1, RFC 9864,
// RFC 9964). The hash is 0 where the scheme hashes by itself; the family of an
// unknown algorithm is "", and so is that of "none".
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

// thumbprint returns the thumbprint (RFC 7638) that go-jose computes. It fails for
// Ed25519 points of low order, which go-jose refuses.
func thumbprint(pub crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: pub}).Thumbprint(crypto.SHA256)
	return encode(sum), err
}

// encode returns b in unpadded base64url (RFC 7515 §2).
func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// A digest is room for every hash. It is the caller's, so that it need not be
// allocated.
type digest [sha512.Size]byte

// sum hashes message, without the allocation of a hash.Hash.
func (d *digest) sum(h crypto.Hash, message []byte) []byte {
	switch h {
	case crypto.SHA256:
		*(*[sha256.Size]byte)(d[:]) = sha256.Sum256(message)
	case crypto.SHA384:
		*(*[sha512.Size384]byte)(d[:]) = sha512.Sum384(message)
	default:
		*d = sha512.Sum512(message)
	}
	return d[:h.Size()]
}
