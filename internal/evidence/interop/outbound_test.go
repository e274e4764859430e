package interop_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestTokensOfTheKit verifies there what our test kit signed: golang-jwt with
// keys that the bridge gives it, jwx with the kit's JWK.
func TestTokensOfTheKit(t *testing.T) {
	for _, alg := range keys.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			signer := verifiertest.NewSigner(t, alg, "key-1")
			other := verifiertest.NewSigner(t, alg, "key-1")
			raw := signer.Sign(asMap(testClaims()))
			for _, p := range peers {
				t.Run(p.name, func(t *testing.T) {
					p.skipUnknown(t, alg)
					testTokenAt(t, p, alg, signer, other, raw)
				})
			}
		})
	}
}

func testTokenAt(t *testing.T, p peer, alg keys.Algorithm, signer, other *verifiertest.Signer, raw string) {
	subject, err := p.verify(t, alg, signer, raw)
	if err != nil || subject != testSubject {
		t.Errorf("%s says %q, %v; want %q", p.name, subject, err, testSubject)
	}
	for _, bad := range []struct {
		name   string
		signer *verifiertest.Signer
		raw    string
	}{
		{"payload changed", signer, replaced(t, raw, payload, testSubject, "user-124")},
		{"signature flipped", signer, flipped(t, raw, len(signatureOf(t, raw))/2)},
		{"another key", other, raw},
	} {
		if subject, err := p.verify(t, alg, bad.signer, bad.raw); err == nil {
			t.Errorf("%s: %s accepts it, as of %q", bad.name, p.name, subject)
		}
	}
}
