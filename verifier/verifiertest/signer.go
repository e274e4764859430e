package verifiertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"filippo.io/mldsa"
	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
)

// A Signer signs tokens with one key. It needs no server: give its [Signer.Key] to
// keys.Static.
type Signer struct {
	tb      testing.TB
	alg     keys.Algorithm
	id      string
	private any // []byte, or a crypto.Signer
	key     *keys.Key
	jwk     json.RawMessage
}

// NewSigner makes a random key for any algorithm of package keys, and ends the test
// for any other. id is the key ID, which the tokens name as "kid"; with "" they have
// none. Two Signers with the same ID have different keys: the second is a forger.
func NewSigner(tb testing.TB, alg keys.Algorithm, id string) *Signer {
	tb.Helper()
	s := &Signer{tb: tb, alg: alg, id: id, private: generate(tb, alg)}
	var err error
	switch private := s.private.(type) {
	case []byte:
		s.key, err = keys.NewSecret(id, alg, private)
		s.jwk = s.marshal(map[string]string{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(private)})
	case *mldsa.PrivateKey:
		s.key, err = keys.NewPublic(id, alg, private.PublicKey())
		s.jwk = s.marshal(map[string]string{"kty": "AKP", "pub": base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes())})
	case crypto.Signer:
		s.key, err = keys.NewPublic(id, alg, private.Public())
		s.jwk = s.marshal(&jose.JSONWebKey{Key: private.Public()})
	}
	if err != nil {
		tb.Fatalf("verifiertest: %v", err)
	}
	return s
}

// marshal returns key as a JWK with kid, alg and use added (RFC 7517 §4).
func (s *Signer) marshal(key any) json.RawMessage {
	s.tb.Helper()
	members := map[string]any{}
	doc, err := json.Marshal(key)
	if err == nil {
		err = json.Unmarshal(doc, &members)
	}
	members["alg"], members["use"] = s.alg, "sig"
	if s.id != "" {
		members["kid"] = s.id
	}
	if err == nil {
		doc, err = json.Marshal(members)
	}
	if err != nil {
		s.tb.Fatalf("verifiertest: %v", err)
	}
	return doc
}

// Key returns the key that verifies what the Signer signs.
func (s *Signer) Key() *keys.Key { return s.key }

// JWK returns the key as a JSON Web Key with "alg", "use" and, if it has one, "kid".
// It holds the whole of a secret, and only the public half of any other key.
func (s *Signer) JWK() []byte { return s.jwk }

// generate makes a key for alg: random bytes for a secret, else a private key.
func generate(tb testing.TB, alg keys.Algorithm) any {
	tb.Helper()
	var key any
	var err error
	switch alg {
	case keys.HS256, keys.HS384, keys.HS512:
		secret := make([]byte, 64) // as long as the longest hash (RFC 7518 §3.2)
		_, err = rand.Read(secret)
		key = secret
	case keys.RS256, keys.RS384, keys.RS512, keys.PS256, keys.PS384, keys.PS512:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case keys.ES256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case keys.ES384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case keys.ES512:
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case keys.EdDSA, keys.Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case keys.MLDSA44:
		key, err = mldsa.GenerateKey(mldsa.MLDSA44())
	case keys.MLDSA65:
		key, err = mldsa.GenerateKey(mldsa.MLDSA65())
	case keys.MLDSA87:
		key, err = mldsa.GenerateKey(mldsa.MLDSA87())
	default:
		err = fmt.Errorf("unknown algorithm %q", alg)
	}
	if err != nil {
		tb.Fatalf("verifiertest: %v", err)
	}
	return key
}
