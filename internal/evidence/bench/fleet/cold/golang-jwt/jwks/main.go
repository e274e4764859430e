// JWKS verifies one token with a key that keyfunc fetches: ISSUER AUDIENCE URL TOKEN.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

func main() {
	k, err := keyfunc.NewDefault([]string{os.Args[3]})
	if err != nil {
		log.Fatal(err)
	}
	p := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuer(os.Args[1]), jwt.WithAudience(os.Args[2]),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(30*time.Second), jwt.WithStrictDecoding())
	if _, err := p.ParseWithClaims(os.Args[4], &jwt.RegisteredClaims{}, k.Keyfunc); err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified")
}
