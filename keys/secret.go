package keys

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// An Encoding is how a raw secret is written in a variable or file. The zero
// Encoding means that it is not encoded: the bytes are the secret.
type Encoding string

// The encodings of [WithSecretEncoding] and of ?encoding= in a reference.
const (
	Base64    Encoding = "base64"    // RFC 4648 §4, padded or not
	Base64URL Encoding = "base64url" // RFC 4648 §5, padded or not
	Hex       Encoding = "hex"       // RFC 4648 §8, in either case
)

func (e Encoding) known() bool { return e == Base64 || e == Base64URL || e == Hex }

// decode decodes text strictly: no line breaks, no stray bits, and either all of
// the padding or none. A secret that was cut or mangled must not pass as another.
func (e Encoding) decode(text []byte) ([]byte, error) {
	var secret []byte
	err := errors.New("it has line breaks") // encoding/base64 would skip them
	switch digits := bytes.TrimRight(text, "="); {
	case e == "":
		return text, nil
	case bytes.ContainsAny(text, "\r\n"):
	case e == Hex:
		secret, err = hex.DecodeString(string(text))
	case len(digits) < len(text) && len(text)%4 != 0 || len(text)-len(digits) > 2:
		err = errors.New("it is padded wrongly")
	case e == Base64:
		secret, err = base64.RawStdEncoding.Strict().DecodeString(string(digits))
	case e == Base64URL:
		secret, err = base64.RawURLEncoding.Strict().DecodeString(string(digits))
	}
	if err != nil { // not wrapped: its text may show a character of the secret
		return nil, fmt.Errorf("keys: the secret is not valid %s", e)
	}
	return secret, nil
}

// rawSecret reads doc as a secret: all of it but one line end, decoded where the
// configuration states an encoding.
func (p parser) rawSecret(doc []byte) ([]*Key, error) {
	text := withoutLineEnd(doc)
	if isJSON(text) || isPEM(text) {
		return nil, errors.New("keys: it was a raw secret before and is a document now; restart to read it as one")
	}
	if err := misread(text); err != nil {
		return nil, err
	}
	switch {
	case len(text) == 0:
		return nil, errors.New("keys: it has 0 bytes")
	case p.use != "":
		return nil, p.otherUse("")
	case p.secret == "":
		return nil, errors.New("keys: it is neither a JWK Set nor PEM; if it is a raw secret, add ?alg=HS256 to the reference, or use WithSecretAlgorithm")
	}
	secret, err := p.encoding.decode(text)
	if err != nil {
		return nil, err
	}
	k, err := NewSecret("", p.secret, secret)
	if err != nil {
		return nil, err
	}
	return []*Key{k}, nil
}

// withoutLineEnd drops one line end, which editors and echo add.
func withoutLineEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}

// A Variant is the secret of a key, read in another way.
type Variant struct {
	// Name says how it was read, as in "decoded from base64".
	Name string
	// Advice says what to change so that it is always read this way.
	Advice string
	// Key verifies with the secret read that way.
	Key *Key
}

// Variants returns the secret of k read in other ways that are often meant:
// decoded from base64, base64url or hex, with its line end cut, or with one
// added. It lets a diagnosis say why a signature does not verify. Never trust a
// token because a variant verifies it: fix the configuration instead.
//
// Variants returns nil for a nil Key and for a public key, and leaves out what
// [NewSecret] refuses. It computes them once for each key; the slice is the
// caller's.
func Variants(k *Key) []Variant {
	if k == nil {
		return nil
	}
	secret, ok := signature.Secret(k.material)
	if !ok {
		return nil
	}
	if made := k.variants.Load(); made != nil {
		return slices.Clone(*made)
	}
	all := k.variantsOf(secret)
	k.variants.Store(&all)
	return slices.Clone(all)
}

// variantsOf returns the variants of secret that make a key, each key once.
func (k *Key) variantsOf(secret []byte) (all []Variant) {
	add := func(name, advice string, variant []byte) {
		other, err := NewSecret(k.id, k.alg, variant)
		if err != nil || k.material.Equal(other.material) {
			return
		}
		for _, v := range all {
			if v.Key.material.Equal(other.material) {
				return
			}
		}
		all = append(all, Variant{name, advice, other})
	}
	for _, e := range []Encoding{Base64, Base64URL, Hex} {
		if decoded, err := e.decode(withoutLineEnd(secret)); err == nil {
			add("decoded from "+string(e), "add ?encoding="+string(e)+" to the reference, or use WithSecretEncoding", decoded)
		}
	}
	add("without its line end", "remove the line end after the secret", withoutLineEnd(secret))
	add("with a line end", "the signer has a line end after its secret; remove it there", append(bytes.Clone(secret), '\n'))
	return all
}

// WithSecretEncoding says that a raw secret in a variable or file is encoded as
// [Base64], [Base64URL] or [Hex]; without it the bytes are the secret. Decoding is
// strict: the padding is complete or absent, there are no line breaks, and at
// most one line end follows. It has no effect without [WithSecretAlgorithm].
func WithSecretEncoding(e Encoding) Option {
	return func(c *config) {
		if !e.known() {
			c.fail("WithSecretEncoding: %s is not base64, base64url or hex", message.Quote(string(e)))
		}
		c.parser.encoding = e
	}
}

// WithThumbprintIDs gives public keys that have no ID, such as those in PEM, their
// thumbprint as their ID ([Key.Thumbprint], RFC 7638). They then verify only
// tokens whose "kid" is that thumbprint, or that have none. Use it when the signer
// names keys by thumbprint and more than four keys would fit a token.
func WithThumbprintIDs() Option {
	return func(c *config) { c.parser.thumbprintIDs = true }
}
