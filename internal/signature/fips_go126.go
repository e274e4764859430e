//go:build !go1.27

package signature

// MLDSAInModule: up to Go 1.26 ML-DSA comes from outside of Go.
const MLDSAInModule = false
