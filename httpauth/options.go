package httpauth

import (
	"log/slog"
	"net/http"
	"time"
)

// An Option configures [New].
type Option func(*config)

type config struct {
	realm     string
	optional  bool
	preflight http.Handler // nil: none is answered
	strip     bool
	sameTwice bool
	extract   []Extractor
	given     []Proof
	onError   func(w http.ResponseWriter, r *http.Request, err error)
	metadata  string
	implied   map[string][]string // scope → those that imply it
	now       func() time.Time
	log       *slog.Logger // nil: none

	expiredIsAnonymous bool
}

// WithRealm names the protection space in every challenge (RFC 9110 §11.5);
// "api" if not given. Bytes that are not allowed in a quoted string are dropped;
// where none is left, challenges have no realm.
func WithRealm(realm string) Option { return func(c *config) { c.realm = realm } }

// WithOptional lets requests without a token through as anonymous:
// [FromContext] then finds none. A bad token still fails. It is for
// [Middleware.Handler]; [Middleware.Optional] is the same for one route.
func WithOptional() Option { return func(c *config) { c.optional = true } }

// WithExpiredAsAnonymous lets a request through as anonymous whose token has
// expired, where one without a token would pass: a browser goes on sending the
// cookie of a session that is over, and a public page is public to it too. A
// token that is refused for anything else, such as its signature, still fails,
// and so does an expired one where a token is needed.
func WithExpiredAsAnonymous() Option { return func(c *config) { c.expiredIsAnonymous = true } }

// WithSameTokenTwice takes the same token from two places of [WithExtractor],
// such as a cookie and the Authorization field, as one. Different tokens stay
// [ErrRequest], and so does one place that holds several.
func WithSameTokenTwice() Option { return func(c *config) { c.sameTwice = true } }

// WithExtractor looks for the token with es instead of [Bearer]. Of several,
// exactly one may find one: two are [ErrRequest], and a bad one never falls
// through to the next. It panics when es is empty or holds nil.
func WithExtractor(es ...Extractor) Option {
	if len(es) == 0 {
		panic("httpauth: WithExtractor: no extractor is given; leave the option out for Bearer")
	}
	for _, e := range es {
		if e == nil {
			panic("httpauth: WithExtractor: an extractor is nil; leave it out")
		}
	}
	return func(c *config) { c.extract = es }
}

// WithErrorHandler lets h answer refused requests. The challenge, Retry-After
// and Cache-Control are set already, and [Status] is the usual status. h words
// the answer, and decides nothing: the request is refused, and when h writes
// nothing, the usual answer is sent. Where the signature of the refused token
// verified, verifier.RefusedClaims(err) are its claims. It panics when h is nil.
func WithErrorHandler(h func(w http.ResponseWriter, r *http.Request, err error)) Option {
	if h == nil {
		panic("httpauth: WithErrorHandler: the handler is nil; leave the option out")
	}
	return func(c *config) { c.onError = h }
}

// WithResourceMetadata puts the URL of a [Metadata] document into every
// challenge (RFC 9728 §5.1). An empty one is left out.
func WithResourceMetadata(url string) Option { return func(c *config) { c.metadata = url } }

// WithClock replaces time.Now, which only [MaxAge] and [Middleware.Require] ask
// for. Goroutines share now. It panics when now is nil.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("httpauth: WithClock: the clock is nil; leave the option out for time.Now")
	}
	return func(c *config) { c.now = now }
}
