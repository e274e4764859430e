package interop_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	fiber2 "github.com/gofiber/fiber/v2"
	adaptor2 "github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/golang-jwt/jwt/v5"
	"github.com/labstack/echo/v4"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A framework has handlers of its own type, with the same routes as a router in
// routers_test.go. reached is called by every protected handler. serve returns a URL.
type framework struct {
	name  string
	serve func(t *testing.T, auth *httpauth.Middleware, reached func()) (url string)
}

var frameworks = []framework{{"gin", serveGin}, {"echo", serveEcho}, {"fiber v2", serveFiber2}, {"fiber v3", serveFiber}}

type wrapping = func(http.Handler) http.Handler

// hello is what a handler answers.
func helloTo(ctx context.Context, id string) string {
	who := "nobody"
	if tok, ok := verifier.FromContext(ctx); ok {
		who = tok.Subject
	}
	return strings.TrimSpace("hello " + who + " " + id)
}

// ginProtect makes a handler of gin. What it does not abort, gin goes on with.
func ginProtect(m wrapping) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		m(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed, c.Request = true, r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

func serveGin(t *testing.T, auth *httpauth.Middleware, reached func()) string {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.GET("/public", func(c *gin.Context) { c.String(http.StatusOK, helloTo(c.Request.Context(), "")) })
	say := func(c *gin.Context) {
		reached()
		c.String(http.StatusOK, helloTo(c.Request.Context(), c.Param("id")))
	}
	r.GET("/me", ginProtect(auth.Handler), say)
	r.GET("/items/:id", ginProtect(auth.RequireScope("items")), say)
	return serveHTTP(t, r)
}

func serveEcho(t *testing.T, auth *httpauth.Middleware, reached func()) string {
	e := echo.New()
	e.GET("/public", func(c echo.Context) error {
		return c.String(http.StatusOK, helloTo(c.Request().Context(), ""))
	})
	say := func(c echo.Context) error {
		reached()
		return c.String(http.StatusOK, helloTo(c.Request().Context(), c.Param("id")))
	}
	e.GET("/me", say, echo.WrapMiddleware(auth.Handler))
	e.GET("/items/:id", say, echo.WrapMiddleware(auth.RequireScope("items")))
	return serveHTTP(t, e)
}

// fiber2Protect makes a handler of Fiber v2, and puts the token where handlers look.
func fiber2Protect(m wrapping) fiber2.Handler {
	return func(c *fiber2.Ctx) error {
		passed := false
		err := adaptor2.HTTPHandler(m(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			tok, _ := verifier.FromContext(r.Context())
			c.SetUserContext(verifier.NewContext(c.UserContext(), tok))
			passed = true
		})))(c)
		if err != nil || !passed {
			return err
		}
		return c.Next()
	}
}

func serveFiber2(t *testing.T, auth *httpauth.Middleware, reached func()) string {
	app := fiber2.New(fiber2.Config{DisableStartupMessage: true})
	app.Get("/public", func(c *fiber2.Ctx) error { return c.SendString(helloTo(c.UserContext(), "")) })
	say := func(c *fiber2.Ctx) error {
		reached()
		return c.SendString(helloTo(c.UserContext(), c.Params("id")))
	}
	app.Get("/me", fiber2Protect(auth.Handler), say)
	app.Get("/items/:id", fiber2Protect(auth.RequireScope("items")), say)
	l := listen(t)
	go app.Listener(l)
	t.Cleanup(func() { app.Shutdown() })
	return "http://" + l.Addr().String()
}

// fiberProtect is fiber2Protect for v3.
func fiberProtect(m wrapping) fiber.Handler {
	return func(c fiber.Ctx) error {
		passed := false
		err := adaptor.HTTPHandler(m(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			tok, _ := verifier.FromContext(r.Context())
			c.SetContext(verifier.NewContext(c.Context(), tok))
			passed = true
		})))(c)
		if err != nil || !passed {
			return err
		}
		return c.Next()
	}
}

func serveFiber(t *testing.T, auth *httpauth.Middleware, reached func()) string {
	app := fiber.New()
	app.Get("/public", func(c fiber.Ctx) error { return c.SendString(helloTo(c.Context(), "")) })
	say := func(c fiber.Ctx) error {
		reached()
		return c.SendString(helloTo(c.Context(), c.Params("id")))
	}
	app.Get("/me", fiberProtect(auth.Handler), say)
	app.Get("/items/:id", fiberProtect(auth.RequireScope("items")), say)
	return serveApp(t, app)
}

