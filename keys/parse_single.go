package keys

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/message"
)

// single reads a published document with one key: PEM, a JWK, or a JWK Set. reason
// says why the key in it is not used; err says that it is not such a document, as
// when an error page comes with the status of a good answer.
func (p parser) single(doc []byte, keyID string) (k *Key, reason string, err error) {
	doc = bytes.TrimPrefix(doc, bom)
	switch {
	case isJSON(doc):
		k, err = p.singleJWK(doc)
	case isPEM(doc):
		k, err = p.singlePEM(doc)
	default:
		return nil, "", errors.New("neither PEM, a JWK nor a JWK Set")
	}
	var odd *unused
	switch {
	case errors.As(err, &odd):
		return nil, message.Bare(odd.error), nil
	case err != nil:
		return nil, "", err
	case k.id != "" && k.id != keyID:
		return nil, "it states another kid, " + message.Quote(k.id), nil
	}
	k.id = keyID // nobody else has it yet
	return k, "", nil
}

// An unused error says why a key is not used.
type unused struct{ error }

func (p parser) singleJWK(doc []byte) (*Key, error) {
	var jwk jsontext.Value
	n := 0
	isSet, err := members(doc, func(raw jsontext.Value) {
		jwk = raw.Clone()
		n++
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("not a JWK: %w", err)
	case isSet && n != 1:
		return nil, fmt.Errorf("the JWK Set has %s, not one", count(n, "key"))
	case !isSet:
		jwk = doc
	}
	var kind struct {
		KeyType string `json:"kty"`
	}
	if json.Unmarshal(jwk, &kind, lenient) != nil || kind.KeyType == "" {
		return nil, errors.New(`not a JWK: it has no "kty"`)
	}
	k, err := p.jwk(jwk)
	if err != nil {
		return nil, &unused{err}
	}
	return k, nil
}

func (p parser) singlePEM(doc []byte) (*Key, error) {
	for text := range pemTexts(doc) {
		if label := pemLabel(text); unusedLabel(label) == nil && !bytes.HasSuffix([]byte(label), []byte("PRIVATE KEY")) {
			if _, err := decodePEM(text); err != nil {
				return nil, fmt.Errorf("PEM block %s: %w", message.Quote(label), err)
			}
		}
	}
	if bytes.Contains(doc, []byte("PRIVATE KEY-----")) { // rule 6: no private keys
		return nil, &unused{errors.New("its private half is published")}
	}
	ks, skipped, err := p.pem(doc)
	switch {
	case len(ks) > 1:
		return nil, fmt.Errorf("the PEM has %d keys, not one", len(ks))
	case len(skipped) > 0 && err != nil:
		return nil, &unused{errors.New(skipped[0].Reason)}
	case err != nil:
		return nil, err
	}
	return ks[0], nil
}
