//go:build go1.27

package signature

// MLDSAInModule: from Go 1.27 on ML-DSA is crypto/mldsa.
const MLDSAInModule = true
