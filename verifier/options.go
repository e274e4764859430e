package verifier

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// An Option configures [New].
type Option func(*config)

// config is what the options fill in. Lists are nil where unset.
type config struct {
	algorithms      []keys.Algorithm
	types           []string
	issuers         []string
	audiences       []string
	anyIssuer       bool
	anyAudience     bool
	optionalSubject bool
	optionalExpiry  bool
	integerSubject  bool
	accessToken     bool
	events          bool
	proven          bool
	leeway          time.Duration
	maxSize         int
	own             []claims.Validator
	cache           int
	now             func() time.Time
	log             *slog.Logger
	errs            []error
}

const defaultLeeway = 30 * time.Second

func newConfig(p keys.Provider, opts []Option) (*config, error) {
	c := &config{
		algorithms: keys.Algorithms(),
		leeway:     defaultLeeway,
		maxSize:    jws.DefaultMaxSize,
		now:        time.Now,
	}
	if absent.Is(p) {
		c.fail("the key provider is nil")
	}
	for _, o := range opts {
		if o == nil {
			c.fail("an option is nil")
			continue
		}
		o(c)
	}
	if c.issuers != nil && c.anyIssuer {
		c.fail("WithIssuer and WithAnyIssuer contradict each other")
	}
	if c.audiences != nil && c.anyAudience {
		c.fail("WithAudience and WithAnyAudience contradict each other")
	}
	if len(c.algorithms) == 0 {
		c.fail("the lists given to WithAlgorithms have no algorithm in common")
	}
	if c.accessToken {
		c.checkProfile()
	}
	return c, message.Join("verifier: ", c.errs...)
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// checkProfile reports what contradicts RFC 9068 §4.
func (c *config) checkProfile() {
	switch {
	case c.anyAudience:
		c.fail("AccessToken and WithAnyAudience contradict each other")
	case c.audiences == nil:
		c.fail("AccessToken needs WithAudience: an access token names the API that it is for")
	}
	if c.anyIssuer {
		c.fail("AccessToken and WithAnyIssuer contradict each other")
	}
	if c.optionalSubject || c.optionalExpiry {
		c.fail("AccessToken and WithOptionalSubject or WithOptionalExpiry contradict each other")
	}
	if c.types != nil {
		c.fail("AccessToken and WithType contradict each other: the typ of an access token is at+jwt")
	}
	c.types = []string{"at+jwt"}
}

// policy puts the standard chain together, and the caller's validators after.
func (c *config) policy() policy {
	p := policy{algorithms: c.algorithms, types: []string{"JWT", "at+jwt", "JOSE"}}
	if c.types != nil {
		p.types, p.needType = c.types, true
	}
	switch {
	case c.issuers != nil:
		p.issuers = claims.Issuer(c.issuers...)
	case !c.anyIssuer:
		p.noIssuer = true
	}
	add := func(c check, v claims.Validator) {
		c.Validator = v
		p.checks = append(p.checks, c)
	}
	switch audience := (check{name: "audience", setting: "WithAudience"}); {
	case c.audiences != nil:
		add(audience, claims.Audience(c.audiences...))
	case !c.anyAudience:
		add(audience, claims.ValidatorFunc(noAudience))
	}
	expiry := claims.Expiry(c.leeway)
	if c.optionalExpiry {
		expiry = claims.Optional("exp", expiry)
	}
	add(check{name: "expiry", setting: "WithLeeway", missing: "WithOptionalExpiry"}, expiry)
	add(check{name: "not before", setting: "WithLeeway"}, claims.NotBefore(c.leeway))
	add(check{name: "issued at", setting: "WithLeeway"}, claims.IssuedAt(c.leeway))
	if !c.optionalSubject {
		add(check{name: "subject", missing: "WithOptionalSubject", setting: "WithOptionalSubject"}, claims.Subject())
	}
	if c.integerSubject {
		p.reading = append(p.reading, claims.IntegerSubject)
	}
	if c.accessToken {
		add(check{name: "profile", setting: "AccessToken"}, claims.Required("iss", "exp", "aud", "sub", "client_id", "iat", "jti")) // RFC 9068 §2.2
	}
	add(check{name: "events", about: "events", setting: "WithEvents"}, unless(c.events, noEvents))
	add(check{name: "possession", about: "cnf", setting: "WithPossessionProven"}, unless(c.proven, unbound))
	for i, v := range c.own {
		p.checks = append(p.checks, check{name: fmt.Sprintf("own check %d", i+1), own: true, Validator: v})
	}
	return p
}

// unless is refuse, or accepts everything where that is allowed.
func unless(allowed bool, refuse claims.ValidatorFunc) claims.Validator {
	if allowed {
		return claims.All()
	}
	return refuse
}

var errEmptyValue = errors.New("an empty value; is a variable unset?")

// list appends the values of one option, none of which may be empty.
func (c *config) list(option string, to *[]string, values []string) {
	if len(values) == 0 {
		c.fail("%s: nothing given", option)
	}
	for _, v := range values {
		if v == "" {
			c.fail("%s: %w", option, errEmptyValue)
		}
	}
	*to = append(*to, values...)
}

// WithIssuer expects "iss" to equal one of iss byte for byte. Given several
// times, the lists add up. An empty one is an error of [New].
func WithIssuer(iss ...string) Option {
	return func(c *config) { c.list("WithIssuer", &c.issuers, iss) }
}

// WithAudience expects "aud" to name one of aud (RFC 7519 §4.1.3). Given
// several times, the lists add up. An empty one is an error of [New].
func WithAudience(aud ...string) Option {
	return func(c *config) { c.list("WithAudience", &c.audiences, aud) }
}

// WithAnyIssuer accepts any issuer, or none, but where a key is bound to one:
// its tokens must still name it.
func WithAnyIssuer() Option { return func(c *config) { c.anyIssuer = true } }

// WithAnyAudience accepts tokens for any audience, or for none: also those
// that somebody got to use elsewhere.
func WithAnyAudience() Option { return func(c *config) { c.anyAudience = true } }

// WithAlgorithms narrows the algorithms down to algs. Given several times, an
// algorithm must be in every list. It never widens: a key still has its own.
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

// WithType expects the "typ" of a token to be one of typ, instead of JWT,
// at+jwt, JOSE or none at all: RFC 9068 wants "at+jwt". Case does not matter,
// nor does "application/" before it.
func WithType(typ ...string) Option {
	return func(c *config) {
		var types []string
		c.list("WithType", &types, typ)
		for _, t := range types {
			c.types = append(c.types, shortType(strings.TrimSpace(t)))
		}
	}
}

// WithClaims adds validators after the standard chain, in order.
func WithClaims(vs ...claims.Validator) Option {
	return func(c *config) {
		for _, v := range vs {
			if absent.Is(v) {
				c.fail("WithClaims: a validator is nil")
			}
		}
		c.own = append(c.own, vs...)
	}
}

// WithOptionalSubject accepts tokens without a subject.
func WithOptionalSubject() Option { return func(c *config) { c.optionalSubject = true } }

// WithOptionalExpiry accepts tokens without an expiry: they are good for ever.
func WithOptionalExpiry() Option { return func(c *config) { c.optionalExpiry = true } }

// WithIntegerSubject accepts tokens whose "sub" is a JSON integer, as some old
// issuers write it against RFC 7519 §4.1.2: its digits become the Subject. A
// user "7" and a user 7 are then the same.
func WithIntegerSubject() Option { return func(c *config) { c.integerSubject = true } }

// AccessToken accepts only access tokens in the profile of RFC 9068: "typ" is
// at+jwt, and iss, exp, aud, sub, client_id, iat and jti are there. It keeps out
// ID tokens, also those of an issuer that gives every token the same audience.
// It needs [WithAudience], and [WithIssuer] or keys that are bound to an issuer.
func AccessToken() Option { return func(c *config) { c.accessToken = true } }

// WithEvents accepts tokens with "events": logout tokens and other security
// events (RFC 8417), which are refused otherwise, since they are not
// credentials. Use it with [WithType].
func WithEvents() Option { return func(c *config) { c.events = true } }

// WithPossessionProven accepts tokens that are bound to a key by "cnf"
// (RFC 7800), which are refused otherwise. Give it only where the caller has
// the sender prove that it holds that key, as httpauth does with
// httpauth.WithProof: without the proof a stolen token is as good as the
// owner's.
func WithPossessionProven() Option { return func(c *config) { c.proven = true } }

const (
	minLeeway = time.Millisecond // less was meant as another unit
	maxLeeway = 10 * time.Minute
)

// WithLeeway forgives clocks that differ by d; 30 seconds if not given. It is at
// most 10 minutes, and a millisecond or more unless it is 0.
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

// WithMaxSize refuses tokens of more than that many bytes; 16 KiB if not
// given.
func WithMaxSize(bytes int) Option {
	return func(c *config) {
		if bytes <= 0 {
			c.fail("WithMaxSize: %d is not positive", bytes)
		}
		c.maxSize = bytes
	}
}

// WithCache remembers up to that many tokens whose signature verified, and at
// most 2 KiB for each, larger ones taking the room of several. A token that
// comes again then costs less than a microsecond.
//
// Only the signature is remembered. Each time the provider is asked again, and
// a token whose key it no longer has is verified anew; every claim is checked
// as of the time asked for. Failures are not remembered. The caller gets a copy
// of the [Token]; the tokens themselves stay in memory. HS256, HS384 and HS512
// are not cached: their signature is cheap.
func WithCache(tokens int) Option {
	return func(c *config) {
		if tokens <= 0 {
			c.fail("WithCache: %d is not positive", tokens)
		}
		c.cache = tokens
	}
}

// WithClock replaces time.Now. Goroutines share now.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.fail("WithClock: the clock is nil")
		}
		c.now = now
	}
}

// WithLogger logs one line for each token that is not accepted: at level Info,
// or Warn when nothing could be decided. No line holds a token.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.fail("WithLogger: the logger is nil")
		}
		c.log = l
	}
}
