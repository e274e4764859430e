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
	secret func() []byte // a function, so that nothing that prints or walks values shows it
	hash   crypto.Hash
	macs   sync.Pool // of *mac: keying one costs as much as a short message
}

// A mac is a keyed HMAC with room for its result.
type mac struct {
	hash.Hash
	sum []byte
}

// newHMAC looks for public texts before it looks at the length, so that the error
// names the worse mistake.
func newHMAC(alg Algorithm, secret []byte) (*hmacKey, error) {
	f, hash := scheme(alg)
	if f != familyHMAC {
		return nil, fmt.Errorf("%s is not an algorithm for a secret; use HS256, HS384 or HS512", message.Quote(string(alg)))
	}
	if IsPublicText(secret) { // rule 6: no public text as a secret; RFC 8725 §2.1
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

// Verify compares in constant time: a comparison that stops at the first
// difference lets a forger guess byte by byte.
func (k *hmacKey) Verify(message, signature []byte) bool {
	m := k.macs.Get().(*mac) // goroutines do not share one
	defer k.macs.Put(m)
	// Reset keeps the key: only the message is hashed.
	m.Reset()
	m.Write(message)
	m.sum = m.Sum(m.sum[:0])
	return hmac.Equal(m.sum, signature)
}

// Equal compares in constant time, although an attacker never supplies other.
func (k *hmacKey) Equal(other Key) bool {
	o, ok := other.(*hmacKey) // nil for another kind of key
	return ok && k.hash == o.hash && subtle.ConstantTimeCompare(k.secret(), o.secret()) == 1
}

// A secret has no public half, and a thumbprint of it would be a hash of it, which
// could be tried against guesses.

func (k *hmacKey) Public() crypto.PublicKey { return nil }
func (k *hmacKey) Members() Members         { return Members{} }
func (k *hmacKey) Thumbprint() string       { return "" }
