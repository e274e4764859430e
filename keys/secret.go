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
// Encoding is none: the bytes are the secret.
type Encoding string

// The encodings of [WithSecretEncoding] and of ?encoding= in a reference.
const (
	Base64    Encoding = "base64"    // RFC 4648 §4, padded or not
	Base64URL Encoding = "base64url" // RFC 4648 §5, padded or not
	Hex       Encoding = "hex"
)

func (e Encoding) known() bool { return e == Base64 || e == Base64URL || e == Hex }

// decode is strict: one spelling, but for the padding, and nothing in between.
func (e Encoding) decode(text []byte) ([]byte, error) {
	var secret []byte
	err := errors.New("it has line breaks") // which encoding/base64 skips
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
	if err != nil { // whose text may show a character of the secret
		return nil, fmt.Errorf("keys: the secret is not %s, which its encoding says it is", e)
	}
	return secret, nil
}

// rawSecret is the whole of doc but for one line end, decoded where the
// configuration states an encoding.
func (p parser) rawSecret(doc []byte) ([]*Key, error) {
	text := withoutLineEnd(doc)
	if isJSON(text) || isPEM(text) {
		return nil, errors.New("keys: it was a raw secret before and is something else now")
	}
	if err := misread(text); err != nil {
		return nil, err
	}
	switch {
	case len(text) == 0:
		return nil, errors.New("keys: it has 0 bytes")
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

func withoutLineEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}

// A Variant is a secret that was read in another way than its key was.
type Variant struct {
	// Name says how it was read, as in "decoded from base64".
	Name string
	// Advice says what to change so that it is read so.
	Advice string
	// Key verifies with the secret read that way.
	Key *Key
}

// Variants returns the secret of k read in the ways that it is often meant:
// decoded from base64, base64url or hex, with its line end cut, or with one
// added. It lets a diagnosis say why a signature does not verify; no token is
// to be trusted for such a key. It returns none for the key of a pair, and
// leaves out what [NewSecret] refuses.
//
// They are made once for each key.
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

func (k *Key) variantsOf(secret []byte) (all []Variant) {
	add := func(name, advice string, reading []byte) {
		other, err := NewSecret(k.id, k.alg, reading)
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

// WithSecretEncoding decodes a raw secret in a variable or file first, from
// [Base64], [Base64URL] or [Hex]; the bytes are the secret if not given. The
// secret must be written strictly so: nothing in between, padding or none, and
// at most one line end after it. It needs [WithSecretAlgorithm].
func WithSecretEncoding(e Encoding) Option {
	return func(c *config) {
		if !e.known() {
			c.fail("WithSecretEncoding: %s is not base64, base64url or hex", message.Quote(string(e)))
		}
		c.parser.encoding = e
	}
}

// WithThumbprintIDs gives public keys that have no ID, such as those in PEM,
// their RFC 7638 thumbprint (SHA-256, base64url) as their ID. From then on they
// verify tokens whose "kid" is that, or that have none.
func WithThumbprintIDs() Option {
	return func(c *config) { c.parser.thumbprintIDs = true }
}
