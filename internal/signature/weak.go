package signature

import (
	"crypto/fips140"
	"crypto/rsa"
	"errors"
	"math/big"
)

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

// In FIPS 140-only mode (GODEBUG=fips140=only) Go refuses some keys at each
// signature, which would look like a bad token. Here they are refused when the key
// is made, so that the operator gets the reason.

var (
	errRSANotApproved   = errors.New("the RSA key has an odd size or an exponent of at most 2^16, which FIPS 140-only mode does not allow")
	errMLDSANotApproved = errors.New("ML-DSA is not in the FIPS 140-3 module of this Go; it cannot be used in FIPS 140-only mode")
)

// approvedRSA returns an error for a key that FIPS 140-only mode does not allow
// (FIPS 186-5 §A.1.1).
func approvedRSA(pub *rsa.PublicKey) error {
	if fips140.Enforced() && (pub.N.BitLen()%2 == 1 || pub.E <= 1<<16) {
		return errRSANotApproved
	}
	return nil
}

// approvedMLDSA returns an error where FIPS 140-only mode is on and ML-DSA comes
// from outside of Go's FIPS module.
func approvedMLDSA() error {
	if fips140.Enforced() && !MLDSAInModule {
		return errMLDSANotApproved
	}
	return nil
}
