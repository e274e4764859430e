package keys

import (
	"crypto"
	"encoding/base64"

	"github.com/go-json-experiment/json"
)

// Public returns a copy of the public key: an *rsa.PublicKey, *ecdsa.PublicKey,
// ed25519.PublicKey or *mldsa.PublicKey. It is nil for a secret and for a nil or
// zero Key.
func (k *Key) Public() crypto.PublicKey {
	if k == nil || k.material == nil {
		return nil
	}
	return k.public()
}

// JWK returns the key as a JWK (RFC 7517 §4) with kid, use and alg, so that
// [ParseSet] reads an equal key. An Ed25519 key that answers to both names has
// no alg. A key that is bound to an issuer names it in "issuer". JWK is nil for
// a secret, which is never shown, and for a nil or zero Key, and where the ID
// or issuer is not UTF-8, so that no JSON can hold it.
func (k *Key) JWK() []byte {
	if k == nil || k.material == nil || k.public() == nil {
		return nil
	}
	j := publishedJWK{KeyID: k.id, Use: "sig", Algorithm: k.alg, Issuer: k.scope, publicMembers: k.members()}
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
	publicMembers
	KeyID     string    `json:"kid,omitzero"`
	Use       string    `json:"use"`
	Algorithm Algorithm `json:"alg,omitzero"`
	Issuer    string    `json:"issuer,omitzero"`
}

// publicMembers are those that one kind of key has.
type publicMembers struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv,omitzero"`
	X       string `json:"x,omitzero"`
	Y       string `json:"y,omitzero"`
	N       string `json:"n,omitzero"`
	E       string `json:"e,omitzero"`
	Pub     string `json:"pub,omitzero"`
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
