package keys

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// An Option configures [NewRemote], [NewOIDC], [NewSource], [NewFile], [Open]
// and [NewMux]. Constructors check all their options together; a nil option is an
// error, and so is one that has no meaning for the provider, such as
// [WithTimeout] for a file. When an option is given twice, the last one counts.
//
// [Open] and a [Mux] pass their options to every source of a list, which ignores
// those that have no meaning for it.
type Option func(*config)

// unit returns a hint for a duration of a few nanoseconds, as WithRefresh(300)
// gives: the number was probably meant in seconds.
func unit(d time.Duration) string {
	if d <= 0 || d >= time.Millisecond {
		return ""
	}
	return fmt.Sprintf("; a bare number is in nanoseconds: write %d*time.Second", d)
}

// WithHTTPClient fetches with a copy of client, such as one that has a proxy,
// a private CA or a client certificate. Its Transport and Timeout are kept; its
// redirect policy and cookie jar are replaced. An *http.Transport is copied too;
// the copy keeps no connection open and reads at most 256 KiB of header fields,
// unless it has its own limit. Without this option a copy of
// [http.DefaultTransport] is used. A nil client is an error.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) {
		switch {
		case client == nil:
			c.fail("WithHTTPClient: the client is nil")
		case client.Transport != nil && absent.Is(client.Transport):
			c.fail("WithHTTPClient: the Transport of the client is a nil %T", client.Transport)
		}
		c.client = client
	}
}

// WithRefresh makes keys fresh for every, which is at least a second, regardless
// of the Cache-Control of the endpoint. Without it the endpoint decides, between
// one minute and one day, and keys of an endpoint that does not say are fresh for
// ten minutes. A refresh begins before that time has passed.
func WithRefresh(every time.Duration) Option {
	return func(c *config) {
		if every < time.Second {
			c.fail("WithRefresh: %v is less than a second%s", every, unit(every))
		}
		c.every = every
	}
}

// WithMaxStale limits how long the last good keys are used past their freshness
// while the endpoint is down, or a file is missing or broken: one hour by
// default. With 0 they are used only while they are fresh. A longer time
// survives longer outages, but keeps using a withdrawn key for as long.
func WithMaxStale(d time.Duration) Option {
	return func(c *config) {
		switch {
		case d < 0:
			c.fail("WithMaxStale: %v is negative", d)
		case d != 0 && d < time.Millisecond:
			c.fail("WithMaxStale: %v is less than a millisecond%s", d, unit(d))
		}
		c.maxStale = d
	}
}

// WithTimeout bounds one fetch from the request to the last byte, discovery
// included: five seconds by default. It does not bound how long a lookup waits;
// the context of the lookup does.
func WithTimeout(d time.Duration) Option {
	return func(c *config) {
		switch {
		case d <= 0:
			c.fail("WithTimeout: %v is not positive", d)
		case d < time.Millisecond:
			c.fail("WithTimeout: %v is less than a millisecond%s", d, unit(d))
		}
		c.timeout = d
	}
}

// WithSeed gives a JWK Set to start from when the endpoint is down at start, such
// as one that is built into the program. It counts as a set that has just passed
// its freshness: a lookup waits up to a second for a fetch, and then uses it. A
// seed without a usable key is an error of the constructor. A usable file of
// [WithSnapshotFile] takes precedence.
func WithSeed(jwks []byte) Option {
	return func(c *config) {
		if len(jwks) == 0 {
			c.fail("WithSeed: the set is empty")
		}
		c.seed = jwks
	}
}

