package grpcauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// An Option configures [New]. New reports the mistakes of all of them.
type Option func(*config)

type config struct {
	required    map[string][]Requirement // by method
	require     func(ctx context.Context, fullMethod string) (Requirement, error)
	public      map[string]bool // by method
	certificate bool
	lifetime    bool
	now         func() time.Time
	log         *slog.Logger // nil: none
	mistakes    mistakes
}

// WithScope lets a method be called only with a token that grants every one of the
// scopes. fullMethod is "/PACKAGE.SERVICE/METHOD", as the constants of generated code
// that end in FullMethodName. Given several times for a method, the scopes add up.
func WithScope(fullMethod string, all ...string) Option {
	return func(c *config) {
		if len(all) == 0 {
			c.mistakes.add("WithScope for %s lists no scope; leave it out for a method that needs none", quote(fullMethod))
			return
		}
		c.need("WithScope", fullMethod, Requirement{Scopes: all})
	}
}

// WithRequirement is [WithScope] for anything that a method may need. Given several
// times for a method, all of it is needed. A Requirement that needs nothing is a
// mistake.
func WithRequirement(fullMethod string, n Requirement) Option {
	return func(c *config) {
		if len(n.Scopes) == 0 && n.Claims == nil {
			c.mistakes.add("WithRequirement for %s needs nothing; leave it out for a method that needs a good token alone", quote(fullMethod))
			return
		}
		c.need("WithRequirement", fullMethod, n)
	}
}

// WithRequirements computes what a method needs, for requirements that are kept with the
// methods, such as options of their proto files, or that change while the program runs.
// of is called for every call of a method that is not public, once the token has been
// verified, by many goroutines. What it returns is needed in addition to the other
// options. An error of it, a panic, or a word that is not a scope means that the
// requirement is unknown: Unavailable.
func WithRequirements(of func(ctx context.Context, fullMethod string) (Requirement, error)) Option {
	return func(c *config) {
		if of == nil || c.require != nil {
			c.mistakes.add("WithRequirements is given twice or with a nil function; give it once, or leave it out")
			return
		}
		c.require = of
	}
}

// WithPublic lets anybody call these methods. Their tokens are not looked at, not even
// bad ones, and their handlers find none. A public method that has a requirement of
// [WithScope] or [WithRequirement] is a mistake; the function of [WithRequirements] is
// not asked for it.
func WithPublic(fullMethods ...string) Option {
	return func(c *config) {
		if len(fullMethods) == 0 {
			c.mistakes.add("WithPublic names no method; leave it out")
		}
		for _, m := range fullMethods {
			if checkMethod(m) != nil {
				c.mistakes.add("WithPublic: %s is not /SERVICE/METHOD", quote(m))
				continue
			}
			c.public[m] = true
		}
	}
}

// WithPublicHealth is [WithPublic] for the methods of grpc.health.v1.Health. They tell
// anybody which services there are and whether they work.
func WithPublicHealth() Option {
	return WithPublic("/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/List", "/grpc.health.v1.Health/Watch")
}

// WithPublicReflection is [WithPublic] for server reflection, v1 and v1alpha. It tells
// anybody every service, method and message of the server.
func WithPublicReflection() Option {
	return WithPublic("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
}

// WithClientCertificate accepts tokens that are bound to a certificate of the client by
// "x5t#S256" in "cnf" (RFC 8705 §3.1). The client must have presented that certificate
// in the TLS handshake of this connection, and the verifier must have been made with
// verifier.WithPossessionProven.
//
// The hash alone decides: who signed the certificate does not matter here. The
// tls.Config of the server's credentials must ask for a certificate, by its ClientAuth.
// With other credentials than credentials.NewTLS, or behind a proxy that terminates
// TLS, no such token passes, since no metadata is trusted.
func WithClientCertificate() Option { return func(c *config) { c.certificate = true } }

// WithTokenLifetime ends the calls of methods that stream at most a second after their
// token has expired or its key was removed; see
// verifier.Watcher. The context of the handler then ends, messages are no longer sent or
// received, and the client gets the answer of such a token: Unauthenticated,
// or Unavailable if the keys have been out of reach for too long. Without the option, a
// token is checked when the stream begins.
//
// A handler that waits for something else than the context or the next message has to
// heed its context. Unary methods are not affected.
func WithTokenLifetime() Option { return func(c *config) { c.lifetime = true } }

// WithClock replaces time.Now for the validators of requirements; the verifier has a
// clock of its own. Goroutines share now.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.mistakes.add("the function of WithClock is nil; leave it out for time.Now")
			return
		}
		c.now = now
	}
}

func newConfig(v verifier.Verifier, opts []Option) *config {
	c := &config{required: map[string][]Requirement{}, public: map[string]bool{}, now: time.Now}
	if isNil(v) {
		c.mistakes.add("the verifier is nil; make one with verifier.New, and check its error")
	}
	for n, o := range opts {
		if o == nil {
			c.mistakes.add("option %d is nil; leave it out", n+1)
			continue
		}
		o(c)
	}
	for m := range c.required {
		if c.public[m] {
			c.mistakes.add("%s is public and has a requirement; leave one out", m)
		}
	}
	return c
}

// need adds what a method needs. n is copied: the caller may change it afterwards.
func (c *config) need(caller, method string, n Requirement) {
	if checkMethod(method) != nil {
		c.mistakes.add("%s: %s is not /SERVICE/METHOD", caller, quote(method))
	}
	if err := n.mistake(); err != nil {
		c.mistakes.add("%s for %s: %v", caller, quote(method), err)
	}
	n.Scopes = append([]string{}, n.Scopes...)
	c.required[method] = append(c.required[method], n)
}

// mistakes are what New reports.
type mistakes []string

func (m *mistakes) add(format string, args ...any) { *m = append(*m, fmt.Sprintf(format, args...)) }

func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	return errors.New("grpcauth: New: " + strings.Join(m, "; "))
}
