package issuers

import (
	"errors"
	"log/slog"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// An Option configures [Open] and [OpenFile], which report an invalid one.
type Option func(*config)

type config struct {
	keys     []keys.Option
	verifier []verifier.Option
	clock    func() time.Time
	log      *slog.Logger
	errs     []error
}

func newConfig(opts []Option) (*config, error) {
	c := &config{clock: time.Now}
	for _, o := range opts {
		if o == nil {
			c.errs = append(c.errs, errors.New("an option is nil"))
			continue
		}
		o(c)
	}
	return c, message.Join("issuers: ", c.errs...)
}

// WithKeys passes options on to the source of the keys of every issuer, such as
// keys.WithHTTPClient, keys.WithTimeout and keys.WithMaxStale.
func WithKeys(opts ...keys.Option) Option {
	return func(c *config) { c.keys = append(c.keys, opts...) }
}

// WithVerifier passes options on to the verifier of every issuer, such as
// verifier.WithCache, verifier.WithClaims and verifier.WithPossessionProven. An
// option that contradicts a preset, such as verifier.WithAnyIssuer, is an error.
func WithVerifier(opts ...verifier.Option) Option {
	return func(c *config) { c.verifier = append(c.verifier, opts...) }
}

// WithLogger logs the changes of a file of issuers, and is passed on to every
// verifier and source of keys.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.errs = append(c.errs, errors.New("WithLogger: the logger is nil"))
			return
		}
		c.log = l
		c.keys = append(c.keys, keys.WithLogger(l))
		c.verifier = append(c.verifier, verifier.WithLogger(l))
	}
}

// WithClock replaces time.Now, also for every verifier and source of keys.
// Goroutines call now concurrently.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.errs = append(c.errs, errors.New("WithClock: the clock is nil"))
			return
		}
		c.clock = now
		c.keys = append(c.keys, keys.WithClock(now))
		c.verifier = append(c.verifier, verifier.WithClock(now))
	}
}
