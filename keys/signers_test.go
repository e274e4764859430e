package keys_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// Generating an RSA key takes a tenth of a second. Tests that need any key, and
// not a new one, share these, which are made when first used. Do not change them.
var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return key
	})
	sharedSigners = shareSigners()
)

// signerOf returns the shared signer of alg, whose key ID is "k1".
func signerOf(alg keys.Algorithm) *verifiertest.Signer { return sharedSigners[alg][0]() }

// otherSignerOf returns one with the same algorithm and key ID and another key.
func otherSignerOf(alg keys.Algorithm) *verifiertest.Signer { return sharedSigners[alg][1]() }

func shareSigners() map[keys.Algorithm][2]func() *verifiertest.Signer {
	all := make(map[keys.Algorithm][2]func() *verifiertest.Signer)
	for _, alg := range keys.Algorithms() {
		generate := func() *verifiertest.Signer { return verifiertest.NewSigner(process{}, alg, "k1") }
		all[alg] = [2]func() *verifiertest.Signer{sync.OnceValue(generate), sync.OnceValue(generate)}
	}
	return all
}

// A process is the testing.TB of what outlives a single test.
type process struct{ testing.TB }

func (process) Helper()                           {}
func (process) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// renamed returns the key of s with another ID.
func renamed(t *testing.T, s *verifiertest.Signer, id string) *keys.Key {
	t.Helper()
	k := s.Key()
	if k.Public() == nil {
		return newSecret(t, id, k.Algorithm())
	}
	k, err := keys.NewPublic(id, k.Algorithm(), k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k
}
