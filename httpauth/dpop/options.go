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
	"github.com/jwtverify/jwtverify/internal/peer"
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
	errs       []error // every mistake, for one error of New
}

const (
	defaultMaxAge = time.Minute
	defaultLeeway = 30 * time.Second
	defaultTotal  = 1 << 18 // proofs: about 40 MB when full
	defaultPerKey = 1 << 13 // proofs: about 68 requests a second
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
		c.fail("WithBaseURL or WithHosts is required, to say how clients call this server; the host that a request names is chosen by its sender")
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

// asymmetric returns the algorithms of package keys except HMAC, the usual ones
// first, which is also their order in the challenge.
func asymmetric() []keys.Algorithm {
	all := []keys.Algorithm{
		keys.ES256, keys.ES384, keys.ES512, keys.EdDSA, keys.Ed25519,
		keys.PS256, keys.PS384, keys.PS512, keys.RS256, keys.RS384, keys.RS512,
		keys.MLDSA44, keys.MLDSA65, keys.MLDSA87,
	}
	return slices.DeleteFunc(all, func(a keys.Algorithm) bool { return !slices.Contains(keys.Algorithms(), a) })
}

// WithAlgorithms narrows the algorithms of proofs to algs, which must all be
// asymmetric. Given several times, an algorithm must be in every list.
func WithAlgorithms(algs ...keys.Algorithm) Option {
	return func(c *config) {
		if len(algs) == 0 {
			c.fail("WithAlgorithms: no algorithm is given")
		}
		for _, alg := range algs {
			if !slices.Contains(asymmetric(), alg) {
				c.fail("WithAlgorithms: %s is not a supported asymmetric algorithm", message.Quote(string(alg)))
			}
		}
		c.algorithms = slices.DeleteFunc(c.algorithms, func(a keys.Algorithm) bool { return !slices.Contains(algs, a) })
	}
}

// The bounds of the durations. Below the least one, a unit was forgotten: a bare
// 60 is 60 ns.
const (
	leastDuration = time.Millisecond
	mostAge       = time.Hour
	mostLeeway    = 10 * time.Minute
	mostPeriod    = 24 * time.Hour
)

// WithMaxAge accepts proofs that are at most d old, by their "iat", plus the
// leeway; the default is one minute. d is from 1 ms to 1 h. The longer proofs
// live, the more the replay store has to remember.
func WithMaxAge(d time.Duration) Option {
	return func(c *config) {
		if d < leastDuration || d > mostAge {
			c.fail("WithMaxAge: %v is not between %v and %v; write a unit, such as 60*time.Second", d, leastDuration, mostAge)
		}
		c.maxAge = d
	}
}

// WithLeeway allows clocks to differ by d; the default is 30 seconds. d is 0, or
// from 1 ms to 10 min.
func WithLeeway(d time.Duration) Option {
	return func(c *config) {
		if d != 0 && (d < leastDuration || d > mostLeeway) {
			c.fail("WithLeeway: %v is neither 0 nor between %v and %v; write a unit, such as 30*time.Second", d, leastDuration, mostLeeway)
		}
		c.leeway = d
	}
}

// WithClock replaces time.Now. Goroutines share now, which must not be nil.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.fail("WithClock: the clock is nil; leave the option out for time.Now")
		}
		c.now = now
	}
}

