package keys

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// A RemoteOption configures [NewRemote], [NewOIDC], [Open] and [NewMux].
type RemoteOption func(*config)

// A FileOption configures [NewFile]. Every RemoteOption is one, so that [Open]
// can pass its options on; those about HTTP mean nothing for a file.
type FileOption = RemoteOption

// config is what the options fill in. A pointer is nil where unset.
type config struct {
	client   *http.Client
	every    time.Duration
	maxStale time.Duration
	timeout  time.Duration
	seed     []byte
	snapshot string
	insecure bool
	reading  reading
	log      *slog.Logger
	now      func() time.Time
	errs     []error
}

const (
	defaultMaxStale = time.Hour
	defaultTimeout  = 5 * time.Second
)

// newConfig applies opts and reports all that is wrong with them at once.
func newConfig(opts []RemoteOption, more ...error) (*config, error) {
	c := &config{
		maxStale: defaultMaxStale,
		timeout:  defaultTimeout,
		reading:  local,
		log:      slog.New(slog.DiscardHandler),
		now:      time.Now,
	}
	for _, o := range opts {
		if o == nil {
			c.fail("an option is nil")
			continue
		}
		o(c)
	}
	c.reading.now = c.now
	return c, message.Join("", append(more, c.errs...)...)
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("keys: "+format, args...))
}

// WithHTTPClient fetches with a copy of client, whose redirect policy and
// cookie jar are replaced. Its Timeout is kept, and so is its Transport; of an
// *http.Transport a copy is used that keeps no connection open.
func WithHTTPClient(client *http.Client) RemoteOption {
	return func(c *config) {
		if client == nil {
			c.fail("WithHTTPClient: the client is nil")
		}
		c.client = client
	}
}

// WithRefresh makes keys fresh for every, at least a second, whatever the
// Cache-Control of the endpoint says.
func WithRefresh(every time.Duration) RemoteOption {
	return func(c *config) {
		if every < time.Second {
			c.fail("WithRefresh: %v is less than a second", every)
		}
		c.every = every
	}
}

// WithMaxStale lets the last good keys serve until d past their freshness
// while the endpoint is down; one hour if not given.
func WithMaxStale(d time.Duration) RemoteOption {
	return func(c *config) {
		if d < 0 {
			c.fail("WithMaxStale: %v is negative", d)
		}
		c.maxStale = d
	}
}

// WithTimeout bounds one fetch from request to last byte, discovery included;
// five seconds if not given.
func WithTimeout(d time.Duration) RemoteOption {
	return func(c *config) {
		if d <= 0 {
			c.fail("WithTimeout: %v is not positive", d)
		}
		c.timeout = d
	}
}

// WithSeed gives a JWK Set to start from when the endpoint is down at start.
// It serves like a set that is past its freshness.
func WithSeed(jwks []byte) RemoteOption {
	return func(c *config) {
		if len(jwks) == 0 {
			c.fail("WithSeed: the set is empty")
		}
		c.seed = jwks
	}
}

// WithSnapshotFile keeps the last good set in a file, which is read at start
// like a seed. A missing, damaged or too old file is no error.
func WithSnapshotFile(path string) RemoteOption {
	return func(c *config) {
		if path == "" {
			c.fail("WithSnapshotFile: the path is empty")
		}
		c.snapshot = path
	}
}

// WithDefaultAlgorithm is the algorithm of RSA keys without "alg": RS256 if
// not given, or another RS* or PS*.
func WithDefaultAlgorithm(alg Algorithm) RemoteOption {
	return func(c *config) {
		if f, _ := scheme(alg); f != familyRSA && f != familyPSS {
			c.fail("WithDefaultAlgorithm: %s is not an RSA algorithm", message.Quote(string(alg)))
		}
		c.reading.rsa = alg
	}
}

// WithSecretAlgorithm says that a variable or file may hold a raw secret, and
// its algorithm: HS256, HS384 or HS512. A raw secret is never guessed: without
// this option, what is neither JSON nor PEM is an error.
func WithSecretAlgorithm(alg Algorithm) FileOption {
	return func(c *config) {
		if f, _ := scheme(alg); f != familyHMAC {
			c.fail("WithSecretAlgorithm: %s is not HS256, HS384 or HS512", message.Quote(string(alg)))
		}
		c.reading.secret = alg
	}
}

// WithInsecureHTTP allows http:// URLs beyond loopback, where whoever is on
// the path can put in keys of his own.
func WithInsecureHTTP() RemoteOption {
	return func(c *config) { c.insecure = true }
}

// WithLogger logs one line for each change of state, never for a request. No
// line holds a secret, or the user, password or query of a URL.
func WithLogger(l *slog.Logger) RemoteOption {
	return func(c *config) {
		if l == nil {
			c.fail("WithLogger: the logger is nil")
			return
		}
		c.log = l
	}
}

// WithClock replaces time.Now. Goroutines share now.
func WithClock(now func() time.Time) RemoteOption {
	return func(c *config) {
		if now == nil {
			c.fail("WithClock: the clock is nil")
			return
		}
		c.now = now
	}
}

// pathOnly is err without the path that package os puts in it, which callers
// name themselves.
func pathOnly(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
