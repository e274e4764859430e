package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
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

var exampleSecret = []byte("for examples only: 32 bytes or more")

// exampleVerifier stands for the verifier of a program; see package verifier.
func exampleVerifier() *verifier.Keyed {
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

// exampleToken stands for a token that an issuer made.
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

// request calls h with a token, if it is not empty, and prints the status, the
// body and the challenges of the answer.
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

// A page for signed-in users only.
func ExampleMiddleware_Handler() {
	v := exampleVerifier()
	auth := httpauth.New(v, httpauth.WithRealm("items"))
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

// A route that needs a scope.
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

// A broad scope that implies narrower ones.
func ExampleWithScopeHierarchy() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithScopeHierarchy(map[string][]string{
		"items:admin": {"items:write"},
		"items:write": {"items:read"},
	}))
	list := auth.RequireScope("items:read")(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "no items yet")
	}))

	request(list, http.MethodGet, "/items", exampleToken("user-123", "items:admin"))
	// Output: 200 no items yet
}

// A public page that greets users who are signed in.
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

// An answer in your own words. The challenge is already set.
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

// The detail that clients never see goes to the log.
func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{} // the output must not change from run to run
			}
			return a
		},
	}))
	auth := httpauth.New(exampleVerifier(), httpauth.WithLogger(logger))

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+exampleToken("user-123", "items:read"))
	auth.RequireScope("items:write")(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// level=INFO msg="request refused" verdict=forbidden reason=insufficient_scope status=403 error="claims: scope: insufficient scope: lacks \"items:write\"" sub=user-123
}

// The token of a browser in a cookie, that of a program in the Authorization
// field. Both together are refused.
func ExampleWithExtractor() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithExtractor(httpauth.Cookie("session"), httpauth.Bearer()))

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: exampleToken("user-123", "")})
	tok, err := auth.Authenticate(r)
	if err != nil {
		panic(err)
	}
	fmt.Println(tok.Subject)

	r.Header.Set("Authorization", "Bearer "+exampleToken("user-456", ""))
	_, err = auth.Authenticate(r)
	fmt.Println(httpauth.Status(err), err)
	// Output:
	// user-123
	// 400 httpauth: malformed request: a token in two places; send it in one
}

// A gateway that does not pass the token on.
func ExampleWithoutCredential() {
	auth := httpauth.New(exampleVerifier(), httpauth.WithoutCredential())
	gateway := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		fmt.Fprintf(w, "forwarded for %s with %d Authorization fields", tok.Subject, len(r.Header["Authorization"]))
	}))

	request(gateway, http.MethodGet, "/", exampleToken("user-123", ""))
	// Output: 200 forwarded for user-123 with 0 Authorization fields
}

// A test of a handler, with a token that nobody had to sign.
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

// A route that needs a role. Package claims has more validators.
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

// A middleware for a framework whose handlers have another type.
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
