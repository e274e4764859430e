package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// ecdsaKey verifies ES256, ES384 and ES512 (RFC 7518 §3.4).
type ecdsaKey struct {
	pub   *ecdsa.PublicKey
	hash  crypto.Hash
	size  int // of R and of S, in bytes
	print string
}

// Curve returns the one curve of alg (RFC 7518 §3.4), nil for other algorithms.
func Curve(alg Algorithm) elliptic.Curve {
	switch alg {
	case jose.ES256:
		return elliptic.P256()
	case jose.ES384:
		return elliptic.P384()
	case jose.ES512:
		return elliptic.P521()
	default:
		return nil
	}
}

// CoordinateSize returns the length of a coordinate in bytes (RFC 7518 §6.2.1.2):
// 32, 48 or 66.
func CoordinateSize(c elliptic.Curve) int { return (c.Params().BitSize + 7) / 8 }

// CurveName names c in a message. It does not call c unless it is a curve of
// package elliptic: c may be anything with these methods, even a nil pointer.
func CurveName(c elliptic.Curve) string {
	switch c {
	case elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521():
		return c.Params().Name
	}
	return "another curve"
}

// newECDSA checks that pub is a point on the curve of alg. One that is not would
// not make Verify unsafe, but it would fail at every token instead of once here.
func newECDSA(alg Algorithm, hash crypto.Hash, pub *ecdsa.PublicKey) (*ecdsaKey, error) {
	if pub == nil || pub.Curve == nil {
		return nil, errors.New("the ECDSA key is nil")
	}
	c := Curve(alg)
	if pub.Curve != c {
		return nil, fmt.Errorf("%s needs a key on %s, not on %s", alg, c.Params().Name, CurveName(pub.Curve))
	}
	//lint:ignore SA1019 Bytes panics when a coordinate is nil
	if pub.X == nil || pub.Y == nil {
		return nil, errors.New("the ECDSA key is nil")
	}
	point, err := pub.Bytes()
	if err != nil {
		return nil, fmt.Errorf("the ECDSA key is not a point: %w", err)
	}
	// Parsing copies the point and checks that it is on the curve.
	own, err := ecdsa.ParseUncompressedPublicKey(c, point)
	if err != nil {
		return nil, fmt.Errorf("the ECDSA key is not on %s", c.Params().Name)
	}
	k := &ecdsaKey{pub: own, hash: hash, size: CoordinateSize(c)}
	k.print, err = thumbprint(own)
	return k, err
}

// Verify takes R‖S, each in full length, and not the ASN.1 form that Go signs
// with (RFC 7518 §3.4).
func (k *ecdsaKey) Verify(message, signature []byte) bool {
	if len(signature) != 2*k.size { // rule 6: R and S in full length
		return false
	}
	// Package ecdsa refuses R or S that is zero or not below the order.
	r := new(big.Int).SetBytes(signature[:k.size])
	s := new(big.Int).SetBytes(signature[k.size:])
	var d digest
	return ecdsa.Verify(k.pub, d.sum(k.hash, message), r, s)
}

// Equal compares the points alone: each curve has one algorithm.
func (k *ecdsaKey) Equal(other Key) bool {
	o, ok := other.(*ecdsaKey)
	return ok && k.pub.Equal(o.pub)
}

// Public returns a copy, by way of the encoded point.
func (k *ecdsaKey) Public() crypto.PublicKey {
	pub, err := ecdsa.ParseUncompressedPublicKey(k.pub.Curve, k.point())
	if err != nil {
		return nil
	}
	return pub
}

// Members returns the members of an EC key (RFC 7518 §6.2.1).
func (k *ecdsaKey) Members() Members {
	xy := k.point()[1:]
	return Members{KeyType: "EC", Curve: k.pub.Params().Name, X: encode(xy[:k.size]), Y: encode(xy[k.size:])}
}

// point returns the key as an uncompressed point (SEC 1 §2.3.3): a byte 4, x and
// y. newECDSA has shown that this succeeds, so a failure cannot happen; it would
// give a key of zeros rather than a panic.
func (k *ecdsaKey) point() []byte {
	point, err := k.pub.Bytes()
	if err != nil {
		return make([]byte, 1+2*k.size)
	}
	return point
}

// Thumbprint was computed with the key: it is asked for at each refresh.
func (k *ecdsaKey) Thumbprint() string { return k.print }
