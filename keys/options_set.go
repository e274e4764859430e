package keys

import (
	"github.com/jwtverify/jwtverify/internal/message"
)

// WithEmptySetRevoking makes an empty JWK Set, {"keys":[]}, a good answer that
// removes every key, as a SPIFFE trust domain revokes its keys. Tokens are then
// refused for an unknown key, and the Status has neither keys nor an error. Without this option
// an empty set is a failed fetch, since an endpoint that lost its keys answers so
// too. A set that has keys of which none can be used stays a failure, and so does an
// empty or broken document.
func WithEmptySetRevoking() Option { return func(c *config) { c.parser.emptied = true } }

// WithRequiredUse keeps only the keys whose JWK states this "use" (RFC 7517 §4.2),
// such as "jwt-svid" in a SPIFFE bundle, where every key without it must be ignored.
// The others are skipped with a reason, and so are keys in PEM, which cannot state
// one. Without this option a key may state "sig", "jwt-svid" or nothing. The empty
// string and "enc" are errors. The option does not apply to ready-made keys.
func WithRequiredUse(use string) Option {
	return func(c *config) {
		if use == "" || use == "enc" {
			c.fail("WithRequiredUse: no key for verifying states the use %s", message.Quote(use))
		}
		c.parser.use = use
	}
}
