// Package libraries sets up libraries that verify tokens as their own
// documentation does for production, each in at most 40 lines. The comment of each
// names what it follows. The HTTP client is the one that the library uses when it
// is given none. That of jwx is in the module beside this package.
package libraries

import "github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"

// All are the libraries of this module, jwtverify first.
func All() []resilience.Library {
	return []resilience.Library{Jwtverify, keyfuncs, goOIDC, auth0}
}
