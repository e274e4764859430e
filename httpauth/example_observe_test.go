package httpauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jwtverify/jwtverify/httpauth"
)

// Outcome is a good label for a metric: there are seven.
func ExampleWithObserver() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithObserver(func(r *http.Request, e httpauth.Event) {
		fmt.Printf("%s %s %d %q %q\n", r.URL.Path, e.Outcome(), e.Status, e.From, e.Subject())
	}))
	h := auth.RequireScope("items:write")(http.NotFoundHandler())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/items", nil))

	r := httptest.NewRequest(http.MethodGet, "/items", nil)
	r.Header.Set("Authorization", "Bearer "+exampleToken("user-123", "items:read"))
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// /items no_token 401 "" ""
	// /items forbidden 403 "Bearer" "user-123"
}
