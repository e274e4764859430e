package httpauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jwtverify/jwtverify/httpauth"
)

// A handler for CORS goes outside the Middleware. There it answers preflights,
// which carry no token, and it lets a page read a 401.
func Example_cors() {
	auth := httpauth.New(exampleVerifier())
	api := allowOrigin("https://app.example", auth.Handler(http.NotFoundHandler()))

	preflight := httptest.NewRequest(http.MethodOptions, "/items", nil)
	preflight.Header.Set("Origin", "https://app.example")
	preflight.Header.Set("Access-Control-Request-Method", "GET")
	preflight.Header.Set("Access-Control-Request-Headers", "authorization")
	expired := httptest.NewRequest(http.MethodGet, "/items", nil)
	expired.Header.Set("Origin", "https://app.example")
	expired.Header.Set("Authorization", "Bearer abc")
	for _, r := range []*http.Request{preflight, expired} {
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, r)
		h := rec.Header()
		fmt.Printf("%d %s %q\n", rec.Code, h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Expose-Headers"))
	}
	// Output:
	// 204 https://app.example ""
	// 401 https://app.example "WWW-Authenticate"
}

// allowOrigin stands for a handler for CORS, such as that of rs/cors.
func allowOrigin(origin string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Origin")
		if r.Header.Get("Origin") == origin {
			h.Set("Access-Control-Allow-Origin", origin)
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Headers", "Authorization")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
