package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"filippo.io/mldsa"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A reading says how the keys of a document are taken.
type reading struct {
	remote bool      // published: nothing secret in it is a key
	rsa    Algorithm // of RSA keys that name none
	secret Algorithm // of a raw secret
	issuer string    // what the keys are bound to
}

var local = reading{rsa: RS256, secret: HS256}

// jwk is a JSON Web Key (RFC 7517 §4) with the members that matter here.
type jwk struct {
	KeyType    string   `json:"kty"`
	KeyID      string   `json:"kid"`
	Algorithm  stated   `json:"alg"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`

	Curve string `json:"crv"` // EC, OKP (RFC 7518 §6.2, RFC 8037 §2)
	X     string `json:"x"`
	Y     string `json:"y"`
	N     string `json:"n"` // RSA (RFC 7518 §6.3)
	E     string `json:"e"`
	K     string `json:"k"`   // oct (RFC 7518 §6.4)
	Pub   string `json:"pub"` // AKP (RFC 9964 §4)

	D    jsontext.Value `json:"d"` // private members: only their presence counts
	Priv jsontext.Value `json:"priv"`
}

const maxKeyID = 1024

// stated is a string that says something, if it is there: a key with an empty
// "alg" is not one without.
type stated string

// UnmarshalJSON refuses null and "".
func (s *stated) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text == nil || *text == "" {
		return errors.New("empty")
	}
	*s = stated(*text)
	return nil
}

// jwk reads one JWK. The error is a reason to skip it and names no value of
// the key but its type, algorithm and use.
func (r reading) jwk(raw jsontext.Value) (*Key, error) {
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, errors.New("not a JWK: a member is duplicate, empty or of the wrong type")
	}
	if err := r.admits(j); err != nil {
		return nil, err
	}
	alg, alias := r.algorithm(j)
	if j.KeyType == "oct" {
		return j.secret(alg)
	}
	pub, err := j.public(alg)
	if err != nil {
		return nil, err
	}
	return newKey(j.KeyID, alg, alias, r.issuer, pub)
}

// admits reports why a key is not for verifying, whatever it is made of.
func (r reading) admits(j jwk) error {
	switch {
	case len(j.KeyID) > maxKeyID:
		return fmt.Errorf("its kid is longer than %d bytes", maxKeyID)
	case j.Use != "" && j.Use != "sig" && j.Use != "jwt-svid": // RFC 7517 §4.2; SPIFFE bundles
		return fmt.Errorf("use is %s", message.Quote(j.Use))
	case j.Operations != nil && !slices.Contains(j.Operations, "verify"): // RFC 7517 §4.3
		return errors.New("key_ops is without verify")
	case r.remote && j.KeyType == "oct":
		return errors.New("a published secret is no secret")
	case r.remote && (j.D != nil || j.Priv != nil || j.K != ""):
		return errors.New("its private half is published")
	}
	return nil
}

// algorithm is the one that the key states, else the one that its kind implies.
func (r reading) algorithm(j jwk) (alg, alias Algorithm) {
	if j.Algorithm != "" {
		return Algorithm(j.Algorithm), ""
	}
	switch j.KeyType + " " + j.Curve {
	case "RSA ":
		return r.rsa, ""
	case "EC P-256":
		return ES256, ""
	case "EC P-384":
		return ES384, ""
	case "EC P-521":
		return ES512, ""
	case "OKP Ed25519":
		return EdDSA, Ed25519
	}
	return "", ""
}

func (j jwk) secret(alg Algorithm) (*Key, error) {
	if alg == "" {
		return nil, errors.New(`an "oct" key needs an "alg"`)
	}
	secret, ok := base64url.DecodeString(j.K)
	if !ok {
		return nil, errors.New("k is not base64url")
	}
	return NewSecret(j.KeyID, alg, secret)
}

// public reads the key material. Whether it is sound is for [NewPublic].
func (j jwk) public(alg Algorithm) (crypto.PublicKey, error) {
	switch j.KeyType {
	case "RSA":
		return j.rsaPublic()
	case "EC":
		return j.ecPublic()
	case "OKP":
		return j.okpPublic()
	case "AKP":
		return j.akpPublic(alg)
	default:
		return nil, fmt.Errorf("kty %s is not used", message.Quote(j.KeyType))
	}
}

func (j jwk) okpPublic() (ed25519.PublicKey, error) {
	if j.Curve != "Ed25519" {
		return nil, fmt.Errorf("crv %s is not used", message.Quote(j.Curve))
	}
	x, ok := base64url.DecodeString(j.X)
	if !ok {
		return nil, errors.New("x is not base64url")
	}
	return ed25519.PublicKey(x), nil
}

func (j jwk) akpPublic(alg Algorithm) (*mldsa.PublicKey, error) {
	p, known := mldsaParameters(alg)
	if !known {
		return nil, fmt.Errorf("alg %s is not ML-DSA", message.Quote(string(alg)))
	}
	pub, ok := base64url.DecodeString(j.Pub)
	if !ok {
		return nil, errors.New("pub is not base64url")
	}
	return mldsa.NewPublicKey(p, pub)
}

func (j jwk) rsaPublic() (*rsa.PublicKey, error) {
	n, okN := base64url.DecodeString(j.N)
	e, okE := base64url.DecodeString(j.E)
	if !okN || !okE || len(e) > 4 {
		return nil, errors.New("n or e is not that of an RSA key")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

func (j jwk) ecPublic() (*ecdsa.PublicKey, error) {
	alg, _ := local.algorithm(jwk{KeyType: "EC", Curve: j.Curve})
	c := curve(alg)
	if c == nil {
		return nil, fmt.Errorf("crv %s is not used", message.Quote(j.Curve))
	}
	x, okX := base64url.DecodeString(j.X)
	y, okY := base64url.DecodeString(j.Y)
	size := (c.Params().BitSize + 7) / 8
	if !okX || !okY || len(x) != size || len(y) != size { // RFC 7518 §6.2.1.2
		return nil, fmt.Errorf("x or y is not a coordinate of %s", j.Curve)
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(c, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, fmt.Errorf("the point is not on %s", j.Curve)
	}
	return pub, nil
}
