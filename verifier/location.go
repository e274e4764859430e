package verifier

// A Location says where the tokens of an issuer are in an HTTP request. Most
// issuers leave that to the client, which sends "Authorization: Bearer" (RFC 6750
// §2.1); proxies that sign in users, such as AWS ALB and Cloudflare Access, set
// fields or cookies of their own.
//
// A Location only says where to look. It is not a check: a token found there is
// verified like any other, and a client can write into every one of these places
// unless a proxy in front of the program removes what the client sent.
//
// The zero Location is "Authorization: Bearer". As soon as one of Schemes, Headers
// and Cookies has an element, only the listed places count, so that a list without
// Schemes leaves the Authorization field out. Names of schemes and headers are
// compared in any ASCII case (RFC 9110 §5.1, §11.1), names of cookies byte for byte
// (RFC 6265 §4.1.1). An empty name is a mistake, which whoever reads the Location
// reports.
//
// A Location is plain data. Goroutines may share one as long as nobody changes it.
type Location struct {
	// Schemes of the Authorization field, such as "Bearer", whose credentials are
	// the token.
	Schemes []string
	// Headers are fields whose whole value is the token, without a scheme, such as
	// "X-Amzn-Oidc-Data".
	Headers []string
	// Cookies whose value is the token.
	Cookies []string
	// Padded says that the token is in base64url with padding, as AWS ALB writes it.
	// A token without "=" is then read as well; whether it is valid is up to the
	// verifier, which needs [WithPaddedBase64].
	Padded bool
	// Repeated says that the same token may be in several of these places, as with
	// Cloudflare Access and Clerk. Two different tokens are an error all the same.
	// If it is false, a token in two places is an error even if both are equal.
	Repeated bool
}
