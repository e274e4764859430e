package dpop

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// An Option configures [New].
type Option func(*config)

type config struct {
	algorithms []keys.Algorithm
	maxAge     time.Duration
	leeway     time.Duration
	now        func() time.Time
	target     target
	nonces     *nonces
	used       ReplayStore
	errs       []error
}

const (
	defaultMaxAge = time.Minute
	defaultLeeway = 30 * time.Second
	defaultTotal  = 1 << 18
	defaultPerKey = 1 << 13
)

func newConfig(opts []Option) (*config, error) {
	c := &config{algorithms: asymmetric(), maxAge: defaultMaxAge, leeway: defaultLeeway, now: time.Now}
	for _, o := range opts {
		if o == nil {
			c.fail("an option is nil")
			continue
		}
		o(c)
	}
	if len(c.algorithms) == 0 {
		c.fail("the lists given to WithAlgorithms have no algorithm in common")
	}
	if c.target.base != nil && c.target.proxies != nil {
		c.fail("WithBaseURL and WithProxy contradict each other")
	}
	if c.used == nil {
		c.used = newMemory(defaultTotal, defaultPerKey)
	}
	return c, message.Join("dpop: ", c.errs...)
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// asymmetric are the algorithms of package keys but HMAC, the usual ones first.
func asymmetric() []keys.Algorithm {
	all := []keys.Algorithm{
		keys.ES256, keys.ES384, keys.ES512, keys.EdDSA, keys.Ed25519,
		keys.PS256, keys.PS384, keys.PS512, keys.RS256, keys.RS384, keys.RS512,
		keys.MLDSA44, keys.MLDSA65, keys.MLDSA87,
	}
	return slices.DeleteFunc(all, func(a keys.Algorithm) bool { return !slices.Contains(keys.Algorithms(), a) })
}

// WithAlgorithms narrows the algorithms of proofs down to algs, all asymmetric.
// Given several times, an algorithm must be in every list.
func WithAlgorithms(algs ...keys.Algorithm) Option {
	return func(c *config) {
		if len(algs) == 0 {
			c.fail("WithAlgorithms: nothing given")
		}
		for _, alg := range algs {
			if !slices.Contains(asymmetric(), alg) {
				c.fail("WithAlgorithms: %.40q is not an asymmetric algorithm to verify with", alg)
			}
		}
		c.algorithms = slices.DeleteFunc(c.algorithms, func(a keys.Algorithm) bool { return !slices.Contains(algs, a) })
	}
}

// WithMaxAge accepts proofs that are at most d old; one minute if not given.
func WithMaxAge(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.fail("WithMaxAge: %v is not positive", d)
		}
		c.maxAge = d
	}
}

// WithLeeway forgives clocks that differ by d; 30 seconds if not given.
func WithLeeway(d time.Duration) Option {
	return func(c *config) {
		if d < 0 {
			c.fail("WithLeeway: %v is negative", d)
		}
		c.leeway = d
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

var errBase = errors.New("it is not https://HOST or https://HOST/PATH, without user, query and fragment")

// WithBaseURL says what clients call this server, such as
// "https://api.example" or, where a proxy takes "/v1" off the front of the
// path, "https://api.example/v1". Nothing that a request says of its scheme and
// host then counts. It may be http for tests.
func WithBaseURL(base string) Option {
	return func(c *config) {
		u, err := url.Parse(base)
		if err == nil {
			_, err = normalize(base)
		}
		if err != nil || u.RawQuery != "" || u.ForceQuery || bytes.ContainsRune([]byte(base), '#') {
			c.fail("WithBaseURL: %w", errBase)
			return
		}
		c.target.base = u
	}
}

// WithProxy believes the fields of requests that come from one of the proxies,
// by the address of the connection. Without it no such field is believed, and
// of other peers none ever is. A proxy has to set each field, or to take it out
// of what the client sent. To believe everybody, say 0.0.0.0/0 and ::/0.
func WithProxy(proxies []netip.Prefix, fields ...ProxyField) Option {
	return func(c *config) {
		if len(proxies) == 0 || len(fields) == 0 {
			c.fail("WithProxy: no proxy or no field given")
		}
		for _, p := range proxies {
			if !p.IsValid() {
				c.fail("WithProxy: a prefix is not valid")
			}
		}
		for _, f := range fields {
			if !slices.Contains([]ProxyField{Forwarded, XForwardedProto, XForwardedHost, XForwardedPrefix}, f) {
				c.fail("WithProxy: the field %.40q is not known", string(f))
			}
		}
		if slices.Contains(fields, Forwarded) && (slices.Contains(fields, XForwardedProto) || slices.Contains(fields, XForwardedHost)) {
			c.fail("WithProxy: Forwarded and X-Forwarded fields may contradict each other; choose one kind")
		}
		c.target.proxies, c.target.fields = slices.Clone(proxies), slices.Clone(fields)
	}
}

const minSecret = 32

// WithNonces asks for a nonce of this server in every proof (RFC 9449 §9): a
// client cannot make proofs for later. A nonce is new every period, of whole
// seconds, and good for up to two of them. Servers that stand for one URI share
// the secret, of at least 32 random bytes; nonces by an older one are still
// accepted, so that it can be replaced.
func WithNonces(period time.Duration, secret []byte, older ...[]byte) Option {
	return func(c *config) {
		if period < time.Second || period%time.Second != 0 {
			c.fail("WithNonces: a period of %v; it is one of whole seconds", period)
		}
		n := &nonces{period: period}
		for _, s := range append([][]byte{secret}, older...) {
			if len(s) < minSecret {
				c.fail("WithNonces: a secret of %d bytes; it has at least %d", len(s), minSecret)
			}
			n.secrets = append(n.secrets, bytes.Clone(s))
		}
		c.nonces = n
	}
}

// WithReplayStore remembers used proofs in s, for servers of more than one
// process; in a [Memory] of 262,144 proofs, 8,192 of one key, if not given.
func WithReplayStore(s ReplayStore) Option {
	return func(c *config) {
		if s == nil {
			c.fail("WithReplayStore: the store is nil")
		}
		c.used = s
	}
}
