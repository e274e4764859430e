package dpop

import (
	"bytes"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
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
	hasHosts   bool
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
	switch {
	case c.target.bases == nil && !c.hasHosts:
		c.fail("say how clients call this server, by WithBaseURL or WithHosts: what a request says of its host is chosen by its sender")
	case c.target.bases != nil && c.hasHosts:
		c.fail("WithBaseURL and WithHosts contradict each other; choose one")
	case c.target.bases != nil && c.target.proxies != nil:
		c.fail("WithBaseURL and WithProxy contradict each other; a proxy goes with WithHosts")
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
				c.fail("WithAlgorithms: %s is not an asymmetric algorithm to verify with", message.Quote(string(alg)))
			}
		}
		c.algorithms = slices.DeleteFunc(c.algorithms, func(a keys.Algorithm) bool { return !slices.Contains(algs, a) })
	}
}

// The bounds of the durations. Below the least one a unit was forgotten.
const (
	leastDuration = time.Millisecond
	mostAge       = time.Hour
	mostLeeway    = 10 * time.Minute
	mostPeriod    = 24 * time.Hour
)

// WithMaxAge accepts proofs that are at most d old, from 1 ms to 1 h; one minute
// if not given.
func WithMaxAge(d time.Duration) Option {
	return func(c *config) {
		if d < leastDuration || d > mostAge {
			c.fail("WithMaxAge: %v is not between %v and %v; write a unit, such as 60*time.Second", d, leastDuration, mostAge)
		}
		c.maxAge = d
	}
}

// WithLeeway forgives clocks that differ by d, of 1 ms to 10 min or 0; 30
// seconds if not given.
func WithLeeway(d time.Duration) Option {
	return func(c *config) {
		if d != 0 && (d < leastDuration || d > mostLeeway) {
			c.fail("WithLeeway: %v is neither 0 nor between %v and %v; write a unit, such as 30*time.Second", d, leastDuration, mostLeeway)
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

// WithBaseURL says what clients call this server, such as
// "https://api.example" or, where a proxy takes "/v1" off the front of the
// path, "https://api.example/v1". Nothing that a request says of its scheme
// then counts, nor of its host but to choose among several: of these, the ones
// that the request names are meant, or all where it names none. Given several
// times, all count. It may be http for tests.
func WithBaseURL(bases ...string) Option {
	return func(c *config) {
		if len(bases) == 0 {
			c.fail("WithBaseURL: nothing given")
		}
		for _, raw := range bases {
			b, err := newBase(raw)
			if err != nil {
				c.fail("WithBaseURL: %w", err)
			}
			c.target.bases = append(c.target.bases, b)
		}
	}
}

// WithHosts allows the hosts that clients may call this server by, such as
// "api.example" or "api.example:8443": each with its port, unless that is the
// usual one of the scheme. The scheme is that of the connection. A request that
// names another host, by itself or by the field of a proxy, is refused with
// 401. Given several times, all are allowed.
func WithHosts(hosts ...string) Option {
	return func(c *config) {
		if len(hosts) == 0 {
			c.fail("WithHosts: nothing given")
		}
		for i, host := range hosts {
			if err := c.target.allow(host); err != nil {
				c.fail("WithHosts: host %d: %w", i+1, err)
			}
		}
		c.hasHosts = true
	}
}

// WithProxy believes the fields of requests that come from one of the proxies,
// by the address of the connection. Without such an option no field is
// believed, and of other peers none ever is. A proxy has to set each field, or
// to take it out of what the client sent; one that cannot be read is 503, since
// it is the server's configuration that is wrong. The host, whoever names it,
// has to be one of [WithHosts].
//
// The address is RemoteAddr, so no handler before may put another one there, as
// middlewares for X-Real-IP do: without a port it is 503. See [WithProxyFunc]
// for such servers, and [WithUnixProxy] for a proxy on a Unix socket.
func WithProxy(proxies []netip.Prefix, fields ...ProxyField) Option {
	return func(c *config) {
		if len(proxies) == 0 {
			c.fail("WithProxy: no proxy given")
		}
		for _, p := range proxies {
			if !p.IsValid() {
				c.fail("WithProxy: a prefix is not valid")
			}
		}
		c.believe("WithProxy", fromAddress(slices.Clone(proxies)), fields)
	}
}

// WithUnixProxy is [WithProxy] for the proxy that is on the other end of a Unix
// socket: whoever may open the socket is believed. That the server listens on
// one is known by http.LocalAddrContextKey, which http.Server sets.
func WithUnixProxy(fields ...ProxyField) Option {
	return func(c *config) { c.believe("WithUnixProxy", fromUnixSocket, fields) }
}

// WithProxyFunc is [WithProxy] for proxies that are known in another way, such
// as by their certificate, or by the address that http.Server.ConnContext has
// noted before a handler changed RemoteAddr. Goroutines share from.
func WithProxyFunc(from func(r *http.Request) bool, fields ...ProxyField) Option {
	return func(c *config) {
		if from == nil {
			c.fail("WithProxyFunc: the function is nil")
		}
		c.believe("WithProxyFunc", func(r *http.Request) (bool, error) { return from(r), nil }, fields)
	}
}

func (c *config) believe(option string, sent func(*http.Request) (bool, error), fields []ProxyField) {
	if len(fields) == 0 {
		c.fail("%s: no field given", option)
	}
	for _, f := range fields {
		if !slices.Contains([]ProxyField{Forwarded, XForwardedProto, XForwardedHost, XForwardedPrefix}, f) {
			c.fail("%s: the field %s is not known", option, message.Quote(string(f)))
		}
	}
	if slices.Contains(fields, Forwarded) && (slices.Contains(fields, XForwardedProto) || slices.Contains(fields, XForwardedHost)) {
		c.fail("%s: Forwarded and X-Forwarded fields may contradict each other; choose one kind", option)
	}
	c.target.proxies = append(c.target.proxies, proxy{sent, slices.Clone(fields)})
}

const minSecret = 32

// WithNonces asks for a nonce of this server in every proof (RFC 9449 §9): a
// client cannot make proofs for later. A nonce is new every period, of whole
// seconds and at most 24 hours, and good for up to two of them. Servers that stand for one URI share
// the secret, of at least 32 random bytes; nonces by an older one are still
// accepted, so that it can be replaced.
func WithNonces(period time.Duration, secret []byte, older ...[]byte) Option {
	return func(c *config) {
		if period < time.Second || period%time.Second != 0 || period > mostPeriod {
			c.fail("WithNonces: a period of %v; it is one of whole seconds, at most %v, such as 5*time.Minute", period, mostPeriod)
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
		if absent.Is(s) {
			c.fail("WithReplayStore: the store is nil")
		}
		c.used = s
	}
}
