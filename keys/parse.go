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

// A reading says how the keys of a document are taken.
type parser struct {
	remote        bool             // published: nothing secret in it is a key
	rsa           Algorithm        // of RSA keys that name none
	secret        Algorithm        // of a raw secret; "": no raw secret is expected
	encoding      Encoding         // of a raw secret
	issuer        string           // what the keys are bound to
	thumbprintIDs bool             // for public keys without ID
	now           func() time.Time // when certificates must be valid
}

var defaultParser = parser{rsa: RS256, now: time.Now}

// Skipped is a key that a document holds and that is not used.
type Skipped struct{ KeyID, Reason string }

// String reads on one line.
func (s Skipped) String() string { return message.Quote(s.KeyID) + ": " + s.Reason }

// Parse reads the keys of a local document: a JWK Set or one JWK (RFC 7517),
// or PEM blocks with public keys or certificates.
//
// A JWK without "alg" gets the algorithm of its curve, RSA keys RS256, Ed25519
// keys both of their names; an "oct" key must state it. Of a private key only
// the public half is taken. A certificate must be valid now and for signatures;
// of a chain the first is taken, and no CA. Keys that are unknown, broken, weak
// or not for verifying are skipped and reported; a document without a usable
// key is an error. Keys from PEM have no ID, and no key is bound to an issuer,
// but for a JWK that names one in "issuer".
//
// At most 16,384 keys of a document are read and 100 skipped ones listed; a
// last entry of skipped says how many more there are.
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
	errEncodedKey = errors.New("keys: it is a key or certificate in a form that is not read here (encoded, DER, ssh, XML); give it as PEM or a JWK, as it is")
)

// misread is an error for a document that holds keys in a form that is not read.
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

// isWide reports whether text is a document in UTF-16, with a byte order mark
// or not.
func isWide(text []byte) bool {
	plain := signature.Narrow(text)
	return 3*len(plain) < 2*len(text) && (isJSON(plain) || isPEM(plain))
}

var bom = []byte("\xef\xbb\xbf")

func isJSON(doc []byte) bool {
	doc = bytes.TrimLeft(bytes.TrimPrefix(doc, bom), " \t\r\n")
	return bytes.HasPrefix(doc, []byte("{"))
}

// document is Parse with the reading's own choices.
func (p parser) document(doc []byte) ([]*Key, []Skipped, error) {
	if isPEM(doc) && !isJSON(doc) {
		return p.pem(doc)
	}
	return p.json(doc)
}

// json reads a JWK Set or, locally, one JWK.
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
	case !isSet && p.remote:
		return nil, nil, errors.New(`keys: not a JWK Set: it has no "keys"`)
	case !isSet:
		k, err := p.jwk(doc)
		f.add(k, err, func() string { return keyID(doc) })
	}
	return f.result()
}

// How much of a document is read, and reported. A set of a million odd keys
// must cost neither time nor memory.
const (
	maxKeys    = 1 << 14
	maxSkipped = 100
)

// findings are the keys of a document, and those skipped.
type findings struct {
	keys    []*Key
	skipped []Skipped
	more    int // skipped and not listed
	unread  int
}

func (f *findings) full() bool { return len(f.keys)+len(f.skipped)+f.more >= maxKeys }

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

// result is an error when there is no key.
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
		return nil, nil, errors.New("keys: there is no key in it")
	}
	return nil, f.skipped, fmt.Errorf("keys: none of its %s is usable; the first: %s", count(n, "key"), f.skipped[0])
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// members takes a JWK Set apart (RFC 7517 §5) and hands over each of its keys,
// which is valid until the call returns. They may hold anything that is JSON:
// one broken key must not cost the others.
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

// keyID is the kid of a key that is skipped, as far as it can be read.
func keyID(raw jsontext.Value) string {
	var j struct {
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(raw, &j, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil || len(j.KeyID) > jws.MaxKeyID {
		return ""
	}
	return j.KeyID
}
