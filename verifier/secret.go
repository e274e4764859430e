package verifier

import (
	"strings"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/keys"
)

// notSignedWith is why a signature does not verify, as far as the keys that were
// tried show it; nil where they do not.
func notSignedWith(try candidates) error {
	for _, k := range try.keys[:try.n] {
		if isSecret(k) {
			return &misreadSecret{k}
		}
	}
	return nil
}

func isSecret(k *keys.Key) bool { return k.Thumbprint() == "" }

// A misreadSecret is worded only when somebody reads it.
type misreadSecret struct{ key *keys.Key }

func (m *misreadSecret) Error() string {
	for _, v := range keys.Variants(m.key) {
		if encoding, ok := strings.CutPrefix(v.Name, "decoded from "); ok {
			return "the secret looks like " + encoding + "; if it is, " + v.Advice
		}
	}
	return "the token was changed, or its signer has another secret"
}

// explainSecret says in which other reading a secret verifies msg, and what to do
// about it; "" for none. It is for people: msg is not to be trusted for it.
func explainSecret(msg *jws.Message, ks []*keys.Key) string {
	for _, k := range ks {
		for _, v := range keys.Variants(k) {
			if v.Key.Verify(msg.Signed, msg.Signature) == nil {
				return "it verifies with the secret " + v.Name + ": " + v.Advice
			}
		}
	}
	return ""
}
