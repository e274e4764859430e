//go:build go1.27

package keys

// mldsaInModule: from Go 1.27 on ML-DSA is crypto/mldsa.
const mldsaInModule = true
