package keys

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// An Option configures [NewRemote], [NewOIDC], [NewSource], [NewFile], [Open]
// and [NewMux]. One that means nothing for what it is given to is an error of
// the constructor. [Open] and a [Mux] pass theirs on to every source of a list,
// where those that mean nothing are left out.
type Option func(*config)

// config is what the options fill in. A pointer is nil where unset.
type config struct {
	client   *http.Client
	every    time.Duration
	maxStale time.Duration
	timeout  time.Duration
	seed     []byte
	snapshot string
	bindKey  []byte // of WithSnapshotKey
	metadata string // URL
	insecure bool
	pem      bool // documents may be PEM
	parser   parser
	log      *slog.Logger
	now      func() time.Time
	passedOn bool // the options are for sources of every kind
	errs     []error
}

const (
	defaultMaxStale = time.Hour
	defaultTimeout  = 5 * time.Second
)

// newConfig applies opts and reports everything that is wrong with them.
func newConfig(opts []Option, more ...error) (*config, error) {
	c := &config{
		maxStale: defaultMaxStale,
		timeout:  defaultTimeout,
		parser:   defaultParser,
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
	c.parser.now = c.now
	return c, message.Join("keys: ", append(more, c.errs...)...)
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// The options that only some sources have a use for.
var (
	forHTTP   = []string{"WithHTTPClient", "WithInsecureHTTP"}
	forFetch  = []string{"WithRefresh", "WithTimeout", "WithSeed", "WithSnapshotFile", "WithSnapshotKey"}
	forOIDC   = []string{"WithMetadataURL"}
	forSecret = []string{"WithSecretAlgorithm", "WithSecretEncoding"}
)

// meaningless is an error for the options among some that were given although
// they mean nothing for what.
func (c *config) meaningless(what string, some ...[]string) error {
	if c.passedOn {
		return nil
	}
	given := map[string]bool{
		"WithHTTPClient": c.client != nil, "WithInsecureHTTP": c.insecure,
		"WithRefresh": c.every != 0, "WithTimeout": c.timeout != defaultTimeout, "WithSeed": c.seed != nil,
		"WithSnapshotFile": c.snapshot != "", "WithSnapshotKey": c.bindKey != nil,
		"WithMetadataURL":     c.metadata != "",
		"WithSecretAlgorithm": c.parser.secret != "", "WithSecretEncoding": c.parser.encoding != "",
	}
	var errs []error
	for _, name := range slices.Concat(some...) {
		if given[name] {
			errs = append(errs, fmt.Errorf("%s means nothing for %s", name, what))
		}
	}
	return message.Join("keys: ", errs...)
}

// passedOn marks options that go to sources of every kind.
func passedOn() Option { return func(c *config) { c.passedOn = true } }

// unit says what was probably meant by a duration of few nanoseconds.
func unit(d time.Duration) string {
	if d <= 0 || d >= time.Millisecond {
		return ""
	}
	return fmt.Sprintf("; a bare number is in nanoseconds: write %d*time.Second", d)
}

// WithHTTPClient fetches with a copy of client, whose redirect policy and
// cookie jar are replaced. Its Timeout is kept, and so is its Transport; of an
// *http.Transport a copy is used that keeps no connection open and takes header
// fields of at most 256 KiB, unless it has a limit of its own.
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

// WithRefresh makes keys fresh for every, at least a second, whatever the
// Cache-Control of the endpoint says.
func WithRefresh(every time.Duration) Option {
	return func(c *config) {
		if every < time.Second {
			c.fail("WithRefresh: %v is less than a second%s", every, unit(every))
		}
		c.every = every
	}
}

// WithMaxStale lets the last good keys serve until d past their freshness
// while the endpoint is down, or a file is missing or broken; one hour if not
// given. With 0 they serve no longer than they are fresh.
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

// WithTimeout bounds one fetch from request to last byte, discovery included;
// five seconds if not given.
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

// WithSeed gives a JWK Set to start from when the endpoint is down at start.
// It serves like a set that is past its freshness.
func WithSeed(jwks []byte) Option {
	return func(c *config) {
		if len(jwks) == 0 {
			c.fail("WithSeed: the set is empty")
		}
		c.seed = jwks
	}
}

// WithSnapshotFile keeps the last good set in a file, which is read at start
// like a seed. A missing, damaged or too old file is not an error.
//
// Who can write the file can put in keys. So it is used only when it belongs to
// the user of the process, or root, and nobody else may write it, when it is
// not a link, when not everybody may replace it in its folder, and when it is
// not from the future; otherwise that is logged, and it is as without a file.
// On systems without owners and modes, such as Windows, keep it in a folder
// that is yours. Where others must be able to write it, use [WithSnapshotKey].
func WithSnapshotFile(path string) Option {
	return func(c *config) {
		if path == "" {
			c.fail("WithSnapshotFile: the path is empty")
		}
		c.snapshot = path
	}
}

// WithSnapshotKey binds the file of [WithSnapshotFile] by an HMAC with a secret
// of at least 32 random bytes: a file without the right one is not used, and
// its owner and mode do not matter. It is for a file that instances share. The
// secret is copied.
func WithSnapshotKey(secret []byte) Option {
	return func(c *config) {
		if len(secret) < minBindKey {
			c.fail("WithSnapshotKey: the secret has %d bytes; use at least %d random ones", len(secret), minBindKey)
		}
		c.bindKey = bytes.Clone(secret)
	}
}

const minBindKey = 32

// WithMetadataURL says where the metadata of the issuer of [NewOIDC] are, when
// that is not a place that follows from the issuer, as with Azure AD B2C. They
// must still name exactly that issuer. It means nothing for other providers,
// which refuse it.
func WithMetadataURL(metadataURL string) Option {
	return func(c *config) {
		if metadataURL == "" {
			c.fail("WithMetadataURL: the URL is empty")
		}
		c.metadata = metadataURL
	}
}

// WithDefaultAlgorithm is the algorithm of RSA keys without "alg": RS256 if
// not given, or another RS* or PS*.
func WithDefaultAlgorithm(alg Algorithm) Option {
	return func(c *config) {
		if !signature.IsRSA(alg) {
			c.fail("WithDefaultAlgorithm: %s is not an RSA algorithm", message.Quote(string(alg)))
		}
		c.parser.rsa = alg
	}
}

// WithSecretAlgorithm says that a variable or file may hold a raw secret, and
// its algorithm: HS256, HS384 or HS512. A raw secret is never guessed: without
// this option, what is neither JSON nor PEM is an error.
func WithSecretAlgorithm(alg Algorithm) Option {
	return func(c *config) {
		if !signature.IsHMAC(alg) {
			c.fail("WithSecretAlgorithm: %s is not HS256, HS384 or HS512", message.Quote(string(alg)))
		}
		c.parser.secret = alg
	}
}

// WithInsecureHTTP allows http:// URLs beyond loopback, where whoever is on
// the path can put in keys of his own. It does not let an https issuer name an
// http JWKS URL, nor an https URL redirect to http.
func WithInsecureHTTP() Option {
	return func(c *config) { c.insecure = true }
}

// WithLogger logs one line for each change of state, never for a request. No
// line holds a secret, or the user, password or query of a URL.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.fail("WithLogger: the logger is nil")
			return
		}
		c.log = l
	}
}

// WithClock replaces time.Now. Goroutines share now. Where the times that it
// returns have a monotonic reading too, as those of time.Now, keys grow old by
// the clock that shows more.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now == nil {
			c.fail("WithClock: the clock is nil")
			return
		}
		c.now = now
	}
}
