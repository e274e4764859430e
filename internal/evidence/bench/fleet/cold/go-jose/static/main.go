// Static verifies one token that is signed with a secret: ISSUER AUDIENCE SECRET TOKEN.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func main() {
	tok, err := jwt.ParseSigned(os.Args[4], []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		log.Fatal(err)
	}
	var c jwt.Claims
	if err := tok.Claims([]byte(os.Args[3]), &c); err != nil {
		log.Fatal(err)
	}
	expected := jwt.Expected{Issuer: os.Args[1], AnyAudience: jwt.Audience{os.Args[2]}, Time: time.Now()}
	if err := c.ValidateWithLeeway(expected, 30*time.Second); err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified")
}
