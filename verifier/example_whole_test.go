package verifier_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// The issuer and the API share this secret. A program reads it from its
// configuration.
var sharedSecret = []byte("only for examples: 32 bytes or more")

// A profile is what this API reads from a token beyond the registered claims.
type profile struct {
	Email string `json:"email"`
}

// issue stands for what the issuer does.
func issue(audience string, expiry time.Time) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: sharedSecret}, nil)
	if err != nil {
		panic(err)
	}
	raw, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": "https://issuer.example", "aud": audience, "sub": "user-123", "exp": expiry.Unix(), "email": "ann@mail.example",
	}).Serialize()
	if err != nil {
		panic(err)
	}
	return raw
}

// A verifier is made once, at the start, and shared by all requests.
func Example() {
	src, err := keys.HMAC(keys.HS256, sharedSecret) // or keys.NewOIDC, keys.Open, …
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src,
		verifier.WithIssuer("https://issuer.example"),
		verifier.WithAudience("https://api.example"))
	if err != nil {
		panic(err)
	}

	hour := time.Now().Add(time.Hour)
	for _, raw := range []string{
		issue("https://api.example", hour),
		issue("https://another.example", hour),
		issue("https://api.example", time.Unix(1_700_000_000, 0)),
		"hello",
	} {
		tok, err := v.Verify(context.Background(), raw)
		if err != nil {
			fmt.Println(verifier.Classify(err), verifier.Reason(err))
			continue
		}
		p, err := claims.Decode[profile](tok.Set)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("Hello", tok.Subject, p.Email)
	}
	// Output:
	// Hello user-123 ann@mail.example
	// invalid aud_mismatch
	// invalid expired
	// invalid malformed
}
