// Package keys finds the keys that verify tokens: a secret, a rotating set, a
// file, a JWKS URL, or anything else that implements [Provider].
//
//	src, err := keys.Open(ctx, "oidc:https://issuer.example")
//	go keys.Run(ctx, src) // optional: keeps the keys fresh
//	v, err := verifier.New(src, verifier.WithAudience("my-api"))
//
// A [Key] has one algorithm and is valid by construction. A [Provider] finds
// the keys that may verify a token. Package verifier uses both; a program
// usually makes a provider, passes it to verifier.New and forgets about it.
//
// # Which provider
//
//	where the keys are                    use
//	----------------------------------    ------------------------------------
//	a secret shared with the signer       HMAC
//	keys that the program has already     Static
//	keys that this process rotates        NewSet, Set.Rotate
//	a file: JWK Set, PEM or secret        NewFile
//	an identity provider (OIDC, OAuth)    NewOIDC
//	a JWKS URL                            NewRemote
//	a URL for each key ID                 NewPerID
//	a vault, a database, another API      NewSource
//	anything that answers each lookup     ProviderFunc; test it with keystest
//	only the configuration knows          Open
//
//	several of these, tried together      Merge
//	one tenant's or issuer's keys         ForIssuer
//
// Prefer [NewOIDC] to [NewRemote] for an identity provider: it follows the
// provider to a new JWKS URL and binds the keys to the issuer. Prefer [NewSource]
// to [ProviderFunc] for anything that goes over a network: it adds caching, a
// single fetch for all waiting lookups, backoff and use of the last good keys.
// With several issuers, wrap each source in [ForIssuer] before you [Merge] them,
// so that the keys of one issuer cannot sign for another.
//
// # References
//
// [Open] lets configuration choose the source. A reference is one of
//
//	env:NAME                     the environment variable NAME
//	file:PATH                    a file, read again when it changes (NewFile)
//	https://host/jwks.json       a JWKS URL (NewRemote); http:// on loopback only
//	https://host/{kid}           a URL for each key ID (NewPerID)
//	oidc:https://issuer          the keys of an issuer (NewOIDC)
//
// or several of them, separated by commas, which are merged. These parameters
// follow a reference:
//
//	env, file   ?alg=HS256        allows a raw secret: HS256, HS384 or HS512
//	env, file   ?encoding=base64  the raw secret is encoded: base64, base64url or hex
//	env, file   ?kid=thumbprint   a public key without an ID gets its thumbprint
//	oidc        ?metadata=URL     where the issuer's metadata is (WithMetadataURL)
//	oidc        ?ca=FILE          the only authorities of its certificates (WithCAFile)
//	oidc        ?token=FILE       a bearer token to send to it (WithTokenFile)
//
// as in env:JWT_SECRET?alg=HS256&encoding=base64. Write a comma inside a
// reference as %2C, and in a value & as %26 and + as %2B. The query of a JWKS URL
// is its own, so it has no parameters: use options for it. A [Mux] adds schemes of
// your own.
//
// # Errors
//
// Constructors report every invalid argument in one error, on one line that
// says what to do about it.
//
// A lookup fails only when the provider could not look: its error wraps
// [ErrUnavailable] and the cause. Finding no key is not an error. A provider
// that has no keys at all does fail, because then nobody can say whether any
// token is good. A [NewPerID] does not: it asks for the key of each token.
//
// Where the setting of a source can never work, such as an issuer that its own
// metadata spells otherwise, the error wraps [ErrConfiguration] too, and says what
// to set. Check for it after [Refresh] at start, or in Err of a [Status].
//
// A source that is bound to an issuer answers from memory for a token that
// names another one. Neither its outage nor its fetch budget matters to such a
// token.
//
// # Concurrency
//
// Goroutines may share keys and providers. Lookups of known keys take no lock.
// No provider owns a goroutine: a fetch ends at its own timeout, and [Run] runs
// in a goroutine of the caller.
//
// # Security
//
// A token selects among the keys that the provider has; it never supplies one.
// Keys that anyone may know are refused as secrets, and weak keys are refused
// wherever they come from. No message, log line or printed key holds a secret
// or the user, password or query of a URL, and text that others wrote is quoted
// and cut.
//
// Where somebody else chooses the URLs, such as the tenants of a service, use
// [WithPublicAddresses], so that a fetch does not reach into your network.
package keys
