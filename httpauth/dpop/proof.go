package dpop

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A proof is what a DPoP field says, once its signature verified.
type proof struct {
	*claims.Set
	jti, htm, htu, ath, nonce string
}

// open reads the proof in field and has its signature checked by the key that
// it brings, which has to be the one with the thumbprint jkt.
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
	// Before the signature: others than the holder of the token's key make us
	// compute nothing.
	if subtle.ConstantTimeCompare([]byte(key.Thumbprint()), []byte(jkt)) != 1 { // RFC 9449 §6.1
		return nil, otherKey()
	}
	if err := key.Verify(m.Signed, m.Signature); err != nil {
		return nil, invalid(err)
	}
	return read(m.Payload)
}

// read takes the claims of RFC 9449 §4.2; a missing one is "".
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

// isProofType compares as media types do: in any case, and "application/" may
// be left out (RFC 7515 §4.1.9).
func isProofType(typ string) bool {
	typ = lower(typ)
	return typ == "dpop+jwt" || typ == "application/dpop+jwt"
}
