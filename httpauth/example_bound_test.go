package httpauth_test

import (
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A server that accepts tokens bound to a certificate or to a DPoP key, and for
// adding an item accepts no others. Package dpop has the client's side.
func ExampleWithProof() {
	proofs, err := dpop.New(dpop.WithAlgorithms(keys.ES256, keys.EdDSA), dpop.WithBaseURL("https://api.example"))
	if err != nil {
		panic(err)
	}
	src, err := keys.HMAC(keys.HS256, exampleSecret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src, verifier.WithPossessionProven()) // by the proofs below
	if err != nil {
		panic(err)
	}
	auth := httpauth.New(v, httpauth.WithProof(proofs), httpauth.WithClientCertificate())
	mux := http.NewServeMux()
	mux.Handle("GET /items", auth.Handler(http.NotFoundHandler()))
	mux.Handle("POST /items", auth.RequireBound()(http.NotFoundHandler()))

	request(mux, http.MethodPost, "/items", exampleToken("user-123", ""))
	// Output:
	// 401 {"error":"invalid_token","error_description":"Proof of possession is missing or invalid."}
	//     Bearer realm="api", error="invalid_token", error_description="Proof of possession is missing or invalid."
	//     DPoP realm="api", algs="ES256 EdDSA"
}

// A transfer of money needs a second factor, used within the last five minutes.
func ExampleMiddleware_RequireAuthLevel() {
	auth := httpauth.New(exampleVerifier())
	transfer := auth.RequireAuthLevel(httpauth.ACR("urn:example:mfa"), httpauth.MaxAuthAge(5*time.Minute))

	request(transfer(http.NotFoundHandler()), http.MethodPost, "/transfers", exampleToken("user-123", ""))
	// Output:
	// 401 {"error":"insufficient_user_authentication","error_description":"The user must sign in again, or with a stronger method."}
	//     Bearer realm="api", error="insufficient_user_authentication", error_description="The user must sign in again, or with a stronger method.", acr_values="urn:example:mfa", max_age="300"
}
