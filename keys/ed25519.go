package keys

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
		return nil, fmt.Errorf("keys: an Ed25519 key of %d bytes; it has %d", len(pub), ed25519.PublicKeySize)
	}
	k := &ed25519Key{pub: bytes.Clone(pub)}
	var err error
	if k.print, err = thumbprint(k.pub); err != nil {
		return nil, errors.New("keys: the Ed25519 key is a point of low order: anybody can sign for it")
	}
	return k, nil
}

func (k *ed25519Key) verify(message, signature []byte) bool {
	return ed25519.Verify(k.pub, message, signature)
}

func (k *ed25519Key) equal(other material) bool {
	o, ok := other.(*ed25519Key)
	return ok && k.pub.Equal(o.pub)
}

func (k *ed25519Key) public() crypto.PublicKey { return ed25519.PublicKey(bytes.Clone(k.pub)) }

// members are those of an OKP key (RFC 8037 §2).
func (k *ed25519Key) members() publicMembers {
	return publicMembers{KeyType: "OKP", Curve: "Ed25519", X: encode(k.pub)}
}

func (k *ed25519Key) thumbprint() string { return k.print }
