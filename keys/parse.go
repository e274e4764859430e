package keys

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jwtverify/jwtverify/internal/message"
)

// Skipped is a key that a document holds and that is not used.
type Skipped struct{ KeyID, Reason string }

// String reads on one line.
func (s Skipped) String() string { return message.Quote(s.KeyID) + ": " + s.Reason }

// ParseSet reads the keys of a local document: a JWK Set or one JWK (RFC 7517),
// or PEM blocks with public keys or certificates.
//
// A JWK without "alg" gets the algorithm of its curve, RSA keys RS256, Ed25519
// keys both of their names; an "oct" key must state it. Of a private key only
// the public half is taken. Keys that are unknown, broken, weak or not for
// verifying are skipped and told; a document without a usable key is an error.
// Keys from PEM have no ID, and no key is bound to an issuer.
func ParseSet(doc []byte) (ks []*Key, skipped []Skipped, err error) {
	if isJSON(doc) {
		return local.json(doc)
	}
	if isPEM(doc) {
		return local.pem(doc)
	}
	return nil, nil, errors.New("keys: neither a JWK Set, a JWK nor PEM")
}

var bom = []byte("\xef\xbb\xbf")

func isJSON(doc []byte) bool {
	doc = bytes.TrimLeft(bytes.TrimPrefix(doc, bom), " \t\r\n")
	return bytes.HasPrefix(doc, []byte("{"))
}

// document is ParseSet with the reading's own choices.
func (r reading) document(doc []byte) ([]*Key, []Skipped, error) {
	if isPEM(doc) && !isJSON(doc) {
		return r.pem(doc)
	}
	return r.json(doc)
}

// rawSecret is the whole of doc but for one line end.
func (r reading) rawSecret(doc []byte) ([]*Key, error) {
	secret := bytes.TrimSuffix(bytes.TrimSuffix(doc, []byte("\n")), []byte("\r"))
	if isJSON(secret) || bytes.HasPrefix(secret, []byte("-----")) {
		return nil, errors.New("keys: it was a raw secret before and is something else now")
	}
	k, err := NewSecret("", r.secret, secret)
	if err != nil {
		return nil, err
	}
	return []*Key{k}, nil
}

// json reads a JWK Set or, locally, one JWK.
func (r reading) json(doc []byte) ([]*Key, []Skipped, error) {
	doc = bytes.TrimPrefix(doc, bom)
	raws, isSet, err := members(doc)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("keys: not a JWK Set: %w", err)
	case !isSet && r.remote:
		return nil, nil, errors.New(`keys: not a JWK Set: it has no "keys"`)
	case !isSet:
		raws = []jsontext.Value{doc}
	}
	var ks []*Key
	var skipped []Skipped
	for _, raw := range raws {
		k, err := r.jwk(raw)
		if err != nil {
			skipped = append(skipped, Skipped{keyID(raw), reason(err)})
			continue
		}
		ks = append(ks, k)
	}
	return ks, skipped, usable(ks, skipped)
}

// usable is an error when no key is left.
func usable(ks []*Key, skipped []Skipped) error {
	switch {
	case len(ks) > 0:
		return nil
	case len(skipped) == 0:
		return errors.New("keys: there is no key in it")
	}
	return fmt.Errorf("keys: none of its %s is usable; the first: %s", count(len(skipped), "key"), skipped[0])
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// reason is err without the prefix of this package.
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "keys: ")
}

// members takes a JWK Set apart (RFC 7517 §5). Its keys may hold anything that
// is JSON: one broken key must not cost the others.
func members(doc []byte) (raws []jsontext.Value, isSet bool, err error) {
	lenient := jsontext.AllowDuplicateNames(true)
	d := jsontext.NewDecoder(bytes.NewReader(doc), lenient, jsontext.AllowInvalidUTF8(true))
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '{' {
		return nil, false, errors.New("it is not a JSON object")
	}
	for d.PeekKind() == '"' {
		name, _ := d.ReadToken()
		isKeys := name.String() == "keys"
		value, err := d.ReadValue()
		if err != nil {
			return nil, false, errors.New("it is not valid JSON")
		}
		if !isKeys {
			continue
		}
		if isSet {
			return nil, false, errors.New(`it has "keys" twice`)
		}
		isSet = true
		if value.Kind() != '[' || json.Unmarshal(value, &raws, lenient, jsontext.AllowInvalidUTF8(true)) != nil {
			return nil, false, errors.New(`its "keys" is not an array`)
		}
	}
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '}' {
		return nil, false, errors.New("it is not valid JSON")
	}
	if d.PeekKind() != jsontext.KindInvalid || len(bytes.TrimSpace(doc[d.InputOffset():])) > 0 {
		return nil, false, errors.New("something follows the JSON object")
	}
	return raws, isSet, nil
}

// keyID is the kid of a key that is skipped, as far as it can be read.
func keyID(raw jsontext.Value) string {
	var j struct {
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(raw, &j, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil || len(j.KeyID) > maxKeyID {
		return ""
	}
	return j.KeyID
}
