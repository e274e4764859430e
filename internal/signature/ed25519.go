package signature

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
)

// ed25519Key verifies EdDSA with Ed25519 (RFC 8037 §3.1), by either name
// (RFC 9864 §2.2).
type ed25519Key struct {
	pub   ed25519.PublicKey
	print string
}

// newEd25519 refuses points of low order: for them a signature exists that
// verifies for every message, without any private key.
func newEd25519(pub ed25519.PublicKey) (*ed25519Key, error) {
	if len(pub) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the Ed25519 key has %d bytes; it must have %d", len(pub), ed25519.PublicKeySize)
	}
	k := &ed25519Key{pub: bytes.Clone(pub)}
	var err error
	if k.print, err = thumbprint(k.pub); err != nil {
		return nil, errors.New("the Ed25519 key is a point of low order: anyone can sign for it")
	}
	return k, nil
}

// Verify takes a signature of 64 bytes (RFC 8032 §5.1.6); package ed25519 checks
// the length.
func (k *ed25519Key) Verify(message, signature []byte) bool {
	return ed25519.Verify(k.pub, message, signature)
}

// Equal ignores the name of the algorithm, which package keys compares.
func (k *ed25519Key) Equal(other Key) bool {
	o, ok := other.(*ed25519Key)
	return ok && k.pub.Equal(o.pub)
}

func (k *ed25519Key) Public() crypto.PublicKey { return ed25519.PublicKey(bytes.Clone(k.pub)) }

// Members returns the members of an OKP key (RFC 8037 §2).
func (k *ed25519Key) Members() Members {
	return Members{KeyType: "OKP", Curve: "Ed25519", X: encode(k.pub)}
}

// Thumbprint is the one that newEd25519 computed.
func (k *ed25519Key) Thumbprint() string { return k.print }
