package keys

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"filippo.io/mldsa"
)

// mldsaKey verifies ML-DSA-44, ML-DSA-65 and ML-DSA-87 (RFC 9964).
type mldsaKey struct {
	pub *mldsa.PublicKey
	alg Algorithm
}

// mldsaParameters are those of alg; ok is false for other algorithms.
func mldsaParameters(alg Algorithm) (p mldsa.Parameters, ok bool) {
	switch alg {
	case MLDSA44:
		return mldsa.MLDSA44(), true
	case MLDSA65:
		return mldsa.MLDSA65(), true
	case MLDSA87:
		return mldsa.MLDSA87(), true
	default:
		return mldsa.Parameters{}, false
	}
}

func newMLDSA(alg Algorithm, pub *mldsa.PublicKey) (*mldsaKey, error) {
	p, ok := mldsaParameters(alg)
	if pub == nil || *pub == (mldsa.PublicKey{}) {
		return nil, errors.New("keys: the ML-DSA key is nil")
	}
	if !ok || pub.Parameters() != p {
		return nil, fmt.Errorf("keys: a key for %s cannot be a key for %s", pub.Parameters(), alg)
	}
	if err := approvedMLDSA(); err != nil {
		return nil, err
	}
	own := *pub
	return &mldsaKey{pub: &own, alg: alg}, nil
}

// verify uses an empty context (RFC 9964 §3).
func (k *mldsaKey) verify(message, signature []byte) bool {
	return mldsa.Verify(k.pub, message, signature, nil) == nil
}

func (k *mldsaKey) equal(other material) bool {
	o, ok := other.(*mldsaKey)
	return ok && k.pub.Equal(o.pub)
}

func (k *mldsaKey) public() crypto.PublicKey {
	pub := *k.pub
	return &pub
}

// members are those of an AKP key (RFC 9964 §4).
func (k *mldsaKey) members() publicMembers {
	return publicMembers{KeyType: "AKP", Pub: encode(k.pub.Bytes())}
}

// thumbprint hashes the required members of an AKP key (RFC 9964 §6), which
// go-jose does from Go 1.27 on.
func (k *mldsaKey) thumbprint() string {
	sum := sha256.Sum256([]byte(`{"alg":"` + string(k.alg) + `","kty":"AKP","pub":"` + base64.RawURLEncoding.EncodeToString(k.pub.Bytes()) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
