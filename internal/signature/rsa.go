package signature

import (
	"crypto"
	"crypto/fips140"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

// rsaKey verifies RS* (RFC 7518 §3.3) or, with pss, PS* (§3.5).
type rsaKey struct {
	pub   *rsa.PublicKey
	hash  crypto.Hash
	pss   *rsa.PSSOptions // nil for PKCS #1 v1.5
	print string
}

// Limits on the modulus of a key, in bits.
const (
	MinRSABits = 2048 // RFC 7518 §3.3
	MaxRSABits = 8192 // verifying takes time quadratic in the size
)

// newRSA checks the size first: the other checks take time that grows with it.
func newRSA(f family, hash crypto.Hash, pub *rsa.PublicKey) (*rsaKey, error) {
	if pub == nil || pub.N == nil {
		return nil, errors.New("the RSA key is nil")
	}
	if bits := pub.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
		return nil, fmt.Errorf("an RSA key of %d bits; only %d to %d are used", bits, MinRSABits, MaxRSABits)
	}
	// An even modulus is not a product of two large primes, and package rsa takes
	// odd exponents from 3 to 2^31-1 only; it would fail at every token.
	if pub.N.Sign() < 0 || pub.N.Bit(0) == 0 || pub.E < 3 || pub.E%2 == 0 || int64(pub.E) > 1<<31-1 {
		return nil, errors.New("the RSA modulus or exponent is invalid")
	}
	// Smart cards and TPMs made such keys until 2017.
	if isROCA(pub.N) {
		return nil, errors.New("the RSA key was made by a library whose keys can be factored (CVE-2017-15361); make a new one")
	}
	if !fipsAllowsRSA(pub) {
		return nil, errRSANotApproved
	}
	k := &rsaKey{pub: &rsa.PublicKey{N: new(big.Int).Set(pub.N), E: pub.E}, hash: hash}
	if f == familyPSS {
		// A salt of any other length than the hash is refused (RFC 7518 §3.5; rule 6: sound keys).
		k.pss = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	var err error
	k.print, err = thumbprint(k.pub)
	return k, err
}

// Verify takes a signature as long as the modulus; package rsa checks that.
func (k *rsaKey) Verify(message, signature []byte) bool {
	if k.pss != nil {
		return rsa.VerifyPSS(k.pub, k.hash, new(digest).sum(k.hash, message), signature, k.pss) == nil
	}
	var d digest
	return rsa.VerifyPKCS1v15(k.pub, k.hash, d.sum(k.hash, message), signature) == nil
}

// Equal compares the algorithm too: a key for RS256 is not one for PS256.
func (k *rsaKey) Equal(other Key) bool {
	o, ok := other.(*rsaKey)
	return ok && k.hash == o.hash && (k.pss == nil) == (o.pss == nil) && k.pub.Equal(o.pub)
}

// Public returns a copy of modulus and exponent.
func (k *rsaKey) Public() crypto.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Set(k.pub.N), E: k.pub.E}
}

// Members returns the members of an RSA key (RFC 7518 §6.3.1).
func (k *rsaKey) Members() Members {
	return Members{KeyType: "RSA", N: encode(k.pub.N.Bytes()), E: encode(big.NewInt(int64(k.pub.E)).Bytes())}
}

func (k *rsaKey) Thumbprint() string { return k.print }

var errRSANotApproved = errors.New("the RSA key has an odd size or an exponent of at most 2^16, which FIPS 140-only mode does not allow")

// fipsAllowsRSA reports whether pub may be used: in FIPS 140-only mode not every key
// may (FIPS 186-5 §A.1.1). Go would refuse such a key at each signature, which looks
// like a bad token; here it is refused when the key is made, so that the operator
// gets the reason.
func fipsAllowsRSA(pub *rsa.PublicKey) bool {
	return !fips140.Enforced() || pub.N.BitLen()%2 == 0 && pub.E > 1<<16
}

// isROCA reports whether a modulus was made by the library of CVE-2017-15361,
// whose keys can be factored. Such a modulus is a power of 65537 modulo each small
// prime; for a random one the chance of that is below one in a hundred million.
// The test is from "The Return of Coppersmith's Attack" (CCS 2017).
func isROCA(n *big.Int) bool {
	for _, p := range []uint64{
		3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
		89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	} {
		rest := new(big.Int).Mod(n, new(big.Int).SetUint64(p)).Uint64()
		if !isPowerOf65537(rest, p) {
			return false
		}
	}
	return true
}

// isPowerOf65537 reports whether rest is a power of 65537 modulo p.
func isPowerOf65537(rest, p uint64) bool {
	power := uint64(1)
	for range p {
		if power == rest {
			return true
		}
		power = power * 65537 % p
	}
	return false
}
