package httpauth_test

import (
	"fmt"
	"net/http"

	"github.com/jwtverify/jwtverify/httpauth"
)

// The challenge tells clients where to find the metadata, and the metadata tells
// them where to get a token.
func ExampleMetadata() {
	const path = "/.well-known/oauth-protected-resource"
	auth := httpauth.New(exampleVerifier(), httpauth.WithResourceMetadata("https://api.example"+path))
	mux := http.NewServeMux()
	mux.Handle("/", auth.Handler(http.NotFoundHandler()))
	mux.Handle(path, httpauth.Metadata{
		Resource:             "https://api.example",
		AuthorizationServers: []string{"https://issuer.example"},
	})

	request(mux, http.MethodGet, "/", "")
	request(mux, http.MethodGet, path, "")
	// Output:
	// 401 {"error_description":"A bearer token is required."}
	//     Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource"
	// 200 {"resource":"https://api.example","authorization_servers":["https://issuer.example"],"bearer_methods_supported":["header"]}
}

// RFC 9728 says where the document of a resource with a path belongs.
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
