// Static verifies one token that is signed with a secret: ISSUER AUDIENCE SECRET TOKEN.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func main() {
	secret := []byte(os.Args[3])
	p := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(os.Args[1]), jwt.WithAudience(os.Args[2]),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(30*time.Second), jwt.WithStrictDecoding())
	if _, err := p.ParseWithClaims(os.Args[4], &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return secret, nil }); err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified")
}
