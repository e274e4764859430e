package keys

import "github.com/jwtverify/jwtverify/internal/message"

// WithSecretEncoding decodes a raw secret in a variable or file first, from
// [Base64], [Base64URL] or [Hex]; the bytes are the secret if not given. The
// secret must be written strictly so: nothing in between, padding or none, and
// at most one line end after it. It needs [WithSecretAlgorithm].
func WithSecretEncoding(e Encoding) FileOption {
	return func(c *config) {
		if !e.known() {
			c.fail("WithSecretEncoding: %s is not base64, base64url or hex", message.Quote(string(e)))
		}
		c.reading.encoding = e
	}
}

// WithThumbprintIDs gives public keys that have no ID, such as those in PEM,
// their RFC 7638 thumbprint (SHA-256, base64url) as their ID. From then on they
// verify tokens whose "kid" is that, or that have none.
func WithThumbprintIDs() FileOption {
	return func(c *config) { c.reading.thumbprintIDs = true }
}
