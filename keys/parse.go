package keys

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// A parser reads keys from documents. Its fields say what it takes.
type parser struct {
	remote        bool             // the document is published: no secret in it is a key
	rsa           Algorithm        // of RSA keys that do not state one
	secret        Algorithm        // of a raw secret; "": none is expected
	encoding      Encoding         // of a raw secret
	issuer        string           // to bind keys to; "": none
	use           string           // that keys must state; "": sig, or none
	emptied       bool             // a set without any key is a good one, and removes all
	thumbprintIDs bool             // give public keys without an ID one
	now           func() time.Time // when certificates must be valid
}

// defaultParser reads a local document without options, as Parse does.
var defaultParser = parser{rsa: RS256, now: time.Now}

// A Skipped is a key in a document that is not used. KeyID is its "kid", or ""
// when it has none. Reason says what is wrong with it, without any secret.
type Skipped struct{ KeyID, Reason string }

// String returns the key ID, quoted, and the reason.
func (s Skipped) String() string { return message.Quote(s.KeyID) + ": " + s.Reason }

// Parse reads the keys of a local document: a JWK Set or one JWK (RFC 7517), PEM
// blocks with public keys or certificates, or a JSON object of such blocks by key
// ID, as Google publishes certificates. An object with "keys" is always a JWK Set.
//
// A JWK without "alg" gets the algorithm of its curve; an RSA key gets RS256, and
// an Ed25519 key accepts both of its names. An "oct" key must state its "alg". Of
// a private key only the public half is used. A certificate must be valid now
// and allow signatures; of a chain only the first certificate is used, and a CA
// never is. Keys from PEM have no ID but that of such an object. Keys are bound to
// no issuer, unless a JWK names one in "issuer".
//
// One odd key does not spoil the others: keys that are unknown, broken, weak or
// not for verifying are skipped, and skipped says why. Parse fails when the
// document is neither of these forms or has no usable key; skipped is then still
// returned.
//
// At most 16,384 keys of a document are read and 100 skipped ones are listed; a
// last entry of skipped says how many more there are. For a document that
// changes, use [NewFile] or [NewSource].
func Parse(doc []byte) (ks []*Key, skipped []Skipped, err error) {
	switch {
	case isJSON(doc):
		return defaultParser.json(doc)
	case isPEM(doc):
		return defaultParser.pem(doc)
	}
	if err := misread(doc); err != nil {
		return nil, nil, err
	}
	return nil, nil, errors.New("keys: neither a JWK Set, a JWK nor PEM")
}

var (
	errUTF16      = errors.New("keys: it is in UTF-16; save it in UTF-8")
	errArray      = errors.New(`keys: neither a JWK Set, a JWK nor PEM but an array; put it into {"keys": …}`)
	errEncodedKey = errors.New("keys: it is a key or certificate in a form that is not read here (encoded, DER, ssh, XML); convert it to PEM or a JWK")
)

// misread returns an error for a document that holds keys in an unsupported form,
// so that it is not taken for a raw secret. It returns nil for any other.
func misread(doc []byte) error {
	switch {
	case isWide(doc):
		return errUTF16
	case !signature.IsPublicText(doc):
		return nil
	case bytes.HasPrefix(bytes.TrimSpace(doc), []byte("[")):
		return errArray
	}
	return errEncodedKey
}

// isWide reports whether text is a document in UTF-16, with or without a byte
// order mark: about half of its bytes are zero.
func isWide(text []byte) bool {
	plain := signature.Narrow(text)
	return 3*len(plain) < 2*len(text) && (isJSON(plain) || isPEM(plain))
}

// bom is the UTF-8 byte order mark, which some Windows editors write.
var bom = []byte("\xef\xbb\xbf")

// isJSON reports whether doc is meant as a JSON object.
func isJSON(doc []byte) bool {
	doc = bytes.TrimLeft(bytes.TrimPrefix(doc, bom), " \t\r\n")
	return bytes.HasPrefix(doc, []byte("{"))
}

// document is Parse with the choices of p. What is not PEM is read as JSON.
func (p parser) document(doc []byte) ([]*Key, []Skipped, error) {
	if isPEM(doc) && !isJSON(doc) {
		return p.pem(doc)
	}
	return p.json(doc)
}

