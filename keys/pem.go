package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/jwtverify/jwtverify/internal/message"
)

func isPEM(doc []byte) bool { return bytes.Contains(doc, []byte("-----BEGIN ")) }

// pem reads every block that holds a key. Text around the blocks is ignored,
// as RFC 7468 §2 has it.
func (r reading) pem(doc []byte) ([]*Key, []Skipped, error) {
	var ks []*Key
	var skipped []Skipped
	for {
		block, rest := pem.Decode(doc)
		if block == nil {
			break
		}
		doc = rest
		k, err := r.block(block)
		if err != nil {
			skipped = append(skipped, Skipped{"", reason(err)})
			continue
		}
		ks = append(ks, k)
	}
	if isPEM(doc) {
		return nil, nil, errors.New("keys: a PEM block is cut off or damaged")
	}
	return ks, skipped, usable(ks, skipped)
}

func (r reading) block(block *pem.Block) (*Key, error) {
	pub, err := publicOf(block)
	if err != nil {
		return nil, err
	}
	var alg, alias Algorithm
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		alg = r.rsa
	case *ecdsa.PublicKey:
		alg, _ = r.algorithm(jwk{KeyType: "EC", Curve: pub.Params().Name})
	case ed25519.PublicKey:
		alg, alias = EdDSA, Ed25519
	}
	return newKey("", alg, alias, r.issuer, pub)
}

// publicOf is the public key in a PEM block, of a private key its public half.
func publicOf(block *pem.Block) (pub crypto.PublicKey, err error) {
	var priv any
	switch block.Type {
	case "PUBLIC KEY":
		pub, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		pub, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			pub = cert.PublicKey
		}
	case "PRIVATE KEY":
		priv, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		priv, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		priv, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("PEM block %s is not a key", message.Quote(block.Type))
	}
	if err != nil {
		return nil, fmt.Errorf("PEM block %s cannot be read", message.Quote(block.Type))
	}
	if signer, ok := priv.(crypto.Signer); ok {
		pub = signer.Public()
	}
	return pub, nil
}
