package issuers

import (
	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func variable(name string) effect {
	return func(o *opening, values []string) { o.vars[name] = values[0] }
}

func audience(o *opening, values []string) {
	o.options = append(o.options, verifier.WithAudience(values...))
}

// isClaim requires the claim to have one of the values.
func isClaim(name string) effect {
	return func(o *opening, values []string) { o.checks = append(o.checks, claims.OneOf(name, values...)) }
}

// isMember requires a claim further down to have one of the values.
func isMember(path ...string) effect {
	return func(o *opening, values []string) { o.checks = append(o.checks, claims.OneOfAt(path, values...)) }
}

// isHeader requires a member of the header to have one of the values.
func isHeader(name string) effect {
	return func(o *opening, values []string) { o.header = append(o.header, claims.OneOf(name, values...)) }
}

// both is two effects of one parameter.
func both(a, b effect) effect {
	return func(o *opening, values []string) { a(o, values); b(o, values) }
}

// nothing is the effect of a parameter that finish reads.
func nothing(*opening, []string) {}

// The parameters for issuers that run in a network of their own.
var private = []param{
	{name: "metadata", usage: "the URL of the metadata, where that does not follow from the issuer", single: true,
		effect: func(o *opening, v []string) { o.metadata, o.keyRef = v[0], "" }},
	{name: "ca", usage: "a file with the certificates that the issuer's own is checked against", single: true,
		effect: func(o *opening, v []string) { o.keyOpts = append(o.keyOpts, keys.WithCAFile(v[0])) }},
	{name: "token", usage: "a file with a bearer token to send to the issuer", single: true,
		effect: func(o *opening, v []string) { o.keyOpts = append(o.keyOpts, keys.WithTokenFile(v[0])) }},
}
