package conformance_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
)

// FuzzParseSet reads a document of keys: every key that is taken, go-jose (of
// JSON) or crypto/x509 (of PEM) takes too, and it is the same key. Of ML-DSA,
// which go-jose knows from Go 1.27 on, only that the key is what its JWK says.
func FuzzParseSet(f *testing.F) {
	jose.MaxRSAModulusBits = 8192 // go-jose stops at 4096 by default
	for _, doc := range seedJWKs(f) {
		f.Add([]byte(doc))
	}
	f.Add([]byte("\xef\xbb\xbf" + jwks(jwkOf(edKey(), ""))))
	f.Add(append(spkiPEM(rsaKey()), spkiPEM(edKey())...))
	f.Fuzz(func(t *testing.T, doc []byte) {
		ks, skipped, err := keys.Parse(doc)
		if (len(ks) == 0) != (err != nil) {
			t.Fatalf("%d keys, and the error %v", len(ks), err)
		}
		if err != nil {
			return
		}
		others := readAsOthers(t, doc)
		if len(others) != len(ks)+len(skipped) && len(skipped) <= 100 {
			t.Fatalf("%d keys and %d skipped, of %d", len(ks), len(skipped), len(others))
		}
		for _, o := range others {
			if o.taken == nil {
				continue
			}
			if len(ks) == 0 || !ks[0].Equal(o.taken) {
				if o.block != nil && o.block.Type == "CERTIFICATE" {
					continue // not the first of its chain
				}
				t.Fatalf("%q alone gives %v; the document %v", o.text, o.taken, ks)
			}
			o.compare(t)
			ks = ks[1:]
		}
		if len(ks) > 0 {
			t.Fatalf("%v comes from nowhere", ks)
		}
	})
}

// An other is one key of a document: what Parse takes of it alone, and the
// text for the second opinion.
type other struct {
	text  []byte
	block *pem.Block // nil for a JWK
	taken *keys.Key  // or nil
}

// readAsOthers takes a document apart, with encoding/json or encoding/pem.
func readAsOthers(t *testing.T, doc []byte) (all []other) {
	t.Helper()
	doc = bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf"))
	var members map[string]json.RawMessage
	if json.Unmarshal(doc, &members) == nil {
		jwks := []json.RawMessage{doc}
		if set, ok := members["keys"]; ok {
			if err := json.Unmarshal(set, &jwks); err != nil {
				t.Fatalf("%q is taken for a set, and encoding/json says %v", doc, err)
			}
		}
		for _, jwk := range jwks {
			all = append(all, other{text: jwk, taken: alone(t, []byte(`{"keys":[`+string(jwk)+`]}`))})
		}
		return all
	}
	for _, part := range strings.Split(string(doc), "-----BEGIN ")[1:] {
		lines := strings.Split("-----BEGIN "+part, "\n")
		for i, line := range lines {
			lines[i] = strings.TrimSpace(line)
		}
		text := []byte(strings.Join(lines, "\n"))
		o := other{text: text}
		if o.block, _ = pem.Decode(text); o.block != nil {
			o.taken = alone(t, text)
		}
		all = append(all, o)
	}
	return all
}

func alone(t *testing.T, doc []byte) *keys.Key {
	t.Helper()
	ks, _, err := keys.Parse(doc)
	if err != nil {
		return nil
	}
	if len(ks) != 1 {
		t.Fatalf("%q gives %v", doc, ks)
	}
	return ks[0]
}

func (o other) compare(t *testing.T) {
	t.Helper()
	var key any
	var err error
	if o.block != nil {
		key, err = readBlock(o.block)
	} else {
		key, err = readJWK(t, o)
	}
	if err != nil {
		t.Fatalf("%q is taken as %v, and the second opinion is: %v", o.text, o.taken, err)
	}
	switch key := key.(type) {
	case nil: // ML-DSA
	case []byte:
		message := []byte("message")
		if o.taken.Verify(message, sign(o.taken.Algorithm(), key, "message")) != nil {
			t.Fatalf("%q is taken as another secret", o.text)
		}
	default:
		thumbprint, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
		if err != nil || base64url.EncodeToString(thumbprint) != o.taken.Thumbprint() {
			t.Fatalf("%q is taken as %v; the second opinion is %T, %v", o.text, o.taken, key, err)
		}
	}
}

// readJWK asks go-jose for the public half: it reads private members and
// certificates too, which mean nothing here.
func readJWK(t *testing.T, o other) (any, error) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(o.text, &members); err != nil {
		t.Fatalf("%q is taken as a JWK, and encoding/json says %v", o.text, err)
	}
	if kid, _ := members["kid"].(string); kid != o.taken.ID() {
		t.Fatalf("%q is taken with the ID %q", o.text, o.taken.ID())
	}
	if members["kty"] == "AKP" {
		if members["alg"] != string(o.taken.Algorithm()) {
			t.Fatalf("%q is taken for %s", o.text, o.taken.Algorithm())
		}
		return nil, nil
	}
	public := map[string]any{}
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e"} {
		if v, ok := members[name]; ok {
			public[name] = v
		}
	}
	if members["kty"] == "oct" {
		public["k"] = members["k"]
	}
	if size, ok := map[any]int{"P-256": 32, "P-384": 48, "P-521": 66}[members["crv"]]; ok && members["kty"] == "EC" {
		for _, name := range []string{"x", "y"} { // leading zeros that were left out
			text, _ := members[name].(string)
			short := must(base64url.DecodeString(text))
			public[name] = base64url.EncodeToString(append(make([]byte, size-len(short)), short...))
		}
	}
	var jwk jose.JSONWebKey
	err := jwk.UnmarshalJSON(must(json.Marshal(public)))
	return jwk.Key, err
}

// readBlock asks crypto/x509, by the type of the block.
func readBlock(block *pem.Block) (any, error) {
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return cert.PublicKey, nil
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, err
	}
	return key.(crypto.Signer).Public(), nil
}
