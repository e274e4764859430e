package signature

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/jwtverify/jwtverify/internal/message"
)

// hmacKey verifies HS256, HS384 and HS512 (RFC 7518 §3.2).
type hmacKey struct {
	secret func() []byte // a function, so that nothing that walks through values shows it
	hash   crypto.Hash
	macs   sync.Pool // of *mac
}

type mac struct {
	hash.Hash
	sum []byte
}

func newHMAC(alg Algorithm, secret []byte) (*hmacKey, error) {
	f, hash := scheme(alg)
	if f != familyHMAC {
		return nil, fmt.Errorf("%s is not an algorithm for a secret; use HS256, HS384 or HS512", message.Quote(string(alg)))
	}
	if IsPublicText(secret) {
		return nil, errors.New("the secret is the text of a key pair or certificate, perhaps encoded; use NewPublic or Parse for it")
	}
	if len(secret) < hash.Size() { // RFC 7518 §3.2
		return nil, fmt.Errorf("the secret has %d bytes; %s needs at least %d random ones", len(secret), alg, hash.Size())
	}
	own := bytes.Clone(secret)
	k := &hmacKey{secret: func() []byte { return own }, hash: hash}
	k.macs.New = func() any {
		return &mac{hmac.New(k.hash.New, own), make([]byte, 0, k.hash.Size())}
	}
	return k, nil
}

func (k *hmacKey) Verify(message, signature []byte) bool {
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	m.Reset()
	m.Write(message)
	m.sum = m.Sum(m.sum[:0])
	return hmac.Equal(m.sum, signature)
}

func (k *hmacKey) Equal(other Key) bool {
	o, ok := other.(*hmacKey)
	return ok && k.hash == o.hash && subtle.ConstantTimeCompare(k.secret(), o.secret()) == 1
}

func (k *hmacKey) Public() crypto.PublicKey { return nil }
func (k *hmacKey) Members() Members         { return Members{} }
func (k *hmacKey) Thumbprint() string       { return "" }