// json reads a JWK Set, PEM by key ID, or one JWK where the document is local: an
// endpoint that answers with one JWK does not serve a JWK Set.
func (p parser) json(doc []byte) ([]*Key, []Skipped, error) {
	doc = bytes.TrimPrefix(doc, bom)
	var f findings
	isSet, err := members(doc, func(raw jsontext.Value) {
		if f.full() {
			f.unread++
			return
		}
		k, err := p.jwk(raw)
		f.add(k, err, func() string { return keyID(raw) })
	})
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("keys: not a JWK Set: %w", err)
	case !isSet && p.certificates(doc, &f): // f has them now
	case !isSet && p.remote:
		return nil, nil, errors.New(`keys: not a JWK Set: it has no "keys"`)
	case !isSet:
		k, err := p.jwk(doc)
		f.add(k, err, func() string { return keyID(doc) })
	case p.emptied && p.remote && f.none():
		return nil, nil, nil
	}
	return f.result()
}

// Bounds on how much of a document is read and reported: a set of a million odd
// keys must cost neither time nor memory.
const (
	maxKeys    = 1 << 14
	maxSkipped = 100
)

// findings are the keys of a document, and those that were skipped.
type findings struct {
	keys    []*Key
	skipped []Skipped
	more    int // skipped, and not listed in skipped
	unread  int // beyond maxKeys
}

func (f *findings) full() bool { return len(f.keys)+len(f.skipped)+f.more >= maxKeys }

func (f *findings) none() bool { return len(f.keys)+len(f.skipped)+f.more+f.unread == 0 }

// add records a key, or why there is none. id is only called for a key that is
// listed as skipped.
func (f *findings) add(k *Key, err error, id func() string) {
	switch {
	case err == nil:
		f.keys = append(f.keys, k)
	case len(f.skipped) < maxSkipped:
		f.skipped = append(f.skipped, Skipped{id(), message.Bare(err)})
	default:
		f.more++
	}
}

var errNoKey = errors.New("keys: there is no key in it")

// result returns what was found. No usable key is an error.
func (f *findings) result() ([]*Key, []Skipped, error) {
	n := len(f.skipped) + f.more
	if f.more > 0 {
		f.skipped = append(f.skipped, Skipped{"", "and " + strconv.Itoa(f.more) + " more"})
	}
	if f.unread > 0 {
		f.skipped = append(f.skipped, Skipped{"", fmt.Sprintf("only %d keys are read; %d follow", maxKeys, f.unread)})
	}
	switch {
	case len(f.keys) > 0:
		return f.keys, f.skipped, nil
	case n == 0:
		return nil, nil, errNoKey
	}
	if n == 1 {
		return nil, f.skipped, fmt.Errorf("keys: the only key is unusable: %s", f.skipped[0])
	}
	return nil, f.skipped, fmt.Errorf("keys: none of its %d keys is usable; the first: %s", n, f.skipped[0])
}

// count returns "1 key" or "2 keys".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// members calls each for every key of a JWK Set (RFC 7517 §5); its argument is
// valid until it returns. A key may be any JSON, also with duplicate names: one
// broken key must not cost the others. isSet is false when doc is an object
// without "keys".
func members(doc []byte, each func(jsontext.Value)) (isSet bool, err error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '{' {
		return false, errors.New("it is not a JSON object")
	}
	for d.PeekKind() == '"' {
		name, _ := d.ReadToken()
		switch isKeys := name.String() == "keys"; {
		case isKeys && isSet:
			return false, errors.New(`it has "keys" twice`)
		case isKeys:
			isSet = true
			err = elements(d, each)
		case d.SkipValue() != nil:
			err = errNotJSON
		}
		if err != nil {
			return false, err
		}
	}
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '}' {
		return false, errNotJSON
	}
	if d.PeekKind() != jsontext.KindInvalid || len(bytes.TrimSpace(doc[d.InputOffset():])) > 0 {
		return false, errors.New("something follows the JSON object")
	}
	return isSet, nil
}

var errNotJSON = errors.New("it is not valid JSON")

// elements calls each for every element of the array that follows.
func elements(d *jsontext.Decoder, each func(jsontext.Value)) error {
	if d.PeekKind() != '[' {
		if d.SkipValue() != nil {
			return errNotJSON
		}
		return errors.New(`its "keys" is not an array`)
	}
	d.ReadToken()
	for kind := d.PeekKind(); kind != ']'; kind = d.PeekKind() {
		raw, err := d.ReadValue()
		if err != nil {
			return errNotJSON
		}
		each(raw)
	}
	d.ReadToken()
	return nil
}

// keyID returns the "kid" of a key that is skipped, or "" where it cannot be read
// or is too long.
func keyID(raw jsontext.Value) string {
	var j struct {
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(raw, &j, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil || len(j.KeyID) > jws.MaxKeyID {
		return ""
	}
	return j.KeyID
}
