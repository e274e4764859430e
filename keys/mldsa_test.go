package keys_test

import (
	"crypto/fips140"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// TestMLDSAVectors reads the examples of RFC 9964: their key IDs are
// thumbprints.
func TestMLDSAVectors(t *testing.T) {
	doc, err := os.ReadFile("../../shared/vectors/rfc_vectors.json")
	if err != nil {
		t.Skip("the RFC vectors are not beside this checkout")
	}
	var file struct {
		Cases []struct {
			Name, Token string
			JWK         json.RawMessage
		}
	}
	if err := json.Unmarshal(doc, &file); err != nil {
		t.Fatal(err)
	}
	if fips140.Enforced() && !keys.MLDSAInModule {
		t.Skip("ML-DSA cannot be used in FIPS 140-only mode")
	}
	verified := 0
	for _, c := range file.Cases {
		if !strings.HasPrefix(c.Name, "rfc/rfc9964-") {
			continue
		}
		ks, _, err := keys.Parse(c.JWK)
		if strings.HasSuffix(c.Name, "-alg-in-key") {
			if err == nil {
				t.Errorf("%s: the key is accepted: %v", c.Name, ks)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if ks[0].Thumbprint() != ks[0].ID() {
			t.Errorf("%s: the thumbprint is %s, not %s", c.Name, ks[0].Thumbprint(), ks[0].ID())
		}
		message, signature := parts(t, c.Token)
		err = ks[0].Verify(message, signature)
		if modified := strings.HasSuffix(c.Name, "-modified"); modified != (err != nil) {
			t.Errorf("%s: Verify: %v", c.Name, err)
		}
		verified++
	}
	if verified != 6 {
		t.Errorf("%d tokens were verified, want 6", verified)
	}
}
