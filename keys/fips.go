package keys

import (
	"crypto/fips140"
	"crypto/rsa"
	"errors"
)

// In FIPS 140-only mode (GODEBUG=fips140=only) Go's RSA refuses some keys at
// each signature, which would look like a bad token. They are refused when the
// key is made.

var (
	errRSANotApproved   = errors.New("keys: the RSA key has an odd size or an exponent of at most 2^16, which FIPS 140-only mode does not allow")
	errMLDSANotApproved = errors.New("keys: ML-DSA is not in the FIPS 140-3 module of this Go; it cannot be used in FIPS 140-only mode")
)

func approvedRSA(pub *rsa.PublicKey) error {
	if fips140.Enforced() && (pub.N.BitLen()%2 == 1 || pub.E <= 1<<16) {
		return errRSANotApproved
	}
	return nil
}

func approvedMLDSA() error {
	if fips140.Enforced() && !mldsaInModule {
		return errMLDSANotApproved
	}
	return nil
}
