//go:build !go1.27

package signature

// MLDSAInModule reports whether ML-DSA is in Go's FIPS 140-3 module. Up to Go 1.26
// it comes from filippo.io/mldsa.
const MLDSAInModule = false