func serveApp(t *testing.T, app *fiber.App) string {
	l := listen(t)
	go app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
	t.Cleanup(func() { app.Shutdown() })
	return "http://" + l.Addr().String()
}

func serveHTTP(t *testing.T, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// signing returns a verifier and what signs tokens for it, with a scope and, if it is
// not testSubject, another subject.
func signing(t *testing.T, opts ...verifier.Option) (v *verifier.Keyed, sign func(subject, scope string) string) {
	t.Helper()
	secret := []byte("a secret of at least thirty-two bytes")
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = verifier.New(src, opts...); err != nil {
		t.Fatal(err)
	}
	return v, func(subject, scope string) string {
		c := jwt.MapClaims{"sub": subject, "exp": time.Now().Add(time.Hour).Unix(), "scope": scope}
		raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
}

// TestFrameworks puts a Middleware into frameworks with handlers of their own, by the
// few lines that the guide shows.
func TestFrameworks(t *testing.T) {
	v, sign := signing(t)
	plain, items := sign(testSubject, "other"), sign(testSubject, "items")
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			var reached atomic.Int64
			url := f.serve(t, httpauth.New(v), func() { reached.Add(1) })
			for _, test := range []struct{ path, token, want string }{
				{"/public", "", "200 hello nobody"},
				{"/me", "", "401"},
				{"/me", "bad", "401"},
				{"/me", plain, "200 hello " + testSubject},
				{"/items/7", "", "401"},
				{"/items/7", plain, "403"},
				{"/items/7", items, "200 hello " + testSubject + " 7"},
				{"/nowhere", "", "404"},
			} {
				before := reached.Load()
				if got := ask(t, url, "GET", test.path, test.token); got != test.want {
					t.Errorf("GET %s is %q, want %q", test.path, got, test.want)
				}
				passed := strings.HasPrefix(test.want, "200") && test.path != "/public"
				if got := reached.Load() - before; got != 0 != passed {
					t.Errorf("GET %s with the answer %s reached the handler %d times", test.path, test.want, got)
				}
			}
			if got := ask(t, url, "POST", "/public", ""); got != "405" {
				t.Errorf("POST /public is %q, want 405", got)
			}
		})
	}
}

// TestGinNeedsAbort: a handler of gin that only refuses is followed by the next one. So
// is one that gin.WrapH makes.
func TestGinNeedsAbort(t *testing.T) {
	v, _ := signing(t)
	auth := httpauth.New(v)
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	reached := 0
	next := func(*gin.Context) { reached++ }
	r.GET("/wraph", gin.WrapH(auth.Handler(http.NotFoundHandler())), next)
	r.GET("/no-abort", func(c *gin.Context) {
		if _, err := auth.AuthenticateWith(c.Writer.Header(), c.Request); err != nil {
			auth.Refuse(c.Writer, c.Request, err)
		}
	}, next)
	url := serveHTTP(t, r)
	for n, path := range []string{"/wraph", "/no-abort"} {
		if got := ask(t, url, "GET", path, ""); got != "401" || reached != n+1 {
			t.Errorf("%s is %s, and %d handlers were reached: the guide's warning is out of date", path, got, reached)
		}
	}
}

// TestGinContextHasNoToken: that of the request has.
func TestGinContextHasNoToken(t *testing.T) {
	v, sign := signing(t)
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/", ginProtect(httpauth.New(v).Handler), func(c *gin.Context) {
		_, own := verifier.FromContext(c)
		_, request := verifier.FromContext(c.Request.Context())
		if own || !request {
			t.Errorf("found in gin's context %v and in that of the request %v", own, request)
		}
	})
	if got := ask(t, serveHTTP(t, r), "GET", "/", sign(testSubject, "")); !strings.HasPrefix(got, "200") {
		t.Errorf("the answer is %s", got)
	}
}

