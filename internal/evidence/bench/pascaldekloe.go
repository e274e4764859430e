package bench

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"time"

	"github.com/pascaldekloe/jwt"
)

var pascaldekloe = Contender{
	Name:   "pascaldekloe/jwt",
	Module: "github.com/pascaldekloe/jwt",
	Verifier: func(m *Material) (func(string) error, error) {
		verify, err := pascaldekloeVerifier(m)
		return func(raw string) error {
			_, err := verify(raw)
			return err
		}, err
	},
	Decoder: func(m *Material) (func(string) (Profile, error), error) {
		verify, err := pascaldekloeVerifier(m)
		return func(raw string) (p Profile, err error) {
			c, err := verify(raw)
			if err != nil {
				return p, err
			}
			err = json.Unmarshal(c.Raw, &p)
			return p, err
		}, err
	},
}

func pascaldekloeVerifier(m *Material) (func(raw string) (*jwt.Claims, error), error) {
	check, err := pascaldekloeCheck(m)
	return func(raw string) (*jwt.Claims, error) {
		c, err := check([]byte(raw))
		if err != nil {
			return nil, err
		}
		if err := c.AcceptTemporal(time.Now(), leeway); err != nil {
			return nil, err
		}
		if !c.AcceptAudience(audience) {
			return nil, errPascaldekloe
		}
		return c, nil
	}, err
}

var errPascaldekloe = errors.New("bench: pascaldekloe/jwt finds another audience")

func pascaldekloeCheck(m *Material) (func(token []byte) (*jwt.Claims, error), error) {
	switch pub := m.PublicKey().(type) {
	case *rsa.PublicKey:
		return func(token []byte) (*jwt.Claims, error) { return jwt.RSACheck(token, pub) }, nil
	case *ecdsa.PublicKey:
		return func(token []byte) (*jwt.Claims, error) { return jwt.ECDSACheck(token, pub) }, nil
	case ed25519.PublicKey:
		return func(token []byte) (*jwt.Claims, error) { return jwt.EdDSACheck(token, pub) }, nil
	default:
		h, err := jwt.NewHMAC(string(m.Algorithm), m.secret)
		if err != nil {
			return nil, err
		}
		return h.Check, nil
	}
}
