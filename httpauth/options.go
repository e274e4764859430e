package httpauth

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// An Option configures [New].
type Option func(*config)

type config struct {
	realm     string
	optional  bool
	preflight http.Handler // nil: preflights are not answered
	strip     bool
	sameTwice bool
	extract   []Extractor
	extracted bool // WithExtractor was given
	located   int  // how often WithLocation was given
	given     []Proof
	onError   func(w http.ResponseWriter, r *http.Request, err error)
	metadata  string
	implied   map[string][]string // scope → the broader ones that imply it
	scopesAt  [][]string          // paths of the claims that list scopes; nil: scope or scp
	now       func() time.Time
	log       *slog.Logger // nil: none
	observer  *observer    // nil: none

	expiredIsAnonymous bool
	lifetime           bool
}

// WithRealm names the protection space in every challenge (RFC 9110 §11.5);
// the default is "api". Bytes not allowed in a quoted string are dropped. If
// none is left, challenges have no realm.
func WithRealm(realm string) Option { return func(c *config) { c.realm = realm } }

// WithOptional lets requests without a token through as anonymous:
// [FromContext] then returns false. A bad token still fails. The option applies
// to [Middleware.Handler] only; [Middleware.Optional] does the same for one
// route.
func WithOptional() Option { return func(c *config) { c.optional = true } }

// WithExpiredAsAnonymous treats a request with an expired token as anonymous on
// routes that let anonymous requests through. A browser keeps sending the cookie
// of a session that has ended, and a public page should stay public to it.
//
// Only expiry is forgiven: a token that is refused for anything else, such as
// its signature, still fails. So does an expired token on a route that needs
// one.
func WithExpiredAsAnonymous() Option { return func(c *config) { c.expiredIsAnonymous = true } }

// WithSameTokenTwice accepts a request that carries the same token in two places
// of [WithExtractor] or [WithLocation], such as a cookie and the Authorization
// field. Two different tokens are still [ErrRequest], and so are several in one
// place.
func WithSameTokenTwice() Option { return func(c *config) { c.sameTwice = true } }

// WithExtractor looks for the token with es instead of [Bearer]. All of es are
// asked, and exactly one may find a token: two tokens are [ErrRequest], and a
// malformed one never falls through to the next. It panics if es is empty or
// holds nil.
func WithExtractor(es ...Extractor) Option {
	if len(es) == 0 {
		panic("httpauth: WithExtractor: no extractor is given; leave the option out for Bearer")
	}
	for _, e := range es {
		if e == nil {
			panic("httpauth: WithExtractor: an extractor is nil; leave it out")
		}
	}
	return func(c *config) { c.extract, c.extracted = es, true }
}

// WithErrorHandler lets h word the answer to refused requests. The challenge,
// Retry-After and Cache-Control are already set, and [Status] gives the usual
// status. h decides nothing: the request stays refused, and if h writes nothing,
// the usual answer is sent.
//
// If the signature of the refused token verified, verifier.RefusedClaims(err)
// returns its claims. It panics if h is nil.
func WithErrorHandler(h func(w http.ResponseWriter, r *http.Request, err error)) Option {
	if h == nil {
		panic("httpauth: WithErrorHandler: the handler is nil; leave the option out")
	}
	return func(c *config) { c.onError = h }
}

// WithResourceMetadata puts the URL of a [Metadata] document into every
// challenge (RFC 9728 §5.1). [Metadata.WellKnown] returns that URL. An empty one
// is left out.
func WithResourceMetadata(url string) Option { return func(c *config) { c.metadata = url } }

// WithClock replaces time.Now. Only [MaxAuthAge], [Middleware.Require] and the
// Claims of a [Need] ask for the time; the verifier has a clock of its own.
// Goroutines share now. It panics if now is nil.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("httpauth: WithClock: the clock is nil; leave the option out for time.Now")
	}
	return func(c *config) { c.now = now }
}

// WithPreflight answers CORS preflights, which browsers send without a token.
// The answer comes from cors, at most one handler; without one it is 204 and has
// no CORS fields. Preflights never reach the protected handler. An OPTIONS
// request of any other kind needs a token, and so does a preflight that carries
// a credential, which no browser sends. It panics if cors is nil.
//
// Most programs do not need it. A handler for CORS belongs outside the
// Middleware: there it answers preflights itself, and it adds to the answers
// 401, 403 and 503 the fields without which a page cannot read them.
func WithPreflight(cors ...http.Handler) Option {
	var answer http.Handler = http.HandlerFunc(noContent)
	switch {
	case len(cors) > 1:
		panic("httpauth: WithPreflight: more than one handler is given; give one")
	case len(cors) == 1 && absent.Is(cors[0]):
		panic("httpauth: WithPreflight: the handler is nil; give one, or none")
	case len(cors) == 1:
		answer = cors[0]
	}
	return func(c *config) { c.preflight = answer }
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// isPreflight reports whether r is a CORS preflight that m answers. The Fetch
// standard recognizes one by its method and these two fields.
func (m *Middleware) isPreflight(r *http.Request) bool {
	if m.preflight == nil || r.Method != http.MethodOptions ||
		!isSingle(r.Header["Origin"]) || !isSingle(r.Header["Access-Control-Request-Method"]) {
		return false
	}
	_, err := m.find(r)
	return isNoToken(err)
}

func isSingle(values []string) bool { return len(values) == 1 && values[0] != "" }
