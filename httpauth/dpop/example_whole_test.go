package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A client holds a key and a token that is bound to it.
type client struct {
	key   *ecdsa.PrivateKey
	token string
	nonce string // the last that the server gave; "" if it asks for none
}

// thumbprint is what the issuer puts into the token as "jkt" (RFC 7638).
func (c *client) thumbprint() string {
	jwk := jose.JSONWebKey{Key: c.key.Public()}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// request makes a request with the token and a new proof (RFC 9449 §4.2).
func (c *client) request(method, url string) *http.Request {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: c.key},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		log.Fatal(err)
	}
	hash := sha256.Sum256([]byte(c.token))
	claims := map[string]any{
		"jti": rand.Text(), // never the same twice
		"htm": method,
		"htu": url, // without query and fragment
		"iat": time.Now().Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	}
	if c.nonce != "" {
		claims["nonce"] = c.nonce
	}
	proof, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "DPoP "+c.token)
	req.Header.Set("DPoP", proof)
	return req
}

// Example is a whole program: an issuer, a server that accepts tokens bound to
// a key, and a client that proves to hold the key.
func Example() {
	// The server. With an identity provider, the keys come from keys.NewOIDC.
	secret := []byte("for examples only: 32 bytes or more")
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithPossessionProven()) // by proofs, below
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	proofs, err := dpop.New(dpop.WithBaseURL(srv.URL))
	if err != nil {
		log.Fatal(err)
	}
	auth := httpauth.New(v, httpauth.WithProof(proofs))
	mux.Handle("GET /items", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		fmt.Fprint(w, "the items of ", tok.Subject)
	})))

	// The client makes a key, and the issuer a token for it.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	c := &client{key: key}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, nil)
	if err != nil {
		log.Fatal(err)
	}
	c.token, err = jwt.Signed(signer).Claims(map[string]any{
		"sub": "user-123",
		"exp": time.Now().Add(time.Hour).Unix(),
		"cnf": map[string]string{"jkt": c.thumbprint()},
	}).Serialize()
	if err != nil {
		log.Fatal(err)
	}

	good := c.request("GET", srv.URL+"/items")
	withoutProof := c.request("GET", srv.URL+"/items")
	withoutProof.Header.Del("DPoP")
	byBearer := c.request("GET", srv.URL+"/items")
	byBearer.Header.Set("Authorization", "Bearer "+c.token)
	for _, call := range []struct {
		name string
		*http.Request
	}{
		{"a new proof", good},
		{"the same proof again", good},
		{"no proof", withoutProof},
		{"by Bearer", byBearer},
	} {
		res, err := srv.Client().Do(call.Request)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d %s\n", call.name, res.StatusCode, strings.TrimSpace(string(body)))
	}
	// Output:
	// a new proof: 200 the items of user-123
	// the same proof again: 401 {"error":"invalid_dpop_proof","error_description":"The DPoP proof is not valid."}
	// no proof: 401 {"error":"invalid_dpop_proof","error_description":"The DPoP proof is not valid."}
	// by Bearer: 401 {"error":"invalid_token","error_description":"Proof of possession is missing or invalid."}
}
