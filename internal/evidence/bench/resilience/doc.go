// Package resilience measures what a library that verifies tokens does while the
// key set of an issuer is down, rotates, is odd or hostile. A scenario is a
// function over a [Library], which is a small adapter; the site of the issuer is a
// real HTTP server on loopback, and the clients are those of the library.
//
//	go test ./...                          # the promises of jwtverify, and every adapter
//	go run ./report                        # every scenario and library, four minutes
//	go run ./report -readme ../README.md   # and the table in there
//
// Time is real, since most libraries take no clock. So that minutes are not
// needed, a scenario in which keys have to be fetched again asks each library for
// a refresh every second, by its own documented option; see [Setting].
//
// It is a module of its own: the versions here are the newest, and those of the
// module above are the ones that its figures were measured with.
package resilience
