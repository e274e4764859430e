package signature

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
)

// ed25519Key verifies EdDSA with Ed25519 (RFC 8037 §3.1).
type ed25519Key struct {
	pub   ed25519.PublicKey
	print string
}

func newEd25519(pub ed25519.PublicKey) (*ed25519Key, error) {
	if len(pub) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("an Ed25519 key of %d bytes; it has %d", len(pub), ed25519.PublicKeySize)
	}
	k := &ed25519Key{pub: bytes.Clone(pub)}
	var err error
	if k.print, err = thumbprint(k.pub); err != nil {
		return nil, errors.New("the Ed25519 key is a point of low order: anybody can sign for it")
	}
	return k, nil
}

func (k *ed25519Key) Verify(message, signature []byte) bool {
	return ed25519.Verify(k.pub, message, signature)
}

func (k *ed25519Key) Equal(other Key) bool {
	o, ok := other.(*ed25519Key)
	return ok && k.pub.Equal(o.pub)
}

func (k *ed25519Key) Public() crypto.PublicKey { return ed25519.PublicKey(bytes.Clone(k.pub)) }

// Members are those of an OKP key (RFC 8037 §2).
func (k *ed25519Key) Members() Members {
	return Members{KeyType: "OKP", Curve: "Ed25519", X: encode(k.pub)}
}

func (k *ed25519Key) Thumbprint() string { return k.print }