// WithBaseURL sets the URL by which clients call this server, such as
// "https://api.example". If a proxy removes "/v1" from the front of the path, it
// is "https://api.example/v1". The scheme and host of the request are then
// ignored.
//
// There may be several, in one option or in many. Then the host of the request
// chooses among them, and if it is the host of none, a proof for any of them
// holds. A URL may be http, for tests.
func WithBaseURL(bases ...string) Option {
	return func(c *config) {
		if len(bases) == 0 {
			c.fail("WithBaseURL: no URL is given")
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

// WithHosts lists the hosts by which clients may call this server, such as
// "api.example" or "api.example:8443". Each has its port, unless that is the
// default port of the scheme. The scheme is that of the connection. A request
// for another host is refused with 401, whether the Host field or a proxy's
// field names it. Given several times, all are allowed.
func WithHosts(hosts ...string) Option {
	return func(c *config) {
		if len(hosts) == 0 {
			c.fail("WithHosts: no host is given")
		}
		for i, host := range hosts {
			if err := c.target.allow(host); err != nil {
				c.fail("WithHosts: host %d: %w", i+1, err)
			}
		}
		c.hasHosts = true
	}
}

// WithProxy trusts the fields of requests that come from one of the proxies, by
// the address of the connection. Without such an option no field is trusted, and
// those of other peers never are. The host must still be one of [WithHosts],
// whoever names it.
//
// A proxy must set each field, or remove it from what the client sent; else the
// client chooses it. A field that cannot be read is 503: the configuration of
// the server is wrong, not the client.
//
// The address is taken from RemoteAddr. No outer handler may replace it, as
// middlewares for X-Real-IP do; an address without a port is 503. Use
// [WithProxyFunc] for such servers, and [WithUnixProxy] for a proxy on a Unix
// socket.
func WithProxy(proxies []netip.Prefix, fields ...ProxyField) Option {
	return func(c *config) {
		if len(proxies) == 0 {
			c.fail("WithProxy: no proxy is given")
		}
		for _, p := range proxies {
			if !p.IsValid() {
				c.fail("WithProxy: a prefix is invalid; make it with netip.ParsePrefix, and check its error")
			}
		}
		c.trust("WithProxy", peer.Address(proxies, errPeer), fields)
	}
}

// WithUnixProxy is [WithProxy] for a proxy at the other end of a Unix socket:
// everybody who can open the socket is trusted. Whether a request came by one is
// known from http.LocalAddrContextKey, which http.Server sets.
func WithUnixProxy(fields ...ProxyField) Option {
	return func(c *config) { c.trust("WithUnixProxy", peer.Unix, fields) }
}

// WithProxyFunc is [WithProxy] for proxies that are recognized in another way,
// such as by their certificate, or by an address that http.Server.ConnContext
// has noted before a handler changed RemoteAddr. from reports whether a proxy
// sent the request. Goroutines share it.
func WithProxyFunc(from func(r *http.Request) bool, fields ...ProxyField) Option {
	return func(c *config) {
		if from == nil {
			c.fail("WithProxyFunc: the function is nil; give one that recognizes the proxy")
		}
		c.trust("WithProxyFunc", peer.Func(from), fields)
	}
}

// trust adds a proxy and checks the fields that it is trusted with.
func (c *config) trust(option string, sent peer.Test, fields []ProxyField) {
	if len(fields) == 0 {
		c.fail("%s: no field is given", option)
	}
	for _, f := range fields {
		if !slices.Contains([]ProxyField{Forwarded, XForwardedProto, XForwardedHost, XForwardedPrefix}, f) {
			c.fail("%s: the field %s is not supported", option, message.Quote(string(f)))
		}
	}
	if slices.Contains(fields, Forwarded) && (slices.Contains(fields, XForwardedProto) || slices.Contains(fields, XForwardedHost)) {
		c.fail("%s: Forwarded and X-Forwarded fields may contradict each other; choose one kind", option)
	}
	c.target.proxies = append(c.target.proxies, proxy{sent, slices.Clone(fields)})
}

const minSecret = 32 // bytes

// WithNonces requires a nonce of this server in every proof (RFC 9449 §9), so
// that clients cannot prepare proofs for later. The nonce changes every period,
// which is in whole seconds and at most 24 hours, and is accepted for up to two
// of them. It costs a client one extra request at the start.
//
// Servers behind one URI share the secret, which is at least 32 random bytes.
// To replace it, give the old one as older until it is out of use: its nonces
// are still accepted, but no longer handed out.
func WithNonces(period time.Duration, secret []byte, older ...[]byte) Option {
	return func(c *config) {
		if period < time.Second || period%time.Second != 0 || period > mostPeriod {
			c.fail("WithNonces: a period of %v is not in whole seconds, or is more than %v; give one such as 5*time.Minute", period, mostPeriod)
		}
		n := &nonces{period: period}
		for _, s := range append([][]byte{secret}, older...) {
			if len(s) < minSecret {
				c.fail("WithNonces: a secret of %d bytes is too short; give at least %d random bytes", len(s), minSecret)
			}
			n.secrets = append(n.secrets, bytes.Clone(s))
		}
		c.nonces = n
	}
}

// WithReplayStore remembers used proofs in s. It is needed where more than one
// process serves the same URI: else each accepts a proof once. The default is a
// [Memory] for 262,144 proofs, at most 8,192 of one key.
func WithReplayStore(s ReplayStore) Option {
	return func(c *config) {
		if absent.Is(s) {
			c.fail("WithReplayStore: the store is nil; leave the option out for a Memory")
		}
		c.used = s
	}
}
