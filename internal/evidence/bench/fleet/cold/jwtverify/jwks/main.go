// JWKS verifies one token with a key that it fetches: ISSUER AUDIENCE URL TOKEN.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func main() {
	src, err := keys.NewRemote(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithIssuer(os.Args[1]), verifier.WithAudience(os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := v.Verify(context.Background(), os.Args[4]); err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified")
}
