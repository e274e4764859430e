package signature

import (
	"crypto"
	"crypto/fips140"
	"crypto/sha256"
	"errors"
	"fmt"

	"filippo.io/mldsa"
	"github.com/go-jose/go-jose/v4"
)

// mldsaKey verifies ML-DSA-44, ML-DSA-65 and ML-DSA-87 (RFC 9964). Its key has
// 1,312 to 2,592 bytes, its signature 2,420 to 4,627.
type mldsaKey struct {
	pub *mldsa.PublicKey
	alg Algorithm
}

// MLDSAParameters returns those of alg; ok is false for other algorithms.
func MLDSAParameters(alg Algorithm) (p mldsa.Parameters, ok bool) {
	switch alg {
	case jose.MLDSA44:
		return mldsa.MLDSA44(), true
	case jose.MLDSA65:
		return mldsa.MLDSA65(), true
	case jose.MLDSA87:
		return mldsa.MLDSA87(), true
	default:
		return mldsa.Parameters{}, false
	}
}

// newMLDSA copies pub, an opaque value that is valid unless it is zero.
func newMLDSA(alg Algorithm, pub *mldsa.PublicKey) (*mldsaKey, error) {
	p, ok := MLDSAParameters(alg)
	if pub == nil || *pub == (mldsa.PublicKey{}) {
		return nil, errors.New("the ML-DSA key is nil")
	}
	if !ok || pub.Parameters() != p {
		return nil, fmt.Errorf("a key for %s cannot be a key for %s", pub.Parameters(), alg)
	}
	if !fipsAllowsMLDSA() {
		return nil, errMLDSANotApproved
	}
	// Methods of a PublicKey only read it, so that a plain copy is enough.
	own := *pub
	return &mldsaKey{pub: &own, alg: alg}, nil
}

// Verify uses an empty context string (RFC 9964 §3).
func (k *mldsaKey) Verify(message, signature []byte) bool {
	return mldsa.Verify(k.pub, message, signature, nil) == nil
}

func (k *mldsaKey) Equal(other Key) bool {
	o, ok := other.(*mldsaKey)
	return ok && k.pub.Equal(o.pub)
}

func (k *mldsaKey) Public() crypto.PublicKey {
	pub := *k.pub
	return &pub
}

// Members returns the members of an AKP key (RFC 9964 §4).
func (k *mldsaKey) Members() Members {
	return Members{KeyType: "AKP", Pub: encode(k.pub.Bytes())}
}

// Thumbprint hashes the required members of an AKP key (RFC 9964 §6), in the order
// of RFC 7638 §3.3. go-jose does this only from Go 1.27 on. It is not kept, unlike
// that of other keys, since nothing on the hot path needs it.
func (k *mldsaKey) Thumbprint() string {
	sum := sha256.Sum256([]byte(`{"alg":"` + string(k.alg) + `","kty":"AKP","pub":"` + encode(k.pub.Bytes()) + `"}`))
	return encode(sum[:])
}

var errMLDSANotApproved = errors.New("ML-DSA is not in the FIPS 140-3 module of this Go; it cannot be used in FIPS 140-only mode")

// fipsAllowsMLDSA reports whether ML-DSA may be used: in FIPS 140-only mode only where
// it comes from Go's FIPS module.
func fipsAllowsMLDSA() bool { return !fips140.Enforced() || MLDSAInModule }
