package dpop

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/publicjwk"
	"github.com/jwtverify/jwtverify/keys"
)

// A proof is what a DPoP field says, once its signature has verified.
type proof struct {
	*claims.Set
	jti, htm, htu, ath, nonce string
}

// open parses the proof in field and verifies its signature with the key that
// the proof itself carries. That key means nothing unless its thumbprint is jkt,
// which the verified token states.
func (c *Checker) open(field, jkt string) (*proof, error) {
	m, jwk, err := c.parser.ParseEmbedded(field)
	if err != nil {
		return nil, invalid(err)
	}
	defer m.Free()
	if !isProofType(m.Type) { // RFC 9449 §4.2
		return nil, invalid(errType)
	}
	alg := keys.Algorithm(m.Algorithm)
	if !slices.Contains(c.algorithms, alg) {
		return nil, invalid(fmt.Errorf("alg %s is not accepted (see WithAlgorithms)", message.Quote(m.Algorithm)))
	}
	key, err := embeddedKey(jwk, alg)
	if err != nil {
		return nil, invalid(of("jwk", err))
	}
	// Before the signature, so that only the holder of the token's key can make
	// the server compute one.
	if subtle.ConstantTimeCompare([]byte(key.Thumbprint()), []byte(jkt)) != 1 { // RFC 9449 §6.1
		return nil, otherKey()
	}
	if err := key.Verify(m.Signed, m.Signature); err != nil {
		return nil, invalid(err)
	}
	return read(m.Payload)
}

// read returns the claims of RFC 9449 §4.2. A missing one is "".
func read(payload []byte) (*proof, error) {
	set, err := claims.Parse(payload)
	if err != nil {
		return nil, invalid(err)
	}
	p := &proof{Set: set, jti: set.ID}
	for name, to := range map[string]*string{"htm": &p.htm, "htu": &p.htu, "ath": &p.ath, "nonce": &p.nonce} {
		if *to, _, err = claims.Value[string](set, name); err != nil {
			return nil, invalid(err)
		}
	}
	return p, nil
}

var errType = errors.New(`typ is not "dpop+jwt"`)

// isProofType compares typ as a media type: without case, and with or without
// "application/" (RFC 7515 §4.1.9).
func isProofType(typ string) bool {
	return ascii.EqualFold(typ, "dpop+jwt") || ascii.EqualFold(typ, "application/dpop+jwt")
}

// embeddedKey reads the public key in the header of a proof, to verify alg. This
// is the only place in the module that takes a key from what it verifies.
func embeddedKey(jwk string, alg keys.Algorithm) (*keys.Key, error) {
	hasAlgorithm, err := publicjwk.Check(jwk) // RFC 9449 §4.3 (7)
	if err != nil {
		return nil, err
	}
	// A key without an algorithm takes that of the proof. Package keys refuses one
	// that its type cannot have.
	if !hasAlgorithm {
		jwk = fmt.Sprintf(`{"alg":%q,%s`, alg, jwk[1:]) // alg is one of c.algorithms
	}
	ks, _, err := keys.Parse([]byte(jwk))
	if err != nil {
		return nil, err
	}
	if len(ks) != 1 || !ks[0].Accepts(alg) || ks[0].Thumbprint() == "" {
		return nil, publicjwk.ErrNoPublic
	}
	return ks[0], nil
}
