package httpauth_test

import (
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
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// An items service has a page for everybody, a page for known users, and a
// route for those who may delete.
type itemsService struct{ auth *httpauth.Middleware }

func (s *itemsService) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.auth.Optional(http.HandlerFunc(s.home)))
	mux.Handle("GET /me", s.auth.Handler(http.HandlerFunc(s.me)))
	mux.Handle("DELETE /items/{id}", s.auth.RequireScope("items:write")(http.HandlerFunc(s.deleteItem)))
	return mux
}

func (s *itemsService) home(w http.ResponseWriter, r *http.Request) {
	if tok, ok := httpauth.FromContext(r.Context()); ok {
		fmt.Fprint(w, "welcome back, ", tok.Subject)
		return
	}
	fmt.Fprint(w, "welcome, please sign in")
}

func (s *itemsService) me(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context()) // there is one: Handler has checked
	fmt.Fprint(w, "you are ", tok.Subject)
}

func (s *itemsService) deleteItem(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "deleted item ", r.PathValue("id"))
}

// Example is a whole program: a verifier, a server with three routes, and a
// client that calls them.
func Example() {
	// The server. Most services get their keys from an identity provider, by
	// keys.NewOIDC; a shared secret keeps the example short.
	secret := []byte("for examples only: 32 bytes or more")
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(src,
		verifier.WithIssuer("https://issuer.example"),
		verifier.WithAudience("https://api.example"))
	if err != nil {
		log.Fatal(err)
	}
	service := &itemsService{auth: httpauth.New(v)}
	srv := httptest.NewServer(service.routes())
	defer srv.Close()

	// The issuer signs a token for a user who may read.
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, nil)
	if err != nil {
		log.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss":   "https://issuer.example",
		"aud":   "https://api.example",
		"sub":   "user-123",
		"scope": "items:read",
		"exp":   time.Now().Add(time.Hour).Unix(),
	}).Serialize()
	if err != nil {
		log.Fatal(err)
	}

	// The client.
	for _, call := range []struct{ method, path, token string }{
		{"GET", "/", ""},
		{"GET", "/", token},
		{"GET", "/me", ""},
		{"GET", "/me", token},
		{"GET", "/me", token + "x"},
		{"DELETE", "/items/7", token},
	} {
		req, err := http.NewRequest(call.method, srv.URL+call.path, nil)
		if err != nil {
			log.Fatal(err)
		}
		if call.token != "" {
			req.Header.Set("Authorization", "Bearer "+call.token)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(call.method, call.path, res.StatusCode, strings.TrimSpace(string(body)))
	}
	// Output:
	// GET / 200 welcome, please sign in
	// GET / 200 welcome back, user-123
	// GET /me 401 {"error_description":"A bearer token is required."}
	// GET /me 200 you are user-123
	// GET /me 401 {"error":"invalid_token","error_description":"The token is not valid."}
	// DELETE /items/7 403 {"error":"insufficient_scope","error_description":"The token does not grant the required access."}
}
