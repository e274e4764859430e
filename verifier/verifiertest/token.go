package verifiertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"

	"github.com/jwtverify/jwtverify/keys"
)

// Sign returns a token with exactly these claims. Its header has alg, typ and, if the
// key has an ID, kid.
func (s *Signer) Sign(claims map[string]any) string {
	s.tb.Helper()
	return s.SignHeader(nil, claims)
}

// SignHeader is Sign with other members in the header (RFC 7515 §4), such as signer,
// or another typ or kid. A nil value leaves a member out, such as typ. An alg other
// than that of the key ends the test.
func (s *Signer) SignHeader(header, claims map[string]any) string {
	s.tb.Helper()
	return s.token(base64.RawURLEncoding, header, claims)
}

// SignPadded is SignHeader with "=" padding in all three parts, which the signature
// covers. RFC 7515 §2 forbids it, and an AWS Application Load Balancer does it.
func (s *Signer) SignPadded(header, claims map[string]any) string {
	s.tb.Helper()
	return s.token(base64.URLEncoding, header, claims)
}

// token returns a token in the compact serialization (RFC 7515 §7.1).
func (s *Signer) token(encoding *base64.Encoding, header, claims map[string]any) string {
	s.tb.Helper()
	members := map[string]any{"alg": string(s.alg), "typ": "JWT"}
	if s.id != "" {
		members["kid"] = s.id
	}
	maps.Copy(members, header)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	if alg := members["alg"]; alg != string(s.alg) && alg != s.alg {
		s.tb.Fatalf("verifiertest: the header names alg %v, and the key is for %s; leave alg out", alg, s.alg)
	}
	first, err := json.Marshal(members)
	if err != nil {
		s.tb.Fatalf("verifiertest: the header: %v", err)
	}
	second, err := json.Marshal(claims)
	if err != nil {
		s.tb.Fatalf("verifiertest: the claims: %v", err)
	}
	text := encoding.EncodeToString(first) + "." + encoding.EncodeToString(second)
	sig, err := s.signature([]byte(text))
	if err != nil {
		s.tb.Fatalf("verifiertest: %v", err)
	}
	return text + "." + encoding.EncodeToString(sig)
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
