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

	"filippo.io/mldsa"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

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
