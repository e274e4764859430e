package resilience

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// A signer is a key of an issuer, or of an attacker.
type signer struct {
	kid string
	key *rsa.PrivateKey
}

func newSigner(kid string, bits int) (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	return &signer{kid, key}, err
}

// as is the same key under another ID.
func (s *signer) as(kid string) *signer { return &signer{kid, s.key} }

// token is a token of iss that is good for an hour.
func (s *signer) token(iss Issuer) string {
	signed := signingInput("RS256", s.kid, iss)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // a key of 1024 bits or more signs
	}
	return signed + "." + encode(sig)
}

// tokens are n tokens.
func (s *signer) tokens(iss Issuer, n int) []string {
	raw := make([]string, n)
	for i := range raw {
		raw[i] = s.token(iss)
	}
	return raw
}

// hmacToken is an HS256 token.
func hmacToken(kid string, secret []byte, iss Issuer) string {
	signed := signingInput("HS256", kid, iss)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// forged is a token under kid whose signature is of the right length and wrong.
func forged(kid string, iss Issuer) string {
	sig := make([]byte, 256)
	rand.Read(sig)
	sig[0] = 0 // below every modulus
	return signingInput("RS256", kid, iss) + "." + encode(sig)
}

func signingInput(alg, kid string, iss Issuer) string {
	now := time.Now()
	return encodeJSON(map[string]any{"alg": alg, "kid": kid, "typ": "JWT"}) + "." + encodeJSON(map[string]any{
		"iss": iss.URL, "aud": iss.Audience, "sub": "alice", "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
}

// A jwk is one entry of a key set.
type jwk map[string]any

// public is the entry of a well-meaning issuer.
func (s *signer) public() jwk {
	return jwk{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": s.kid,
		"n": encode(s.key.N.Bytes()), "e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}
}

// private is the entry of an issuer who published the private key by mistake.
func (s *signer) private() jwk {
	s.key.Precompute()
	k, p := s.public(), s.key.Precomputed
	k["d"] = encode(s.key.D.Bytes())
	k["p"], k["q"] = encode(s.key.Primes[0].Bytes()), encode(s.key.Primes[1].Bytes())
	k["dp"], k["dq"], k["qi"] = encode(p.Dp.Bytes()), encode(p.Dq.Bytes()), encode(p.Qinv.Bytes())
	return k
}

// setOf is a JWK Set.
func setOf(keys ...jwk) []byte {
	if keys == nil {
		keys = []jwk{}
	}
	doc, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(fmt.Sprintf("resilience: %v", err)) // strings alone
	}
	return doc
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encodeJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("resilience: %v", err))
	}
	return encode(b)
}
