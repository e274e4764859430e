package jws

import (
	"errors"

	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

var errNoKey = errors.New("its header has no jwk, or one that is no object")

// ParseEmbedded is Parse for the one kind of message that brings its own key:
// a proof of possession, which shows only that its sender has that key. jwk is
// the JSON text of the key as it stands in the header (RFC 7515 §4.1.3),
// without duplicate names and otherwise not looked at.
func (p *Parser) ParseEmbedded(raw string) (m *Message, jwk string, err error) {
	if m, err = p.Parse(raw); err != nil {
		return nil, "", err
	}
	header, ok := base64url.DecodeString(m.rawHeader)
	if !ok {
		m.Free()
		return nil, "", errBase64
	}
	o := strictjson.Walk(string(header))
	for o.Next() {
		if o.Name == "jwk" && o.Kind == '{' {
			jwk = o.Text
		}
	}
	if o.Err() != nil || jwk == "" {
		m.Free()
		return nil, "", errNoKey
	}
	return m, jwk, nil
}