// WithSnapshotFile keeps the last good set in a file, so that a restart survives
// an outage of the endpoint. The constructor reads it like a seed; each fetch
// replaces it in one step. A missing, damaged or too old file is not an error.
//
// Anyone who can write the file can add keys to it. It is therefore used only
// when it belongs to the user of the process or root, nobody else can write it,
// it is not a link, its folder does not let everyone replace it, and it is not
// from the future. Otherwise the file is ignored and a warning is logged. On
// systems without owners and modes, such as Windows, keep it in a folder that
// only the program can write. Where others must be able to write it, use
// [WithSnapshotKey].
func WithSnapshotFile(path string) Option {
	return func(c *config) {
		if path == "" {
			c.fail("WithSnapshotFile: the path is empty")
		}
		c.snapshot = path
	}
}

// WithSnapshotKey protects the file of [WithSnapshotFile] with an HMAC-SHA256
// under secret, which has at least 32 random bytes and is copied. A file that was
// written with another secret, or changed since, is ignored, and its owner and
// mode no longer matter. Use it for a file that several instances share.
func WithSnapshotKey(secret []byte) Option {
	return func(c *config) {
		if len(secret) < minBindKey {
			c.fail("WithSnapshotKey: the secret has %d bytes; use at least %d random ones", len(secret), minBindKey)
		}
		c.bindKey = bytes.Clone(secret)
	}
}

const minBindKey = 32 // as long as the hash (RFC 2104 §3)

// WithMetadataURL says where the metadata of the issuer of [NewOIDC] is, when
// its URL does not follow from the issuer, as with Azure AD B2C. The metadata
// must still name exactly that issuer. The option is an error for other
// providers.
func WithMetadataURL(metadataURL string) Option {
	return func(c *config) {
		if metadataURL == "" {
			c.fail("WithMetadataURL: the URL is empty")
		}
		c.metadata = metadataURL
	}
}

// WithDefaultAlgorithm sets the algorithm of RSA keys that do not state one, in a
// JWK or PEM: RS256 by default, or another RS* or PS*. A key has one algorithm, so
// this replaces RS256 and does not add to it.
func WithDefaultAlgorithm(alg Algorithm) Option {
	return func(c *config) {
		if !signature.IsRSA(alg) {
			c.fail("WithDefaultAlgorithm: %s is not an RSA algorithm", message.Quote(string(alg)))
		}
		c.parser.rsa = alg
	}
}

// WithSecretAlgorithm allows a raw secret in a variable or file, and sets its
// algorithm: HS256, HS384 or HS512. A raw secret is never guessed: without this
// option, anything but JSON and PEM is an error.
func WithSecretAlgorithm(alg Algorithm) Option {
	return func(c *config) {
		if !signature.IsHMAC(alg) {
			c.fail("WithSecretAlgorithm: %s is not HS256, HS384 or HS512", message.Quote(string(alg)))
		}
		c.parser.secret = alg
	}
}

// WithEmptySetRevoking makes an empty JWK Set, {"keys":[]}, a good answer that
// removes every key, as a SPIFFE trust domain revokes its keys. Tokens are then
// refused for an unknown key, and the Status has neither keys nor an error. Without
// this option an empty set is a failed fetch, since an endpoint that lost its keys
// answers like that too. A set of keys of which none can be used stays a failure,
// and so does an empty or broken document.
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

// WithInsecureHTTP allows http:// URLs beyond loopback. Anyone on the network
// path can then add keys and so sign tokens; use it in tests only. Even with it,
// an https issuer must not name an http JWKS URL, and an https URL must not
// redirect to http.
func WithInsecureHTTP() Option {
	return func(c *config) { c.insecure = true }
}

// WithLogger logs one line for each change of state, such as the first failed
// fetch and the recovery from it, and never one for each token. No line holds a
// secret, or the user, password or query of a URL. Without it nothing is logged.
// The handler may be called by several goroutines; if it panics, the line is lost.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.fail("WithLogger: the logger is nil")
			return
		}
		c.log = l
	}
}

// WithClock replaces time.Now, for tests. Goroutines share now. Where its times
// have a monotonic reading too, as those of time.Now do, the age of keys is
// counted by whichever clock has advanced more.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.fail("WithClock: the clock is nil")
			return
		}
		c.now = now
	}
}
