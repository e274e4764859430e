//go:build go1.27

package signature

// MLDSAInModule reports whether ML-DSA is in Go's FIPS 140-3 module. From Go 1.27
// on it is crypto/mldsa.
const MLDSAInModule = true
