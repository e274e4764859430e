package httpauth

import (
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// WithLocation looks for the token in the places of l instead of [Bearer], as
// [Authorization], [Header] and [Cookie] do, with padding where l.Padded says so. The
// zero Location is Bearer.
//
// All places are asked, and exactly one may hold a token; two are [ErrRequest]. Where
// l.Repeated is set, the same token in several places is one token, as with
// [WithSameTokenTwice], and two different ones are still ErrRequest.
//
// A place that l does not list is not looked at. A client can write into every place:
// a token is trusted for its signature alone.
//
// It panics if a name in l is empty or otherwise not one, as those functions do, and
// if l lists a place twice. New panics if WithLocation is given twice, or together
// with [WithExtractor].
func WithLocation(l verifier.Location) Option {
	es := extractorsOf(l)
	return func(c *config) {
		c.located++
		c.extract = es
		c.sameTwice = c.sameTwice || l.Repeated
	}
}

func extractorsOf(l verifier.Location) (es []Extractor) {
	const caller = "WithLocation"
	for _, scheme := range l.Schemes {
		mustBeScheme(caller, scheme)
		es = append(es, authorization(scheme, l.Padded))
	}
	for _, name := range l.Headers {
		es = append(es, header(caller, name, l.Padded))
	}
	for _, name := range l.Cookies {
		es = append(es, cookie(caller, name, l.Padded))
	}
	mustDiffer("scheme", l.Schemes, strings.ToLower)
	mustDiffer("header field", l.Headers, http.CanonicalHeaderKey)
	mustDiffer("cookie", l.Cookies, func(name string) string { return name })
	if len(es) == 0 {
		es = []Extractor{authorization("Bearer", l.Padded)}
	}
	return es
}

// mustDiffer panics if two names are the same place. A token there would be found
// twice, and every request be refused.
func mustDiffer(what string, names []string, canonical func(string) string) {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[canonical(name)] {
			panic("httpauth: WithLocation: the " + what + " " + message.Quote(name) + " is listed twice; list it once")
		}
		seen[canonical(name)] = true
	}
}

// mustAgree panics if several options say where the token is: the last of them would
// hide the others.
func (c *config) mustAgree() {
	switch {
	case c.located > 1:
		panic("httpauth: New: WithLocation is given twice; put all places into one Location")
	case c.located > 0 && c.extracted:
		panic("httpauth: New: WithLocation and WithExtractor both say where the token is; leave one out")
	}
}
