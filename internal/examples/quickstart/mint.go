package main

import (
	"crypto/rand"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// mint makes a random HS256 secret, and a token for sub that is signed with it and
// expires after ttl. This library only verifies, so go-jose signs.
func mint(sub string, ttl time.Duration) (secret []byte, token string, err error) {
	secret = make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, new(jose.SignerOptions).WithType("JWT"))
	if err != nil {
		return nil, "", err
	}
	now := time.Now()
	token, err = jwt.Signed(signer).Claims(jwt.Claims{
		Subject:  sub,
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(ttl)),
	}).Serialize()
	return secret, token, err
}
