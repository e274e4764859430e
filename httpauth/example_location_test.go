package httpauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// A proxy such as Cloudflare Access sends the token in a field and in a cookie, and
// never in the Authorization field.
func ExampleWithLocation() {
	access := verifier.Location{
		Headers:  []string{"Cf-Access-Jwt-Assertion"},
		Cookies:  []string{"CF_Authorization"},
		Repeated: true,
	}
	auth := httpauth.New(exampleVerifier(), httpauth.WithLocation(access))
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		fmt.Fprintln(w, "Hello", tok.Subject)
	}))

	send := func(inField, inCookie string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cf-Access-Jwt-Assertion", inField)
		r.AddCookie(&http.Cookie{Name: "CF_Authorization", Value: inCookie})
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		fmt.Print(rec.Code, " ", rec.Body)
	}
	alice, bob := exampleToken("alice", ""), exampleToken("bob", "")
	send(alice, alice)
	send(alice, bob)
	// Output:
	// 200 Hello alice
	// 400 {"error":"invalid_request","error_description":"The request is malformed or carries more than one token."}
}
