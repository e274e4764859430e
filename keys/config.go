package keys

import (
	"fmt"
	"log/slog"
	"net/http"
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
