// JWKS verifies one token with a key that it fetches: ISSUER AUDIENCE URL TOKEN. The
// library does not fetch, so that part is net/http.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func main() {
	resp, err := http.Get(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		log.Fatal(err)
	}
	tok, err := jwt.ParseSigned(os.Args[4], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		log.Fatal(err)
	}
	var c jwt.Claims
	if err := tok.Claims(&set, &c); err != nil {
		log.Fatal(err)
	}
	expected := jwt.Expected{Issuer: os.Args[1], AnyAudience: jwt.Audience{os.Args[2]}, Time: time.Now()}
	if err := c.ValidateWithLeeway(expected, 30*time.Second); err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified")
}
