package httpauth

import (
	"net/http"
	"time"
)

// An Option configures [New].
type Option func(*config)

type config struct {
	realm     string
	optional  bool
	preflight bool
	strip     bool
	extract   []Extractor
	given     []Proof
	onError   func(w http.ResponseWriter, r *http.Request, err error)
	metadata  string
	implied   map[string][]string // scope → those that imply it
	now       func() time.Time
}

// WithRealm names the protection space in every challenge (RFC 9110 §11.5);
// "api" if not given. Bytes that cannot stand in a quoted string are left out.
func WithRealm(realm string) Option { return func(c *config) { c.realm = realm } }

// WithOptional lets requests without a token through as anonymous:
// [FromContext] then finds none. A bad token still fails.
func WithOptional() Option { return func(c *config) { c.optional = true } }

// WithExtractor looks for the token with es instead of [Bearer]. Of several,
// exactly one may find one: two are [ErrRequest], and a bad one never falls
// through to the next. It panics when es is empty or holds nil.
func WithExtractor(es ...Extractor) Option {
	if len(es) == 0 {
		panic("httpauth: WithExtractor: nothing given")
	}
	for _, e := range es {
		if e == nil {
			panic("httpauth: WithExtractor: an extractor is nil")
		}
	}
	return func(c *config) { c.extract = es }
}

// WithErrorHandler lets h answer refused requests. The challenge, Retry-After
// and Cache-Control are set already, and [Status] tells the usual status. h
// words the answer, and decides nothing: the request is refused, and when h
// writes nothing, the usual answer is sent. It panics when h is nil.
func WithErrorHandler(h func(w http.ResponseWriter, r *http.Request, err error)) Option {
	if h == nil {
		panic("httpauth: WithErrorHandler: the handler is nil")
	}
	return func(c *config) { c.onError = h }
}

// WithResourceMetadata puts the URL of a [Metadata] document into every
// challenge (RFC 9728 §5.1).
func WithResourceMetadata(url string) Option { return func(c *config) { c.metadata = url } }

// WithClock replaces time.Now, which only [MaxAge] asks for. Goroutines share
// now. It panics when now is nil.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("httpauth: WithClock: the clock is nil")
	}
	return func(c *config) { c.now = now }
}
