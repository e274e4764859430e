package bridge_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/bridge"
)

// published is a JWK Set as keyfunc usually gets it from a URL.
const published = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`

// A program moves from golang-jwt and keyfunc to this library in two steps, in
// either order: its keys first, or its verifying.
func Example() {
	// keyfunc gets the keys, and a verifier uses them.
	old, err := keyfunc.NewJWKSetJSON([]byte(published))
	if err != nil {
		fmt.Println(err)
		return
	}
	src := bridge.FromKeyfunc(old) // pass it to verifier.New
	found, err := src.Find(context.Background(), keys.Hint{KeyID: "a", Algorithm: keys.EdDSA})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found)

	// This library gets the keys, and golang-jwt verifies. It has its own rules, so
	// state the methods, the issuer and the audience.
	secret := []byte("32 random bytes, from a vault ...")
	shared, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "https://issuer.example", "aud": "my-api", "sub": "user-123", "exp": float64(4102444800),
	}).SignedString(secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	tok, err := jwt.Parse(raw, bridge.Keyfunc(shared),
		jwt.WithValidMethods([]string{"HS256"}),
		jwt.WithIssuer("https://issuer.example"), jwt.WithAudience("my-api"), jwt.WithExpirationRequired())
	switch {
	case errors.Is(err, keys.ErrUnavailable):
		fmt.Println("try again later:", err)
	case err != nil:
		fmt.Println("refused:", err)
	default:
		fmt.Println(tok.Claims.GetSubject())
	}
	// Output:
	// [key "a" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)]
	// user-123 <nil>
}
