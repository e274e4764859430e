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

// public reads the key material. Whether it is sound is for [NewPublic].
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

// curveError says that the curve of a key is not used.
func (j jwk) curveError() error {
	if j.Curve == "" {
		return errors.New("crv is missing")
	}
	return fmt.Errorf("crv %s is not used", message.Quote(j.Curve))
}

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
		return nil, fmt.Errorf("n has %d bits; only %d to %d are used", 8*len(n), signature.MinRSABits, signature.MaxRSABits)
	case len(e) > 4:
		return nil, fmt.Errorf("e has %d bytes; at most 4 are used", len(e))
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

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
	pub, err := ecdsa.ParseUncompressedPublicKey(c, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, fmt.Errorf("x and y are not the coordinates of a point: it is not on %s", j.Curve)
	}
	return pub, nil
}

// coordinate reads x or y, which are as long as the curve is wide (RFC 7518
// §6.2.1.2). Some writers leave out the leading zeros; a document of one's own
// is read as it was meant.
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
