// Package interop tests jwtverify against other people's programs: tokens and
// key sets that golang-jwt and jwx make are read here, those made here are
// read there, keyfunc gives and takes keys, and the tokens of a real OpenID
// provider, which runs as a process of its own, are verified while it rotates
// its keys and after it has died. Routers, frameworks and connect-go serve
// behind a Middleware of package httpauth. Prometheus scrapes an
// observer.
//
// It is a module of its own, so that none of those programs enters the go.sum
// of a user of jwtverify. It has no API, only tests:
//
//	go test -race -shuffle=on ./...
package interop
