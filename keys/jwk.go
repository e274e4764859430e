package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"filippo.io/mldsa"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// A jwk is a JSON Web Key (RFC 7517 §4) with the members that matter here. Unknown
// members are ignored (RFC 7517 §4), duplicate ones are an error.
type jwk struct {
	KeyType    string   `json:"kty"`
	KeyID      string   `json:"kid"`
	Algorithm  nonEmpty `json:"alg"` // "" if absent, and never if present
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Issuer     nonEmpty `json:"issuer"` // whose tokens it may sign; a member of Microsoft's sets

	Curve string `json:"crv"` // EC, OKP (RFC 7518 §6.2, RFC 8037 §2)
	X     string `json:"x"`
	Y     string `json:"y"`
	N     string `json:"n"` // RSA (RFC 7518 §6.3)
	E     string `json:"e"`
	K     string `json:"k"`   // oct (RFC 7518 §6.4)
	Pub   string `json:"pub"` // AKP (RFC 9964 §4)

	// Private members (RFC 7518 §6.2.2, §6.3.2; RFC 9964 §4): only whether they are
	// present counts, and their values are never decoded.
	D     present `json:"d"`
	P     present `json:"p"`
	Q     present `json:"q"`
	DP    present `json:"dp"`
	DQ    present `json:"dq"`
	QI    present `json:"qi"`
	Priv  present `json:"priv"`
	Chain present `json:"x5c"` // not read: the key itself is required
}

// nonEmpty is a string that must not be empty when it is there: a key whose "alg"
// is "" must not count as one that states no algorithm.
type nonEmpty string

var errEmpty = errors.New("empty")

// UnmarshalJSON refuses null and "".
func (s *nonEmpty) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text == nil || *text == "" {
		return errEmpty
	}
	*s = nonEmpty(*text)
	return nil
}

// present is a member of which only the presence counts.
type present bool

// UnmarshalJSON keeps nothing of the value.
func (p *present) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

// jwk reads one JWK. Its error is a reason to skip the key; it names the member at
// fault, and shows no value but the type, curve, algorithm, use and issuer.
func (p parser) jwk(raw jsontext.Value) (*Key, error) {
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, memberError(err)
	}
	if err := p.admits(j); err != nil {
		return nil, err
	}
	k, err := p.key(j)
	if err != nil {
		return nil, err
	}
	k.scope = string(j.Issuer)
	return p.identified(k), nil
}

// key makes a key of a JWK that admits has let through.
func (p parser) key(j jwk) (*Key, error) {
	alg, alias := p.algorithm(j)
	if j.KeyType == "oct" {
		return j.secret(alg)
	}
	pub, err := j.public(alg, p.remote)
	if err != nil {
		return nil, err
	}
	return newKey(j.KeyID, alg, alias, p.issuer, pub)
}

// identified gives k its thumbprint as its ID, where it has none and the
// configuration wants one. It may change k, which nobody else has yet.
func (p parser) identified(k *Key) *Key {
	if p.thumbprintIDs && k.id == "" {
		k.id = k.Thumbprint()
	}
	return k
}

// admits returns an error for a key that must not verify here, regardless of its
// material.
func (p parser) admits(j jwk) error {
	switch private := j.private(); {
	case len(j.KeyID) > jws.MaxKeyID:
		return fmt.Errorf("kid is longer than %d bytes", jws.MaxKeyID)
	case p.use != "" && j.Use != p.use:
		return p.otherUse(j.Use)
	case p.use == "" && j.Use != "" && j.Use != "sig" && j.Use != "jwt-svid": // RFC 7517 §4.2; SPIFFE bundles
		return fmt.Errorf("use is %s", message.Quote(j.Use))
	case j.Operations != nil && !slices.Contains(j.Operations, "verify"): // RFC 7517 §4.3
		return errors.New("key_ops does not include verify")
	case p.remote && j.KeyType == "oct": // rule 6: no published secret
		return errors.New(`kty "oct": a published secret is not a secret`)
	case p.remote && private != "": // rule 6: whoever reads it can sign
		return fmt.Errorf("its private half is published (%s)", private)
	case p.issuer != "" && j.Issuer != "" && !inScope(string(j.Issuer), p.issuer):
		return fmt.Errorf("issuer is %s, not %s", message.Quote(string(j.Issuer)), message.Quote(p.issuer))
	}
	return nil
}

// otherUse is the reason to skip a key that states use, or none.
func (p parser) otherUse(use string) error {
	if use == "" {
		return fmt.Errorf("it states no use, and %s is required", message.Quote(p.use))
	}
	return fmt.Errorf("use is %s, and %s is required", message.Quote(use), message.Quote(p.use))
}

// private returns the name of a private member that the key has, or "". For an
// "oct" key that is "k".
func (j jwk) private() string {
	for _, m := range []struct {
		name string
		is   bool
	}{
		{"d", bool(j.D)}, {"priv", bool(j.Priv)}, {"k", j.K != ""},
		{"p", bool(j.P)}, {"q", bool(j.Q)}, {"dp", bool(j.DP)}, {"dq", bool(j.DQ)}, {"qi", bool(j.QI)},
	} {
		if m.is {
			return m.name
		}
	}
	return ""
}

// algorithm returns the algorithm that the key states, else the one that its kind
// implies (rule 11: by its curve), or "" where it implies none. alias is a second
// name for it.
func (p parser) algorithm(j jwk) (alg, alias Algorithm) {
	if j.Algorithm != "" {
		return Algorithm(j.Algorithm), "" // newKey checks that it fits the key
	}
	type kind struct{ kty, crv string }
	switch (kind{j.KeyType, j.Curve}) {
	case kind{"RSA", ""}:
		return p.rsa, ""
	case kind{"EC", "P-256"}:
		return ES256, ""
	case kind{"EC", "P-384"}:
		return ES384, ""
	case kind{"EC", "P-521"}:
		return ES512, ""
	case kind{"OKP", "Ed25519"}:
		return EdDSA, Ed25519 // RFC 9864 §2.2
	}
	return "", ""
}

