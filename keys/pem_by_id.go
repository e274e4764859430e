package keys

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/jws"
)

// certificates reads a JSON object that has PEM by key ID:
//
//	{"kid1": "-----BEGIN CERTIFICATE-----\n…", "kid2": …}
//
// It reports whether doc is one: it has such a member, and none of a JWK or JWK Set.
// doc is a valid JSON object. Each member has one key; of a chain that is the first
// certificate.
func (p parser) certificates(doc []byte, f *findings) bool {
	if !isPEMByID(doc) {
		return false
	}
	eachMember(doc, func(id string, value jsontext.Value) {
		if f.full() {
			f.unread++
			return
		}
		k, err := p.pemOf(id, value)
		if len(id) > jws.MaxKeyID {
			id = ""
		}
		f.add(k, err, func() string { return id })
	})
	return true
}

// isPEMByID reports whether a member of doc is PEM, and none says that doc is a JWK
// or JWK Set.
func isPEMByID(doc []byte) (is bool) {
	other := false
	eachMember(doc, func(id string, value jsontext.Value) {
		other = other || id == "keys" || id == "kty"
		is = is || value.Kind() == '"' && bytes.Contains(value, pemBegin)
	})
	return is && !other
}

// eachMember calls f for every member of doc, which is a valid JSON object.
func eachMember(doc []byte, f func(name string, value jsontext.Value)) {
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), lenient)
	d.ReadToken()
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return
		}
		id := name.String() // before the next read, which makes it invalid
		value, err := d.ReadValue()
		if err != nil {
			return
		}
		f(id, value)
	}
}

// pemOf reads the PEM of one key ID.
func (p parser) pemOf(id string, value jsontext.Value) (*Key, error) {
	switch {
	case value.Kind() != '"':
		return nil, errors.New("it is not PEM")
	case id == "":
		return nil, errors.New("the key ID is empty")
	case len(id) > jws.MaxKeyID:
		return nil, errors.New("the key ID is too long")
	}
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return nil, errors.New("it is not UTF-8")
	}
	if p.remote && bytes.Contains(text, []byte("PRIVATE KEY-----")) { // rule 6: no private keys
		return nil, errors.New("its private half is published")
	}
	ks, skipped, err := p.pem(text)
	switch {
	case len(ks) > 1:
		return nil, errors.New("it has several keys")
	case len(skipped) > 0 && err != nil:
		return nil, errors.New(skipped[0].Reason)
	case err != nil:
		return nil, errors.New("it is not PEM")
	}
	ks[0].id = id // nobody else has it yet
	return ks[0], nil
}