// TestEchoWrapMiddleware: a refusal is not an error of echo's, and a middleware of the
// whole server refuses what is not there.
func TestEchoWrapMiddleware(t *testing.T) {
	v, sign := signing(t)
	wrapped := echo.WrapMiddleware(httpauth.New(v).Handler)
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) { t.Errorf("echo's error handler got %v", err) }
	outer := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			if err != nil {
				t.Errorf("an outer middleware got %v", err)
			}
			if got := c.Response().Status; got != http.StatusUnauthorized && c.Request().Header.Get("Authorization") == "" {
				t.Errorf("an outer middleware reads the status %d", got)
			}
			return err
		}
	}
	e.Use(outer, wrapped)
	e.GET("/", func(c echo.Context) error {
		if c.Get("user") != nil {
			t.Error("the token is in c.Get: the guide is out of date")
		}
		return c.String(http.StatusOK, helloTo(c.Request().Context(), ""))
	})
	url := serveHTTP(t, e)
	for _, test := range []struct{ path, token, want string }{
		{"/", "", "401"},
		{"/", sign(testSubject, ""), "200 hello " + testSubject},
		{"/nowhere", "", "401"}, // not 404
	} {
		if got := ask(t, url, "GET", test.path, test.token); got != test.want {
			t.Errorf("GET %s is %q, want %q", test.path, got, test.want)
		}
	}
}

// TestFiberLosesContexts: behind Fiber's own adaptor the token is in the context of
// fasthttp, and not in that of the handler.
func TestFiberLosesContexts(t *testing.T) {
	v, sign := signing(t)
	auth := httpauth.New(v)
	app := fiber.New()
	app.Use(adaptor.HTTPMiddleware(auth.Handler))
	app.Get("/", func(c fiber.Ctx) error {
		_, lost := verifier.FromContext(c.Context())
		_, kept := httpauth.FromContext(c.RequestCtx())
		_, own := auth.FromContext(c.RequestCtx())
		if lost || !kept || !own {
			t.Errorf("v3: found in Context %v, in RequestCtx %v, as its own %v", lost, kept, own)
		}
		return nil
	})
	app2 := fiber2.New(fiber2.Config{DisableStartupMessage: true})
	app2.Use(adaptor2.HTTPMiddleware(auth.Handler))
	app2.Get("/", func(c *fiber2.Ctx) error {
		_, lost := verifier.FromContext(c.UserContext())
		_, kept := httpauth.FromContext(c.Context())
		_, own := auth.FromContext(c.Context())
		if lost || !kept || !own {
			t.Errorf("v2: found in UserContext %v, in Context %v, as its own %v", lost, kept, own)
		}
		return nil
	})
	l := listen(t)
	go app2.Listener(l)
	t.Cleanup(func() { app2.Shutdown() })
	for _, url := range []string{serveApp(t, app), "http://" + l.Addr().String()} {
		if got := ask(t, url, "GET", "/", ""); got != "401" {
			t.Errorf("without a token: %s", got)
		}
		if got := ask(t, url, "GET", "/", sign(testSubject, "")); got != "200 " {
			t.Errorf("with a token: %s", got)
		}
	}
}

// TestFiberReusesItsBuffers: a token outlives its request, also one from the cache. Fiber
// writes the next request over the strings of the one before.
func TestFiberReusesItsBuffers(t *testing.T) {
	v, sign := signing(t, verifier.WithCache(100))
	app := fiber.New()
	var kept []*verifier.Token
	app.Get("/", fiberProtect(httpauth.New(v).Handler), func(c fiber.Ctx) error {
		tok, _ := verifier.FromContext(c.Context())
		kept = append(kept, tok)
		return c.SendString(tok.Subject)
	})
	url := serveApp(t, app)
	var subjects, tokens []string
	for _, letter := range "abcdefghij" {
		subjects = append(subjects, strings.Repeat(string(letter), 20))
		tokens = append(tokens, sign(subjects[len(subjects)-1], "x"))
	}
	for range 3 { // the second and third time from the cache
		for n, raw := range tokens {
			if got := ask(t, url, "GET", "/", raw); got != "200 "+subjects[n] {
				t.Errorf("%s is answered %s", subjects[n], got)
			}
			if got := ask(t, url, "GET", "/", tokens[n][:len(tokens[n])-4]+"AAAA"); got != "401" {
				t.Errorf("a changed token of %s is answered %s", subjects[n], got)
			}
		}
	}
	for n, tok := range kept {
		if want := subjects[n%len(subjects)]; tok.Subject != want || tok.Algorithm != keys.HS256 || tok.Type != "JWT" {
			t.Errorf("the token of %s is now one of %s, %s, %s", want, tok.Subject, tok.Algorithm, tok.Type)
		}
	}
}
