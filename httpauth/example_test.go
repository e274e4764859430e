package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

var exampleSecret = []byte("only for examples: 32 bytes or more")

// exampleVerifier stands for the verifier of a program, see package verifier.
func exampleVerifier() *verifier.Local {
	src, err := keys.HMAC(keys.HS256, exampleSecret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src)
	if err != nil {
		panic(err)
	}
	return v
}

// exampleToken stands for what an issuer makes.
func exampleToken(sub, scope string) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: exampleSecret}, nil)
	if err != nil {
		panic(err)
	}
	exp := jwt.NewNumericDate(time.Now().Add(time.Hour))
	raw, err := jwt.Signed(signer).Claims(map[string]any{"sub": sub, "scope": scope, "exp": exp}).Serialize()
	if err != nil {
		panic(err)
	}
	return raw
}

// request sends a token and prints what comes back.
func request(h http.Handler, method, path, token string) {
	srv := httptest.NewServer(h)
	defer srv.Close()
	r, err := http.NewRequest(method, srv.URL+path, nil)
	if err != nil {
		panic(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := srv.Client().Do(r)
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(res.StatusCode, strings.TrimSpace(string(body)))
	for _, c := range res.Header["Www-Authenticate"] {
		fmt.Println("   ", c)
	}
}

// A page for people who are known, with their name.
func ExampleMiddleware_Handler() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithRealm("items"))
	mux := http.NewServeMux()
	mux.Handle("GET /me", auth.Handler(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			tok, _ := httpauth.FromContext(r.Context())
			fmt.Fprintln(w, "Hello", tok.Subject)
		})))

	request(mux, http.MethodGet, "/me", exampleToken("user-123", ""))
	request(mux, http.MethodGet, "/me", "")
	// Output:
	// 200 Hello user-123
	// 401 {"error_description":"A bearer token is required."}
	//     Bearer realm="items"
}

// A route that only tokens with a scope may use.
func ExampleMiddleware_RequireScope() {
	auth := httpauth.New(exampleVerifier())
	deleteItem := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "deleted", r.PathValue("id"))
	})
	mux := http.NewServeMux()
	mux.Handle("DELETE /items/{id}", auth.RequireScope("items:write")(deleteItem))

	request(mux, http.MethodDelete, "/items/7", exampleToken("user-123", "items:read items:write"))
	request(mux, http.MethodDelete, "/items/7", exampleToken("user-123", "items:read"))
	// Output:
	// 200 deleted 7
	// 403 {"error":"insufficient_scope","error_description":"The token does not grant the required access."}
	//     Bearer realm="api", error="insufficient_scope", error_description="The token does not grant the required access.", scope="items:write"
}

// A page for everybody, which greets those who are known.
func ExampleWithOptional() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithOptional())
	home := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tok, ok := httpauth.FromContext(r.Context()); ok {
			fmt.Fprintln(w, "Hello", tok.Subject)
			return
		}
		fmt.Fprintln(w, "Hello, please sign in")
	}))

	request(home, http.MethodGet, "/", exampleToken("user-123", ""))
	request(home, http.MethodGet, "/", "")
	// Output:
	// 200 Hello user-123
	// 200 Hello, please sign in
}

// An answer of your own words. The challenge is set already.
func ExampleWithErrorHandler() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithErrorHandler(
		func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "sorry: "+verifier.Reason(err), httpauth.Status(err))
		}))

	request(auth.Handler(http.NotFoundHandler()), http.MethodGet, "/", "abc")
	// Output:
	// 401 sorry: malformed
	//     Bearer realm="api", error="invalid_token", error_description="The token is not valid."
}

// The token in a cookie, or for programs in the Authorization field.
func ExampleWithExtractor() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithExtractor(httpauth.Cookie("session"), httpauth.Bearer()))

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: exampleToken("user-123", "")})
	tok, err := auth.Authenticate(r)
	fmt.Println(tok.Subject, err)

	r.Header.Set("Authorization", "Bearer "+exampleToken("user-456", ""))
	_, err = auth.Authenticate(r)
	fmt.Println(httpauth.Status(err), err)
	// Output:
	// user-123 <nil>
	// 400 httpauth: malformed request: a token in two places; send it in one
}

// A handler is tested with a token that nobody had to sign.
func ExampleNewContext() {
	greet := func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		fmt.Fprintln(w, "Hello", tok.Subject)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	tok := &verifier.Token{Set: &claims.Set{Subject: "user-123"}}
	rec := httptest.NewRecorder()
	greet(rec, r.WithContext(httpauth.NewContext(r.Context(), tok)))
	fmt.Print(rec.Body)
	// Output: Hello user-123
}

// Clients learn from the challenge where to learn how to get a token.
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

// A route that asks for a role, by a validator of package claims or of your own.
func ExampleMiddleware_Require() {
	auth := httpauth.New(exampleVerifier())
	isAdmin := claims.Typed(func(_ context.Context, c struct {
		Roles []string `json:"roles"`
	}) error {
		if !slices.Contains(c.Roles, "admin") {
			return errors.New("the role admin is missing")
		}
		return nil
	})

	request(auth.Require(isAdmin)(http.NotFoundHandler()), http.MethodGet, "/", exampleToken("user-123", ""))
	// Output:
	// 403 {"error":"insufficient_scope","error_description":"The token does not grant the required access."}
	//     Bearer realm="api", error="insufficient_scope", error_description="The token does not grant the required access."
}

// A middleware for a framework whose handlers are of another type.
func ExampleMiddleware_Refuse() {
	auth := httpauth.New(exampleVerifier())
	// With gin, w is c.Writer, r is c.Request, and next is c.Next.
	middleware := func(w http.ResponseWriter, r *http.Request, next func(*http.Request)) {
		tok, err := auth.AuthenticateWith(w.Header(), r)
		if err != nil {
			auth.Refuse(w, r, err)
			return
		}
		next(r.WithContext(httpauth.NewContext(r.Context(), tok)))
	}

	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware(w, r, func(r *http.Request) {
			tok, _ := httpauth.FromContext(r.Context())
			fmt.Fprintln(w, "Hello", tok.Subject)
		})
	})
	request(h, http.MethodGet, "/", exampleToken("user-123", ""))
	request(h, http.MethodGet, "/", "")
	// Output:
	// 200 Hello user-123
	// 401 {"error_description":"A bearer token is required."}
	//     Bearer realm="api"
}
