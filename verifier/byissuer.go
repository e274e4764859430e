package verifier

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
)

// ByIssuer returns a verifier that hands each token to the verifier of the issuer
// that the token names, so that every issuer has its own keys and rules. vs maps
// the exact "iss" to its verifier. A token of any other issuer is refused before a
// key is looked up or a request made; with an empty map, that is every token.
//
// Only the choice of the verifier rests on the "iss" that is not verified yet: a
// Token that names another issuer is never returned.
//
// To read "iss", ByIssuer parses tokens of up to 16 KiB, or up to the largest
// [WithMaxSize] of the [Keyed] verifiers in vs. It copies vs. It panics on a nil
// verifier and on an empty issuer.
//
// Tokens that ByIssuer itself refuses are reported to an observer as [WithObserver]
// says.
//
// Where the issuers are too many to list, or change while the program runs, use
// [Route].
func ByIssuer(vs map[string]Verifier) *Router {
	return routeMap("ByIssuer", "an issuer", issuerOf, vs)
}

// RouteMap is [ByIssuer] for another choice than the issuer: by reads from the
// claims which verifier of vs a token chooses, by the rules that [Route] has for by.
// It panics if by is nil too.
func RouteMap(by func(*claims.Set) string, vs map[string]Verifier) *Router {
	if by == nil {
		panic("verifier: RouteMap: by is nil")
	}
	return routeMap("RouteMap", "a choice", by, vs)
}

func routeMap(caller, what string, by func(*claims.Set) string, vs map[string]Verifier) *Router {
	r := &Router{by: by, fixed: maps.Clone(vs), parser: &jws.Parser{MaxSize: jws.DefaultMaxSize}}
	if r.fixed == nil {
		r.fixed = map[string]Verifier{}
	}
	var errs []error
	for _, iss := range slices.Sorted(maps.Keys(vs)) {
		switch {
		case iss == "":
			errs = append(errs, errors.New(what+" is empty"))
		case absent.Is(vs[iss]):
			errs = append(errs, fmt.Errorf("the verifier for %s is nil", message.Quote(iss)))
		default:
			r.parser.MaxSize = max(r.parser.MaxSize, maxSize(vs[iss], 0))
		}
	}
	r.observer = firstObserver(vs)
	if err := message.Join("verifier: "+caller+": ", errs...); err != nil {
		panic(err.Error())
	}
	return r
}

// maxSize returns the size in bytes of the largest token that v takes, or 0 if v
// does not say. depth counts the verifiers around v.
func maxSize(v Verifier, depth int) int {
	switch v := v.(type) {
	case *Keyed:
		return v.parser.MaxSize
	case *Router:
		return v.parser.MaxSize
	case *Var:
		if depth < maxDepth {
			return maxSize(v.Load(), depth+1)
		}
	}
	return 0
}
