// Package otelauth makes OpenTelemetry metrics and span attributes of what the
// observers of packages verifier, httpauth and keys report:
//
//	o, err := otelauth.New()
//	...
//	src, err := keys.NewOIDC(issuer, keys.WithObserver(o.Refresh))
//	v, err := verifier.New(src, verifier.WithObserver(o.Token), ...)
//	auth := httpauth.New(v, httpauth.WithObserver(o.Request))
//
// Each of the three works alone. It is a module of its own, so that programs without
// OpenTelemetry do not link it. The names of package semconv v1.43.0 are used where
// there is one; all others begin with "jwtverify.".
//
// # Metrics
//
//	jwtverify.token.decisions      counter      tokens, by verdict
//	jwtverify.token.duration       histogram    of such a decision, in seconds
//	jwtverify.request.decisions    counter      requests, by outcome
//	jwtverify.request.duration     histogram    of such a decision, in seconds
//	jwtverify.keys.refreshes       counter      fetches of keys, by source
//	jwtverify.keys.duration        histogram    of such a fetch, in seconds
//
// A request that an inner handler of the same Middleware refuses after an outer one let
// it through has two decisions.
//
// # Attributes
//
//	error.type              why it failed: verifier.Reason; of keys, configuration or unavailable
//	jwtverify.verdict       of a token: trusted, invalid, forbidden or undecided
//	jwtverify.outcome       of a request: these, anonymous, no_token or bad_request
//	jwtverify.issuer        "iss", see below
//	jwtverify.algorithm     "alg" of a token whose signature verified
//	jwtverify.cached        whether the cache of the verifier knew the signature
//	jwtverify.token.from    where a request had its token: a scheme, header, cookie or extractor
//	jwtverify.keys.source   of keys: the URL or path, without user, password and query
//
// Those of a token and of a request are set on the current span too, if it is
// recorded, together with jwtverify.client, and with [WithSubjects] with enduser.id and
// jwtverify.actor. The status of the span is left alone: that a token is refused is not
// a fault of the server.
//
// # Security
//
// What whoever sent a token can choose is in no attribute: neither "kid" nor the text of
// an error is, and claims only of a token whose signature verified. As an issuer may
// write what it likes too, at most 100 different values of jwtverify.issuer and of
// jwtverify.keys.source are used, the former only of issuers of which a token was
// trusted; all others are "_OTHER". A client and a subject are cut at 256 bytes.
//
// Subjects are personal data, and in spans only if asked for; they are never in
// metrics.
package otelauth
