package httpauth_test

import (
	"net/http"

	"github.com/jwtverify/jwtverify/httpauth"
)

// One route, whose requests need different scopes. A refusal names all of them at
// once, so that the client has to ask only once for a wider token.
func ExampleMiddleware_RequireFor() {
	auth := httpauth.New(exampleVerifier())
	guard := auth.RequireFor(func(r *http.Request) (httpauth.Need, error) {
		need := httpauth.Need{AllOf: []string{"items:read"}}
		if r.Method != http.MethodGet {
			need.AllOf = append(need.AllOf, "items:write")
		}
		return need, nil
	})
	mux := http.NewServeMux()
	mux.Handle("/items", guard(http.NotFoundHandler()))

	request(mux, http.MethodGet, "/items", "")
	request(mux, http.MethodDelete, "/items", "")
	// Output:
	// 401 {"error_description":"A bearer token is required."}
	//     Bearer realm="api", scope="items:read"
	// 401 {"error_description":"A bearer token is required."}
	//     Bearer realm="api", scope="items:read items:write"
}
