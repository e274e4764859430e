package verifiertest

import (
	"encoding/base64"
	"testing"

	"github.com/jwtverify/jwtverify/internal/issuing"
	"github.com/jwtverify/jwtverify/keys"
)

// A Signer signs tokens with one key. It needs no server: give its [Signer.Key] to
// keys.Static.
type Signer struct {
	tb     testing.TB
	signer *issuing.Signer
}

// NewSigner makes a random key for any algorithm of package keys, and ends the test
// for any other. id is the key ID, which the tokens name as "kid"; with "" they have
// none. Two Signers with the same ID have different keys: the second is a forger.
func NewSigner(tb testing.TB, alg keys.Algorithm, id string) *Signer {
	tb.Helper()
	s, err := issuing.NewSigner(alg, id)
	if err != nil {
		tb.Fatalf("verifiertest: %v", err)
	}
	return &Signer{tb, s}
}

// Key returns the key that verifies what the Signer signs.
func (s *Signer) Key() *keys.Key { return s.signer.Key() }

// JWK returns the key as a JSON Web Key with "alg", "use" and, if it has one, "kid".
// It holds the whole of a secret, and only the public half of any other key.
func (s *Signer) JWK() []byte { return s.signer.JWK() }

// Sign returns a token with exactly these claims. Its header has alg, typ and, if the
// key has an ID, kid.
func (s *Signer) Sign(claims map[string]any) string {
	s.tb.Helper()
	return s.SignHeader(nil, claims)
}

// SignHeader is Sign with other members in the header (RFC 7515 §4), such as signer,
// or another typ or kid. A nil value leaves a member out, such as typ. An alg other
// than that of the key ends the test.
func (s *Signer) SignHeader(header, claims map[string]any) string {
	s.tb.Helper()
	return s.token(base64.RawURLEncoding, header, claims)
}

// SignPadded is SignHeader with "=" padding in all three parts, which the signature
// covers. RFC 7515 §2 forbids it, and an AWS Application Load Balancer does it.
func (s *Signer) SignPadded(header, claims map[string]any) string {
	s.tb.Helper()
	return s.token(base64.URLEncoding, header, claims)
}

func (s *Signer) token(encoding *base64.Encoding, header, claims map[string]any) string {
	s.tb.Helper()
	token, err := s.signer.Token(encoding, header, claims)
	if err != nil {
		s.tb.Fatalf("verifiertest: %v", err)
	}
	return token
}
