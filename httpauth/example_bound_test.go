package httpauth_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
)

// A server for tokens that are bound to a certificate or to a DPoP key; to add
// an item, a token has to be.
func ExampleWithProof() {
	proofs, err := dpop.New(dpop.WithAlgorithms(keys.ES256, keys.EdDSA), dpop.WithBaseURL("https://api.example"))
	if err != nil {
		panic(err)
	}
	auth := httpauth.New(exampleVerifier(), httpauth.WithProof(proofs), httpauth.WithClientCertificate())
	mux := http.NewServeMux()
	mux.Handle("GET /items", auth.Handler(http.NotFoundHandler()))
	mux.Handle("POST /items", auth.RequireBound()(http.NotFoundHandler()))

	request(mux, http.MethodPost, "/items", exampleToken("user-123", ""))
	// Output:
	// 401 {"error":"invalid_token","error_description":"Proof of possession is missing or invalid."}
	//     Bearer realm="api", error="invalid_token", error_description="Proof of possession is missing or invalid."
	//     DPoP realm="api", algs="ES256 EdDSA"
}

// A transfer of money asks for a second factor, used in the last five minutes.
func ExampleMiddleware_RequireAuthLevel() {
	auth := httpauth.New(exampleVerifier())
	transfer := auth.RequireAuthLevel(httpauth.ACR("urn:example:mfa"), httpauth.MaxAuthAge(5*time.Minute))

	request(transfer(http.NotFoundHandler()), http.MethodPost, "/transfers", exampleToken("user-123", ""))
	// Output:
	// 401 {"error":"insufficient_user_authentication","error_description":"The user must sign in again, or with a stronger method."}
	//     Bearer realm="api", error="insufficient_user_authentication", error_description="The user must sign in again, or with a stronger method.", acr_values="urn:example:mfa", max_age="300"
}

// The document of a resource with a path is where RFC 9728 puts it.
func ExampleMetadata_WellKnown() {
	doc := httpauth.Metadata{
		Resource:             "https://api.example/items",
		AuthorizationServers: []string{"https://issuer.example"},
	}
	at, err := doc.WellKnown()
	if err != nil {
		panic(err)
	}
	auth := httpauth.New(exampleVerifier(), httpauth.WithResourceMetadata(at.String()))
	mux := http.NewServeMux()
	mux.Handle(at.Path, doc)
	mux.Handle("/items", auth.Handler(http.NotFoundHandler()))

	fmt.Println(at)
	request(mux, http.MethodGet, "/items", "")
	// Output:
	// https://api.example/.well-known/oauth-protected-resource/items
	// 401 {"error_description":"A bearer token is required."}
	//     Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource/items"
}
