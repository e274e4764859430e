package keys

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
)

// config is what the options fill in. The zero value of a field means that its
// option is unset, unless newConfig sets a default.
type config struct {
	client   *http.Client
	every    time.Duration
	maxStale time.Duration
	timeout  time.Duration
	seed     []byte
	snapshot string
	bindKey  []byte // of WithSnapshotKey
	metadata string // the URL of WithMetadataURL
	insecure bool
	reach    fetch.Settings // but for its Client and Home
	pem      bool           // documents may be PEM, not only JWK Sets
	parser   parser
	log      *slog.Logger
	observer *observer // nil without WithObserver
	now      func() time.Time
	passedOn bool    // the options are for sources of every kind
	errs     []error // the mistakes in the options
}

const (
	// Long enough to repair an identity provider; short enough that a key
	// withdrawn meanwhile does not stay in use for the rest of the day.
	defaultMaxStale = time.Hour
	defaultTimeout  = 5 * time.Second
)

// newConfig applies opts and reports every mistake in them in one error.
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

// fail records a mistake.
func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// The options that have a meaning for some sources only.
var (
	forHTTP   = []string{"WithHTTPClient", "WithInsecureHTTP", "WithCAFile", "WithTokenFile", "WithPublicAddresses"}
	forFetch  = []string{"WithRefresh", "WithTimeout", "WithSeed", "WithSnapshotFile", "WithSnapshotKey", "WithEmptySetRevoking"}
	forOIDC   = []string{"WithMetadataURL"}
	forSet    = []string{"WithSeed", "WithSnapshotFile", "WithSnapshotKey", "WithEmptySetRevoking"}
	forSecret = []string{"WithSecretAlgorithm", "WithSecretEncoding"}
)

// meaningless returns an error for the options among some that were given
// although they have no meaning for what: such an option shows a misunderstanding
// that would otherwise go unnoticed.
func (c *config) meaningless(what string, some ...[]string) error {
	if c.passedOn {
		return nil
	}
	given := map[string]bool{
		"WithHTTPClient": c.client != nil, "WithInsecureHTTP": c.insecure,
		"WithCAFile": c.reach.CAFile != "", "WithTokenFile": c.reach.TokenFile != "", "WithPublicAddresses": c.reach.Public,
		"WithRefresh": c.every != 0, "WithTimeout": c.timeout != defaultTimeout, "WithSeed": c.seed != nil,
		"WithSnapshotFile": c.snapshot != "", "WithSnapshotKey": c.bindKey != nil,
		"WithMetadataURL": c.metadata != "", "WithEmptySetRevoking": c.parser.emptied,
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

// settings returns how to reach endpoints, of which the configuration names home.
func (c *config) settings(home string) fetch.Settings {
	s := c.reach
	s.Client, s.Home = c.client, home
	return s
}

// passedOn marks options that go to sources of every kind, as those of a Mux do.
func passedOn() Option { return func(c *config) { c.passedOn = true } }
