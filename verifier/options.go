package verifier

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// An Option configures [New], which reports an invalid one. Unless an option says
// otherwise, the last one of its kind counts.
type Option func(*config)

// WithIssuer expects "iss" to equal one of iss byte for byte. If given several
// times, the lists add up. An empty value is an error of [New].
//
// It does not widen what a key is bound to: with keys from keys.NewOIDC or
// keys.ForIssuer, a token must name that issuer anyway.
func WithIssuer(iss ...string) Option {
	return func(c *config) { c.list("WithIssuer", &c.issuers, iss) }
}

// WithAudience expects "aud" to name at least one of aud, byte for byte
// (RFC 7519 §4.1.3). If given several times, the lists add up. An empty value is
// an error of [New].
func WithAudience(aud ...string) Option {
	return func(c *config) { c.list("WithAudience", &c.audiences, aud) }
}

// WithAnyIssuer accepts any issuer or none. A bound key's tokens must still name
// its issuer.
func WithAnyIssuer() Option { return func(c *config) { c.anyIssuer = true } }

// WithAnyAudience accepts tokens for any audience or none. That includes tokens
// which somebody obtained for another service, and which that service could
// therefore replay here.
func WithAnyAudience() Option { return func(c *config) { c.anyAudience = true } }

// WithAlgorithms narrows the accepted algorithms to algs. If given several times,
// an algorithm must be in every list.
//
// It is rarely needed: a key verifies with its one algorithm only, and this option
// never widens that. Use it to rule out algorithms that a provider's keys might
// have.
func WithAlgorithms(algs ...keys.Algorithm) Option {
	return func(c *config) {
		if len(algs) == 0 {
			c.fail("WithAlgorithms: nothing given")
		}
		for _, alg := range algs {
			if !slices.Contains(keys.Algorithms(), alg) {
				c.fail("WithAlgorithms: %s is not an algorithm to verify with", message.Quote(string(alg)))
			}
		}
		c.algorithms = slices.DeleteFunc(c.algorithms, func(a keys.Algorithm) bool { return !slices.Contains(algs, a) })
	}
}

// WithType requires "typ" to be one of typ, instead of JWT, at+jwt, JOSE or none
// at all. Case does not matter, nor does a leading "application/"
// (RFC 7515 §4.1.9). If given several times, the lists add up. For RFC 9068
// access tokens, use [AccessToken].
func WithType(typ ...string) Option {
	return func(c *config) {
		var types []string
		c.list("WithType", &types, typ)
		for _, t := range types {
			c.types = append(c.types, shortType(strings.TrimSpace(t)))
		}
	}
}

// WithClaims adds validators of your own, which run in order after all other
// checks and only see claims whose signature verified. If given several times,
// the lists add up. A nil validator is an error of [New].
//
// A validator's error decides the answer: see [claims.Validator].
func WithClaims(vs ...claims.Validator) Option {
	all := givenBy(vs)
	return func(c *config) {
		for _, v := range vs {
			if absent.Is(v) {
				c.fail("WithClaims: a validator is nil")
			}
		}
		c.own = append(c.own, all...)
	}
}

// WithOptionalSubject accepts tokens without a "sub", or with an empty one. The
// Subject is then "", which must not be taken for a user.
func WithOptionalSubject() Option { return func(c *config) { c.optionalSubject = true } }

// WithOptionalExpiry accepts tokens without an "exp". They are valid for as long
// as their key is. An "exp" that is there must still hold.
func WithOptionalExpiry() Option { return func(c *config) { c.optionalExpiry = true } }

// WithIntegerSubject accepts tokens whose "sub" is a JSON integer, which some old
// issuers write although RFC 7519 §4.1.2 does not allow it. Its digits become the
// Subject, so that the user "7" and the user 7 are the same.
func WithIntegerSubject() Option { return func(c *config) { c.integerSubject = true } }

// AccessToken accepts only access tokens as RFC 9068 defines them: "typ" is at+jwt,
// iss, exp, aud, sub, client_id, iat and jti are present, and client_id, which is a
// string, and sub and jti are not empty. It keeps ID tokens out, even those of an
// issuer that gives all its tokens the same audience.
//
// It needs [WithAudience], and either [WithIssuer] or keys that are bound to an
// issuer.
func AccessToken() Option { return func(c *config) { c.accessToken = true } }

