package keys

import (
	"crypto"

	"github.com/go-json-experiment/json"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// Public returns a copy of the public key: an *rsa.PublicKey, *ecdsa.PublicKey,
// ed25519.PublicKey or *mldsa.PublicKey. It is nil for a secret and for a nil or
// zero Key.
func (k *Key) Public() crypto.PublicKey {
	if k == nil || k.material == nil {
		return nil
	}
	return k.material.Public()
}

// JWK returns the key as a JWK (RFC 7517 §4) with kid, use and alg, so that
// [ParseSet] reads an equal key. An Ed25519 key that answers to both names has
// no alg. A key that is bound to an issuer names it in "issuer". JWK is nil for
// a secret, which is never shown, and for a nil or zero Key, and where the ID
// or issuer is not UTF-8, so that no JSON can hold it.
func (k *Key) JWK() []byte {
	if k == nil || k.material == nil || k.material.Public() == nil {
		return nil
	}
	j := publishedJWK{KeyID: k.id, Use: "sig", Algorithm: k.alg, Issuer: k.scope, Members: k.material.Members()}
	if k.alias != "" {
		j.Algorithm = ""
	}
	if k.issuer != "" {
		j.Issuer = k.issuer
	}
	doc, err := json.Marshal(j)
	if err != nil {
		return nil
	}
	return doc
}

// MarshalJSON is [Key.JWK], and null for a secret.
func (k *Key) MarshalJSON() ([]byte, error) {
	if doc := k.JWK(); doc != nil {
		return doc, nil
	}
	return []byte("null"), nil
}

type publishedJWK struct {
	signature.Members
	KeyID     string    `json:"kid,omitzero"`
	Use       string    `json:"use"`
	Algorithm Algorithm `json:"alg,omitzero"`
	Issuer    string    `json:"issuer,omitzero"`
}
