package bench

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/jwtverify/jwtverify/keys"
)

// Algorithms are those that are measured.
func Algorithms() []keys.Algorithm {
	return []keys.Algorithm{keys.HS256, keys.RS256, keys.ES256, keys.EdDSA}
}

// A Material is the one key of one algorithm that every contender gets.
type Material struct {
	Algorithm keys.Algorithm

	secret  []byte        // HS256
	private crypto.Signer // the others
}

// NewMaterial makes a random key.
func NewMaterial(alg keys.Algorithm) (*Material, error) {
	m := &Material{Algorithm: alg}
	var err error
	switch alg {
	case keys.HS256:
		m.secret = []byte(rand.Text() + rand.Text())[:32] // text, so that programs can be given it
	case keys.RS256:
		m.private, err = rsa.GenerateKey(rand.Reader, 2048)
	case keys.ES256:
		m.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case keys.EdDSA:
		_, m.private, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("bench: %s is not measured", alg)
	}
	return m, err
}

// verificationKey is the secret, or the public key.
func (m *Material) verificationKey() any {
	if m.private == nil {
		return m.secret
	}
	return m.private.Public()
}

// PublicKey is nil for a secret.
func (m *Material) PublicKey() crypto.PublicKey {
	if m.private == nil {
		return nil
	}
	return m.private.Public()
}

// Secret is nil for a key pair.
func (m *Material) Secret() []byte { return m.secret }

// Sign makes a token of any header and payload, sound or not.
func (m *Material) Sign(header, payload string) string {
	signed := encode(header) + "." + encode(payload)
	return signed + "." + encode(string(m.sign([]byte(signed))))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign panics when the key cannot: it is our own.
func (m *Material) sign(message []byte) []byte {
	digest := sha256.Sum256(message)
	var signature []byte
	var err error
	switch private := m.private.(type) {
	case nil:
		mac := hmac.New(sha256.New, m.secret)
		mac.Write(message)
		return mac.Sum(nil)
	case *ecdsa.PrivateKey:
		r, s, errSign := ecdsa.Sign(rand.Reader, private, digest[:])
		if errSign != nil {
			panic(errSign)
		}
		signature = make([]byte, 64) // R‖S (RFC 7518 §3.4)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
	case ed25519.PrivateKey:
		signature, err = private.Sign(nil, message, crypto.Hash(0))
	default:
		signature, err = private.Sign(rand.Reader, digest[:], crypto.SHA256)
	}
	if err != nil {
		panic(err)
	}
	return signature
}