// WithEvents accepts tokens with "events": logout tokens and other security events
// (RFC 8417). They are refused otherwise, since they are not credentials. Use it
// together with [WithType].
func WithEvents() Option { return func(c *config) { c.events = true } }

// WithMaxActors accepts tokens whose chain of delegation ("act", RFC 8693 §4.1) names
// up to most actors, the current one included, instead of five. With 0, every token
// with an "act" is refused; the largest is 32. A chain that cannot be read at some
// level is refused whatever most is: see [claims.Set.Actor], which returns the
// current actor, the only one that may decide anything.
func WithMaxActors(most int) Option {
	return func(c *config) {
		if most < 0 || most > mostActors {
			c.fail("WithMaxActors: %d is not between 0 and %d", most, mostActors)
		}
		c.maxActors = most
	}
}

// WithPossessionProven accepts tokens that "cnf" binds to a key of their sender
// (RFC 7800). They are refused otherwise.
//
// Pass it only if the caller makes the sender prove that it holds that key, as
// httpauth does with httpauth.WithProof. Without the proof, a stolen token works
// for anyone who holds it.
func WithPossessionProven() Option { return func(c *config) { c.proven = true } }

// WithLeeway forgives clocks that differ by up to d. The default is 30 seconds; 0
// forgives nothing. Otherwise d is at least a millisecond and at most 10 minutes:
// less usually lacks its unit, and no clock needs more.
func WithLeeway(d time.Duration) Option {
	return func(c *config) {
		switch {
		case d < 0:
			c.fail("WithLeeway: %v is negative", d)
		case d > 0 && d < minLeeway:
			c.fail("WithLeeway: %v is next to nothing; write the unit, as in 30*time.Second", d)
		case d > maxLeeway:
			c.fail("WithLeeway: %v is more than %v, which no clock needs; for tokens without an expiry there is WithOptionalExpiry", d, maxLeeway)
		}
		c.leeway = d
	}
}

// WithMaxSize refuses tokens of more than that many bytes, before it looks at
// anything else. The default is 16 KiB.
func WithMaxSize(bytes int) Option {
	return func(c *config) {
		if bytes <= 0 {
			c.fail("WithMaxSize: %d is not positive", bytes)
		}
		c.maxSize = bytes
	}
}

// WithPaddedBase64 expects header, payload and signature in base64url with padding,
// as AWS ALB writes the tokens that it adds to requests. The signature covers the
// padding, so that it cannot be taken off before.
//
// It gives up RFC 7515 §2, which does not allow padding: these are not JWTs, and
// other libraries refuse them. The padding of each part must be exactly right, so
// that a token still has one spelling, and a token without it is refused. Use a
// verifier of its own for such tokens.
func WithPaddedBase64() Option { return func(c *config) { c.padded = true } }

// WithCache remembers up to that many tokens whose signature verified. It takes at
// most 2 KiB for each; a larger token takes the room of several. A token that
// comes again then costs less than a microsecond, whatever its algorithm, and
// goroutines that verify it do not wait for each other.
//
// Only the signature is remembered. Each time the provider is asked again, and a
// token whose key has gone is verified anew; every claim is checked as of the time
// asked for. Failures are not remembered. Each caller gets a copy of the [Token],
// and the raw tokens stay in memory until others replace them. A token that has not
// been used for a while goes first.
func WithCache(tokens int) Option {
	return func(c *config) {
		if tokens <= 0 {
			c.fail("WithCache: %d is not positive", tokens)
		}
		c.cache = tokens
	}
}

// WithClock replaces time.Now. Goroutines call now concurrently.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.fail("WithClock: the clock is nil")
		}
		c.now = now
	}
}

// WithLogger logs one line for each token that is not accepted, with its verdict,
// reason and error: at level Info, or Warn if nothing could be decided. If the
// signature verified, the line also has iss, sub and jti. No line holds a token.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.fail("WithLogger: the logger is nil")
		}
		c.log = l
	}
}