// public decodes the public key of j. Whether it is sound is for newKey to check.
// remote says that RFC 7518 applies to the letter.
func (j jwk) public(alg Algorithm, remote bool) (crypto.PublicKey, error) {
	switch j.KeyType {
	case "RSA":
		return j.rsaPublic()
	case "EC":
		return j.ecPublic(remote)
	case "OKP":
		return j.okpPublic()
	case "AKP":
		return j.akpPublic(alg)
	default:
		return nil, fmt.Errorf("kty %s is not used", message.Quote(j.KeyType))
	}
}

// curveError returns the error for a missing or unsupported curve.
func (j jwk) curveError() error {
	if j.Curve == "" {
		return errors.New("crv is missing")
	}
	return fmt.Errorf("crv %s is not used", message.Quote(j.Curve))
}

// okpPublic decodes an OKP key (RFC 8037 §2). X25519 and X448 keys cannot sign.
func (j jwk) okpPublic() (ed25519.PublicKey, error) {
	if j.Curve != "Ed25519" {
		return nil, j.curveError()
	}
	x, err := j.bytes("x", j.X)
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize { // RFC 8037 §2
		return nil, fmt.Errorf("x has %s; it must have %d", count(len(x), "byte"), ed25519.PublicKeySize)
	}
	return x, nil
}

// akpPublic decodes an AKP key (RFC 9964 §4). Its algorithm must be stated, since
// nothing else says which parameters it has.
func (j jwk) akpPublic(alg Algorithm) (*mldsa.PublicKey, error) {
	p, known := signature.MLDSAParameters(alg)
	if !known {
		return nil, fmt.Errorf("alg %s is not ML-DSA", message.Quote(string(alg)))
	}
	raw, err := j.bytes("pub", j.Pub)
	if err != nil {
		return nil, err
	}
	pub, err := mldsa.NewPublicKey(p, raw)
	if err != nil {
		return nil, fmt.Errorf("pub is not a public key for %s", alg)
	}
	return pub, nil
}

// rsaPublic decodes an RSA key (RFC 7518 §6.3.1). It bounds n and e before it
// makes numbers of them, since a document may hold anything.
func (j jwk) rsaPublic() (*rsa.PublicKey, error) {
	n, err := j.bytes("n", j.N)
	if err != nil {
		return nil, err
	}
	e, err := j.bytes("e", j.E)
	switch {
	case err != nil:
		return nil, err
	case len(n) > signature.MaxRSABits/8+1:
		return nil, fmt.Errorf("n has %d bits; it must have %d to %d", 8*len(n), signature.MinRSABits, signature.MaxRSABits)
	case len(e) > 4: // an int on every platform; newRSA allows at most 31 bits
		return nil, fmt.Errorf("e has %d bytes; at most 4 are used", len(e))
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

// ecPublic decodes an EC key (RFC 7518 §6.2.1) and checks that it is on its curve.
func (j jwk) ecPublic(remote bool) (*ecdsa.PublicKey, error) {
	// The algorithm of the curve, which need not be the one that j states.
	alg, _ := defaultParser.algorithm(jwk{KeyType: "EC", Curve: j.Curve})
	c := signature.Curve(alg)
	if c == nil {
		return nil, j.curveError()
	}
	x, err := j.coordinate("x", j.X, c, remote)
	if err != nil {
		return nil, err
	}
	y, err := j.coordinate("y", j.Y, c, remote)
	if err != nil {
		return nil, err
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(c, slices.Concat([]byte{4}, x, y)) // SEC 1 §2.3.4
	if err != nil {
		return nil, fmt.Errorf("x and y are not the coordinates of a point: it is not on %s", j.Curve)
	}
	return pub, nil
}

// coordinate decodes x or y, whose length is that of the curve (RFC 7518
// §6.2.1.2). Some programs leave out leading zeros: in a local document that is
// allowed, and a remote one must keep the rule.
func (j jwk) coordinate(name, value string, c elliptic.Curve, remote bool) ([]byte, error) {
	raw, err := j.bytes(name, value)
	if err != nil {
		return nil, err
	}
	size := signature.CoordinateSize(c)
	if len(raw) > size || remote && len(raw) < size {
		return nil, fmt.Errorf("%s is not a coordinate of %s: it has %s, and RFC 7518 §6.2.1.2 wants %d", name, j.Curve, count(len(raw), "byte"), size)
	}
	return append(make([]byte, size-len(raw), size), raw...), nil
}

// secret makes the key of a local "oct" JWK. Its length implies no algorithm.
func (j jwk) secret(alg Algorithm) (*Key, error) {
	if alg == "" {
		return nil, errors.New(`alg is missing: an "oct" key needs an "alg"`)
	}
	secret, err := j.bytes("k", j.K)
	if err != nil {
		return nil, err
	}
	return NewSecret(j.KeyID, alg, secret)
}

// bytes decodes a required member, which is unpadded base64url (RFC 7515 §2).
func (j jwk) bytes(name, value string) ([]byte, error) {
	if value == "" {
		if j.Chain {
			return nil, fmt.Errorf("%s is missing; x5c is not read", name)
		}
		return nil, fmt.Errorf("%s is missing", name)
	}
	decoded, ok := base64url.DecodeString(value)
	switch {
	case ok:
		return decoded, nil
	case strings.HasSuffix(value, "="):
		return nil, fmt.Errorf("%s is not base64url: it has padding", name)
	}
	return nil, fmt.Errorf("%s is not base64url", name)
}
