package keys_test

import (
	"crypto/fips140"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"

	"filippo.io/mldsa"

	"github.com/jwtverify/jwtverify/keys"
)

// TestFIPSOnly: keys that FIPS 140-only mode does not allow are refused when they
// are made, and accepted in every other mode. CI runs it in all modes.
func TestFIPSOnly(t *testing.T) {
	odd := new(big.Int).Lsh(big.NewInt(1), 2048)
	even := new(big.Int).Lsh(big.NewInt(1), 2047)
	ml, err := mldsa.GenerateKey(mldsa.MLDSA44())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		alg     keys.Algorithm
		pub     any
		refused bool // in FIPS 140-only mode
	}{
		{"RSA", keys.RS256, &rsa.PublicKey{N: even.SetBit(even, 0, 1), E: 65537}, false},
		{"RSA of odd size", keys.RS256, &rsa.PublicKey{N: odd.SetBit(odd, 0, 1), E: 65537}, true},
		{"RSA with exponent 3", keys.PS256, &rsa.PublicKey{N: even, E: 3}, true},
		{"ML-DSA", keys.MLDSA44, ml.PublicKey(), !keys.MLDSAInModule},
	} {
		_, err := keys.NewPublic("", test.alg, test.pub)
		if want := test.refused && fips140.Enforced(); (err != nil) != want || want && !strings.Contains(err.Error(), "FIPS 140-only") {
			t.Errorf("%s, enforced %v: %v", test.name, fips140.Enforced(), err)
		}
	}
	for _, alg := range keys.Algorithms() {
		if fips140.Enforced() && !keys.MLDSAInModule && strings.HasPrefix(string(alg), "ML-DSA") {
			t.Errorf("%s is listed, and cannot be used", alg)
		}
	}
}
