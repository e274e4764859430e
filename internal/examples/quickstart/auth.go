package main

import (
	"net/http"
	"reflect"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/examples/fromenv"
	"github.com/jwtverify/jwtverify/verifier"
)

// A located authenticates requests whose tokens are where the issuers put them. A file
// of issuers may change that place while the server runs: an issuer behind a proxy that
// sets a field of its own may come or go. With fixed issuers,
// httpauth.New(v, httpauth.WithLocation(iss.Location())) is enough.
type located struct {
	config *fromenv.Config
	now    atomic.Pointer[place]
}

// A place is one location, and the middleware that looks there.
type place struct {
	at   verifier.Location
	auth *httpauth.Middleware
}

// Handler lets only requests with a verified token through to next.
func (l *located) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.current().Handler(next).ServeHTTP(w, r)
	})
}

// current returns the middleware for the location at this moment.
func (l *located) current() *httpauth.Middleware {
	at := l.config.Location()
	p := l.now.Load()
	if p == nil || !reflect.DeepEqual(p.at, at) {
		p = &place{at, httpauth.New(l.config.Verifier, httpauth.WithLocation(at))}
		l.now.Store(p)
	}
	return p.auth
}
