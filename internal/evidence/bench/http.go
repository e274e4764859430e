package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"

	"github.com/jwtverify/jwtverify/httpauth"
)

// A Middleware is one library that verifies the requests to an http.Handler.
type Middleware struct {
	Name   string
	Module string // "" for jwtverify itself

	// Wrap sets it up for one key: the function puts it before a handler that
	// gets the subject of the token.
	Wrap func(*Material) (func(got func(subject string)) http.Handler, error)
}

// Middlewares are all that verify a request, ours first.
func Middlewares() []Middleware { return []Middleware{oursHTTP, auth0, jwtauth} }

var oursHTTP = Middleware{
	Name: Ours,
	Wrap: func(m *Material) (func(func(string)) http.Handler, error) {
		v, err := newKeyed(m)
		return func(got func(string)) http.Handler {
			return httpauth.New(v).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if tok, ok := httpauth.FromContext(r.Context()); ok {
					got(tok.Subject)
				}
			}))
		}, err
	},
}

var errRefused = errors.New("bench: the request did not reach the handler with its subject")

// Request returns a function that serves a request with the token raw, again
// and again.
func (mw Middleware) Request(m *Material, raw string) (func() error, error) {
	next, err := mw.Requests(m, raw)
	if err != nil {
		return nil, err
	}
	return next(), nil
}

// Requests is Request for many goroutines: each call of next returns a function
// for one of them. They share the verifier.
func (mw Middleware) Requests(m *Material, raw string) (next func() func() error, err error) {
	wrap, err := mw.Wrap(m)
	return func() func() error {
		reached := ""
		h, r, w := wrap(func(s string) { reached = s }), request(raw), sink{}
		return func() error {
			reached = ""
			h.ServeHTTP(w, r)
			if reached != subject {
				return errRefused
			}
			return nil
		}
	}, err
}

// Gaps returns the names of the probes that mw does not pass with every key.
func (mw Middleware) Gaps(ms []*Material) ([]string, error) {
	var vs []examined
	for _, m := range ms {
		wrap, err := mw.Wrap(m)
		if err != nil {
			return nil, err
		}
		vs = append(vs, examined{m, func(raw string) (reached bool) {
			wrap(func(string) { reached = true }).ServeHTTP(sink{}, request(raw))
			return reached
		}})
	}
	return gaps(vs), nil
}

func request(raw string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/orders", nil)
	r.Header.Set("Authorization", "Bearer "+raw)
	return r
}

// A sink is an http.ResponseWriter that allocates nothing for a good token.
type sink http.Header

func (s sink) Header() http.Header         { return http.Header(s) }
func (s sink) Write(p []byte) (int, error) { return len(p), nil }
func (s sink) WriteHeader(int)             {}
