package conformance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
)

var base64url = base64.RawURLEncoding

func b64(s string) string { return base64url.EncodeToString([]byte(s)) }

// The keys of the tests: one that is trusted, and one of the attacker's.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	p256Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	p521Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
	edKey    = sync.OnceValue(newEdKey)
	evilRSA  = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	evilP256 = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	secret   = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
)

func newEdKey() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// mint makes a token of header and payload as they stand, signed with crypto
// alone: neither the library nor its test kit takes part.
func mint(alg keys.Algorithm, header, payload string, key any) string {
	signed := b64(header) + "." + b64(payload)
	return signed + "." + b64(string(sign(alg, key, signed)))
}

// token is mint with a plain header.
func token(alg keys.Algorithm, kid, payload string, key any) string {
	header := map[string]any{"alg": alg}
	if kid != "" {
		header["kid"] = kid
	}
	return mint(alg, string(must(json.Marshal(header))), payload, key)
}

func sign(alg keys.Algorithm, key any, message string) (signature []byte) {
	fips140.WithoutEnforcement(func() { signature = signFreely(alg, key, message) }) // an attacker keeps no rules
	return signature
}

func signFreely(alg keys.Algorithm, key any, message string) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[string(alg[max(0, len(alg)-3):])]
	digest := func() []byte {
		h := hash.New()
		h.Write([]byte(message))
		return h.Sum(nil)
	}
	switch key := key.(type) {
	case []byte:
		mac := hmac.New(hash.New, key)
		mac.Write([]byte(message))
		return mac.Sum(nil)
	case *rsa.PrivateKey:
		if strings.HasPrefix(string(alg), "PS") {
			return must(rsa.SignPSS(rand.Reader, key, hash, digest(), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))
		}
		return must(rsa.SignPKCS1v15(rand.Reader, key, hash, digest()))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest())
		if err != nil {
			panic(err)
		}
		size := (key.Params().BitSize + 7) / 8
		signature := make([]byte, 2*size)
		r.FillBytes(signature[:size])
		s.FillBytes(signature[size:])
		return signature
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(message))
	}
	panic(fmt.Sprintf("no way to sign with a %T", key))
}

// public is the library's key for the public half of private.
func public(tb testing.TB, alg keys.Algorithm, kid string, private crypto.Signer) *keys.Key {
	tb.Helper()
	k, err := keys.NewPublic(kid, alg, private.Public())
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func secretKey(tb testing.TB, alg keys.Algorithm, kid string, secret []byte) *keys.Key {
	tb.Helper()
	k, err := keys.NewSecret(kid, alg, secret)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// jwkOf is the public half of private as a JWK, by go-jose, with more members.
func jwkOf(private crypto.Signer, more string) string {
	doc := string(must(json.Marshal(jose.JSONWebKey{Key: private.Public()})))
	if more != "" {
		doc = strings.TrimSuffix(doc, "}") + "," + more + "}"
	}
	return doc
}

func jwks(ks ...string) string { return `{"keys":[` + strings.Join(ks, ",") + `]}` }

// ecKeys are the trusted keys on each curve.
func ecKeys() map[keys.Algorithm]*ecdsa.PrivateKey {
	return map[keys.Algorithm]*ecdsa.PrivateKey{keys.ES256: p256Key(), keys.ES384: p384Key(), keys.ES512: p521Key()}
}

var base64std = base64.StdEncoding

func rsaPublic(private crypto.Signer) *rsa.PublicKey  { return private.Public().(*rsa.PublicKey) }
func ecPublic(private crypto.Signer) *ecdsa.PublicKey { return private.Public().(*ecdsa.PublicKey) }

func edPublic(private crypto.Signer) (pub ed25519.PublicKey, ok bool) {
	pub, ok = private.Public().(ed25519.PublicKey)
	return pub, ok
}

// twinOf is raw with the other s that verifies.
func twinOf(raw string, key *ecdsa.PrivateKey) string {
	i := strings.LastIndexByte(raw, '.') + 1
	signature := must(base64url.DecodeString(raw[i:]))
	half := len(signature) / 2
	s := new(big.Int).SetBytes(signature[half:])
	s.Sub(key.Params().N, s).FillBytes(signature[half:])
	return raw[:i] + b64(string(signature))
}
