package interop_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"github.com/jwtverify/jwtverify/httpauth"
)

// Every router has the same routes: GET /public for anybody, GET /me with a
// token, and below /items/{id} what takes the scope "items" too. The protected
// ones are behind the middleware in wrap.
type router struct {
	name  string
	build func(auth *httpauth.Middleware, wrap func(http.Handler) http.Handler) http.Handler
}

var routers = []router{
	{"http.ServeMux", func(auth *httpauth.Middleware, wrap func(http.Handler) http.Handler) http.Handler {
		m := http.NewServeMux()
		m.HandleFunc("GET /public", greet(func(*http.Request) string { return "" }))
		m.Handle("GET /me", auth.Handler(wrap(greet(func(*http.Request) string { return "" }))))
		m.Handle("GET /items/{id}", auth.RequireScope("items")(wrap(greet(func(r *http.Request) string { return r.PathValue("id") }))))
		return m
	}},
	{"chi", func(auth *httpauth.Middleware, wrap func(http.Handler) http.Handler) http.Handler {
		m := chi.NewRouter()
		m.Get("/public", greet(func(*http.Request) string { return "" }))
		m.Group(func(m chi.Router) {
			m.Use(auth.Handler, wrap)
			m.Get("/me", greet(func(*http.Request) string { return "" }))
			m.Route("/items", func(m chi.Router) {
				m.Use(auth.RequireScope("items"))
				m.Get("/{id}", greet(func(r *http.Request) string { return chi.URLParam(r, "id") }))
			})
		})
		return m
	}},
	{"chi, route by route", func(auth *httpauth.Middleware, wrap func(http.Handler) http.Handler) http.Handler {
		m := chi.NewRouter()
		m.Get("/public", greet(func(*http.Request) string { return "" }))
		m.With(auth.Handler, wrap).Get("/me", greet(func(*http.Request) string { return "" }))
		m.With(auth.RequireScope("items"), wrap).Get("/items/{id}", greet(func(r *http.Request) string { return chi.URLParam(r, "id") }))
		return m
	}},
	{"gorilla/mux", func(auth *httpauth.Middleware, wrap func(http.Handler) http.Handler) http.Handler {
		m := mux.NewRouter()
		m.HandleFunc("/public", greet(func(*http.Request) string { return "" })).Methods("GET")
		protected := m.NewRoute().Subrouter()
		protected.Use(auth.Handler, wrap)
		protected.HandleFunc("/me", greet(func(*http.Request) string { return "" })).Methods("GET")
		items := protected.PathPrefix("/items").Subrouter()
		items.Use(auth.RequireScope("items"))
		items.HandleFunc("/{id}", greet(func(r *http.Request) string { return mux.Vars(r)["id"] })).Methods("GET")
		return m
	}},
}

// greet answers with the subject and the path.
func greet(id func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if tok, ok := httpauth.FromContext(r.Context()); ok {
			who = tok.Subject
		}
		fmt.Fprint(w, strings.TrimSpace("hello "+who+" "+id(r)))
	}
}

// TestRouters puts a Middleware into real routers, as it is, and beyond it the
// handlers of net/http that make contexts and writers of their own.
func TestRouters(t *testing.T) {
	v, sign := signing(t)
	plain, items := sign(testSubject, "other"), sign(testSubject, "items")
	wraps := map[string]func(http.Handler) http.Handler{
		"nothing":         func(h http.Handler) http.Handler { return h },
		"TimeoutHandler":  func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "too late") },
		"MaxBytesHandler": func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<10) },
	}
	for _, r := range routers {
		for name, wrap := range wraps {
			t.Run(r.name+"/"+name, func(t *testing.T) {
				for option, opts := range map[string][]httpauth.Option{"": nil, "without credential": {httpauth.WithoutCredential()}} {
					srv := httptest.NewServer(r.build(httpauth.New(v, opts...), wrap))
					t.Cleanup(srv.Close)
					for _, test := range []struct {
						method, path, token, want string
					}{
						{"GET", "/public", "", "200 hello nobody"},
						{"GET", "/me", "", "401"},
						{"GET", "/me", "bad", "401"},
						{"GET", "/me", plain, "200 hello " + testSubject},
						{"GET", "/items/7", "", "401"},
						{"GET", "/items/7", plain, "403"},
						{"GET", "/items/7", items, "200 hello " + testSubject + " 7"},
						{"GET", "/nowhere", "", "404"},
						{"POST", "/public", "", "405"},
					} {
						if got := ask(t, srv.URL, test.method, test.path, test.token); got != test.want {
							t.Errorf("%s: %s %s is %q, want %q", option, test.method, test.path, got, test.want)
						}
					}
				}
			})
		}
	}
}

// ask returns the status, and the body where that is 200.
func ask(t *testing.T, url, method, path, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	challenged := res.Header.Get("WWW-Authenticate") != ""
	if challenged != (res.StatusCode == 401 || res.StatusCode == 403) {
		t.Errorf("%s %s: %d with the challenge %q", method, path, res.StatusCode, res.Header["Www-Authenticate"])
	}
	if res.StatusCode == http.StatusOK {
		return fmt.Sprint(res.StatusCode, " ", string(body))
	}
	return fmt.Sprint(res.StatusCode)
}

// TestRouterTraps holds what the guide says of chi and gorilla/mux.
func TestRouterTraps(t *testing.T) {
	v, _ := signing(t)
	auth := httpauth.New(v)
	hello := greet(func(*http.Request) string { return "" })
	c := chi.NewRouter()
	c.Use(auth.Handler)
	c.Get("/me", hello)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("chi takes Use after a route")
			}
		}()
		c.Use(auth.Handler)
	}()
	g := mux.NewRouter()
	protected := g.NewRoute().Subrouter()
	protected.Use(auth.Handler)
	protected.HandleFunc("/me", hello)
	for _, test := range []struct {
		name    string
		h       http.Handler
		unknown string
	}{{"chi", c, "401"}, {"gorilla/mux", g, "404"}} {
		url := serveHTTP(t, test.h)
		if got := ask(t, url, "GET", "/me", ""); got != "401" {
			t.Errorf("%s: /me is %s, want 401", test.name, got)
		}
		if got := ask(t, url, "GET", "/nowhere", ""); got != test.unknown {
			t.Errorf("%s: an unknown path is %s, want %s", test.name, got, test.unknown)
		}
	}
}
