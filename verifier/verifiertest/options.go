package verifiertest

import (
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// An Option configures [NewIssuer] and [World.Issuer]. A nil one ends the test.
type Option func(*config)

type config struct {
	alg      keys.Algorithm
	signer   func(testing.TB) *Signer // of the first key; nil: a new one
	audience string
	now      func() time.Time
	members  map[string]any // of each JWK; nil: left out

	metadata, jwks string // URLs; "": the default
	undiscovered   bool   // no metadata is served
}

// WithAlgorithm signs with alg. The default is ES256. A secret cannot be published:
// HS256, HS384 and HS512 end the test; use [NewSigner] for them.
func WithAlgorithm(alg keys.Algorithm) Option {
	return func(c *config) { c.alg, c.signer = alg, nil }
}

// WithSigner signs with the Signer that first returns, until [Issuer.Rotate], instead
// of with a new key. Tests that start many issuers save time when they share keys
// that were made once: an RSA key takes a tenth of a second. The algorithm is that of
// the Signer; of WithSigner and [WithAlgorithm], the last counts. The key needs an ID
// that no other key of the World has.
func WithSigner(first func(testing.TB) *Signer) Option {
	return func(c *config) { c.signer = first }
}

// WithAudience puts "aud" into the tokens of [Issuer.Token]. By default they have
// none.
func WithAudience(aud string) Option { return func(c *config) { c.audience = aud } }

// WithClock replaces time.Now in [Issuer.Token]. TLS still uses the real time.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// WithKeyMember adds a member to each JWK that the issuer publishes, such as
// "issuer", or replaces one. A nil value leaves a member out, such as "alg". A value
// that JSON cannot write ends the test.
func WithKeyMember(name string, value any) Option {
	return func(c *config) {
		if c.members == nil {
			c.members = map[string]any{}
		}
		c.members[name] = value
	}
}

// WithoutDiscovery makes an issuer that serves its JWK Set and no metadata.
func WithoutDiscovery() Option { return func(c *config) { c.undiscovered = true } }

// WithMetadataURL serves the metadata at this URL only. The default is where OpenID
// Connect Discovery 1.0 §4 puts it: "/.well-known/openid-configuration" after the
// issuer. It is for [World.Issuer]; with NewIssuer it ends the test.
func WithMetadataURL(url string) Option { return func(c *config) { c.metadata = url } }

// WithJWKSURL serves the JWK Set at this URL, which other issuers may share and which
// may be of another host. The default is "/jwks.json" after the issuer. It is for
// [World.Issuer]; with NewIssuer it ends the test.
func WithJWKSURL(url string) Option { return func(c *config) { c.jwks = url } }
