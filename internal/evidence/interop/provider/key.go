package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"github.com/jwtverify/jwtverify/keys"
)

// A key is a signing key of the provider.
type key struct {
	id      string
	alg     keys.Algorithm
	private crypto.Signer
}

func newKey(id string, alg keys.Algorithm) (key, error) {
	k := key{id: id, alg: alg}
	var err error
	switch alg {
	case keys.RS256:
		k.private, err = rsa.GenerateKey(rand.Reader, 2048)
	case keys.ES256:
		k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case keys.EdDSA:
		_, k.private, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("no keys are made for %q", alg)
	}
	return k, err
}

// A signingKey is a key as an op.SigningKey.
type signingKey struct{ key }

func (k signingKey) ID() string                         { return k.id }
func (k signingKey) SignatureAlgorithm() keys.Algorithm { return k.alg }
func (k signingKey) Key() any                           { return k.private }

// A publicKey is a key as an op.Key.
type publicKey struct{ key }

func (k publicKey) ID() string                { return k.id }
func (k publicKey) Algorithm() keys.Algorithm { return k.alg }
func (k publicKey) Use() string               { return "sig" }
func (k publicKey) Key() any                  { return k.private.Public() }
