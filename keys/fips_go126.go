//go:build !go1.27

package keys

// mldsaInModule: up to Go 1.26 ML-DSA comes from outside of Go.
const mldsaInModule = false
