// Package issuing is a small issuer of tokens, for tests and development: keys that
// sign, keys that rotate, and the documents that an issuer publishes. It signs
// whatever it is asked to, and its keys live as long as the process.
package issuing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"filippo.io/mldsa"
	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
)

// A Signer signs tokens with one key. Goroutines may share it.
type Signer struct {
	alg     keys.Algorithm
	id      string
	private any // []byte, or a crypto.Signer
	key     *keys.Key
	jwk     json.RawMessage
}

// NewSigner makes a random key for any algorithm of package keys. Tokens name id as
// "kid"; with "" they have none.
func NewSigner(alg keys.Algorithm, id string) (*Signer, error) {
	private, err := generate(alg)
	if err != nil {
		return nil, err
	}
	s := &Signer{alg: alg, id: id, private: private}
	var public any
	switch private := private.(type) {
	case []byte:
		s.key, err = keys.NewSecret(id, alg, private)
		public = map[string]string{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(private)}
	case *mldsa.PrivateKey:
		s.key, err = keys.NewPublic(id, alg, private.PublicKey())
		public = map[string]string{"kty": "AKP", "pub": base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes())}
	case crypto.Signer:
		s.key, err = keys.NewPublic(id, alg, private.Public())
		public = &jose.JSONWebKey{Key: private.Public()}
	}
	if err == nil {
		s.jwk, err = s.marshal(public)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// marshal returns key as a JWK with kid, alg and use added (RFC 7517 §4).
func (s *Signer) marshal(key any) (json.RawMessage, error) {
	members := map[string]any{}
	doc, err := json.Marshal(key)
	if err == nil {
		err = json.Unmarshal(doc, &members)
	}
	if err != nil {
		return nil, err
	}
	members["alg"], members["use"] = s.alg, "sig"
	if s.id != "" {
		members["kid"] = s.id
	}
	return json.Marshal(members)
}

// Key returns the key that verifies what the Signer signs.
func (s *Signer) Key() *keys.Key { return s.key }

// JWK returns the key as a JSON Web Key: the whole of a secret, and only the public
// half of any other key.
func (s *Signer) JWK() []byte { return s.jwk }

// Format writes the name of the type, for every verb: it holds a private key.
func (s *Signer) Format(f fmt.State, _ rune) { io.WriteString(f, "issuing.Signer") }

// generate makes a key for alg: random bytes for a secret, else a private key.
func generate(alg keys.Algorithm) (key any, err error) {
	switch alg {
	case keys.HS256, keys.HS384, keys.HS512:
		secret := make([]byte, 64) // as long as the longest hash (RFC 7518 §3.2)
		_, err = rand.Read(secret)
		return secret, err
	case keys.RS256, keys.RS384, keys.RS512, keys.PS256, keys.PS384, keys.PS512:
		return rsa.GenerateKey(rand.Reader, 2048)
	case keys.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case keys.ES384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case keys.ES512:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case keys.EdDSA, keys.Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
		return key, err
	case keys.MLDSA44:
		return mldsa.GenerateKey(mldsa.MLDSA44())
	case keys.MLDSA65:
		return mldsa.GenerateKey(mldsa.MLDSA65())
	case keys.MLDSA87:
		return mldsa.GenerateKey(mldsa.MLDSA87())
	}
	return nil, fmt.Errorf("unknown algorithm %q", alg)
}

// Token returns a token in the compact serialization (RFC 7515 §7.1), in this
// encoding. Its header has alg, typ and, if the key has an ID, kid; header adds
// members, and a nil value leaves one out. An alg other than that of the key is an
// error.
func (s *Signer) Token(encoding *base64.Encoding, header, claims map[string]any) (string, error) {
	members := map[string]any{"alg": string(s.alg), "typ": "JWT"}
	if s.id != "" {
		members["kid"] = s.id
	}
	maps.Copy(members, header)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	if alg := members["alg"]; alg != string(s.alg) && alg != s.alg {
		return "", fmt.Errorf("the header names alg %v, and the key is for %s; leave alg out", alg, s.alg)
	}
	first, err := json.Marshal(members)
	if err != nil {
		return "", fmt.Errorf("the header: %w", err)
	}
	second, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("the claims: %w", err)
	}
	text := encoding.EncodeToString(first) + "." + encoding.EncodeToString(second)
	sig, err := s.signature([]byte(text))
	if err != nil {
		return "", err
	}
	return text + "." + encoding.EncodeToString(sig), nil
}

// hashes holds the hash of each algorithm that signs one (RFC 7518 §3.1). EdDSA and
// ML-DSA sign the message itself.
var hashes = map[keys.Algorithm]crypto.Hash{
	keys.HS256: crypto.SHA256, keys.HS384: crypto.SHA384, keys.HS512: crypto.SHA512,
	keys.RS256: crypto.SHA256, keys.RS384: crypto.SHA384, keys.RS512: crypto.SHA512,
	keys.PS256: crypto.SHA256, keys.PS384: crypto.SHA384, keys.PS512: crypto.SHA512,
	keys.ES256: crypto.SHA256, keys.ES384: crypto.SHA384, keys.ES512: crypto.SHA512,
}

func (s *Signer) signature(text []byte) ([]byte, error) {
	hash := hashes[s.alg]
	if secret, ok := s.private.([]byte); ok {
		mac := hmac.New(hash.New, secret)
		mac.Write(text)
		return mac.Sum(nil), nil
	}
	digest := text
	if hash != 0 {
		h := hash.New()
		h.Write(text)
		digest = h.Sum(nil)
	}
	if private, ok := s.private.(*ecdsa.PrivateKey); ok { // R and S, RFC 7518 §3.4
		r, t, err := ecdsa.Sign(rand.Reader, private, digest)
		if err != nil {
			return nil, err
		}
		size := (private.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), t.FillBytes(make([]byte, size))...), nil
	}
	var options crypto.SignerOpts = hash
	switch s.alg {
	case keys.PS256, keys.PS384, keys.PS512: // RFC 7518 §3.5
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	return s.private.(crypto.Signer).Sign(rand.Reader, digest, options)
}
