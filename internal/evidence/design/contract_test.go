package design_test

import (
	"context"
	"crypto"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/bridge"
	"github.com/jwtverify/jwtverify/keys/keystest"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// The signatures that other programs compile against. What is here may be
// added to; a change that does not compile breaks them.

type (
	ctx     = context.Context
	handler = func(http.Handler) http.Handler
	remote  = keys.Option
	option  = verifier.Option
	auth    = httpauth.Option
	check   = claims.Validator
)

var _ = []any{
	// keys
	(func(string, keys.Algorithm, []byte) (*keys.Key, error))(keys.NewSecret),
	(func(string, keys.Algorithm, crypto.PublicKey) (*keys.Key, error))(keys.NewPublic),
	(func([]byte) ([]*keys.Key, []keys.Skipped, error))(keys.Parse),
	(func(*keys.Key) string)((*keys.Key).ID),
	(func(*keys.Key) keys.Algorithm)((*keys.Key).Algorithm),
	(func(*keys.Key) string)((*keys.Key).Issuer),
	(func(*keys.Key) string)((*keys.Key).Thumbprint),
	(func(*keys.Key) crypto.PublicKey)((*keys.Key).Public),
	(func(*keys.Key) []byte)((*keys.Key).JWK),
	(func(*keys.Key) []keys.Variant)(keys.Variants),
	(func(keys.Encoding) remote)(keys.WithSecretEncoding),
	(func() remote)(keys.WithThumbprintIDs),
	(func(keys.Algorithm) remote)(keys.WithSecretAlgorithm),
	(func(*keys.Key, *keys.Key) bool)((*keys.Key).Equal),
	(func(*keys.Key, []byte, []byte) error)((*keys.Key).Verify),
	(func(keys.Algorithm, []byte) (keys.Provider, error))(keys.HMAC),
	(func(...*keys.Key) keys.Provider)(keys.Static),
	(func(...*keys.Key) *keys.Set)(keys.NewSet),
	(func(*keys.Set, ...*keys.Key))((*keys.Set).Add),
	(func(*keys.Set, ...*keys.Key))((*keys.Set).Replace),
	(func(*keys.Set, string) bool)((*keys.Set).Remove),
	(func(*keys.Set, *keys.Key, time.Duration))((*keys.Set).Rotate),
	(func(*keys.Set) []*keys.Key)((*keys.Set).Keys),
	(func(...keys.Provider) keys.Provider)(keys.Merge),
	(func(string, keys.Provider) keys.Provider)(keys.ForIssuer),
	(func(string, ...remote) (*keys.Remote, error))(keys.NewRemote),
	(func(string, ...remote) (*keys.Remote, error))(keys.NewOIDC),
	(func(*keys.Remote, ctx) error)((*keys.Remote).Refresh),
	(func(*keys.Remote, ctx) error)((*keys.Remote).Run),
	(func(*keys.Remote) keys.Status)((*keys.Remote).Status),
	(func(*http.Client) remote)(keys.WithHTTPClient),
	(func(time.Duration) remote)(keys.WithRefresh),
	(func(time.Duration) remote)(keys.WithMaxStale),
	(func(time.Duration) remote)(keys.WithTimeout),
	(func([]byte) remote)(keys.WithSeed),
	(func(string) remote)(keys.WithSnapshotFile),
	(func(keys.Algorithm) remote)(keys.WithDefaultAlgorithm),
	(func() remote)(keys.WithInsecureHTTP),
	(func(*slog.Logger) remote)(keys.WithLogger),
	(func(func() time.Time) remote)(keys.WithClock),
	(func(func(keys.RefreshEvent)) remote)(keys.WithObserver),
	(func(string, ...keys.Option) (*keys.File, error))(keys.NewFile),
	(func(ctx, string, ...remote) (keys.Provider, error))(keys.Open),
	(func(ctx, keys.Provider) error)(keys.Refresh),
	(func(ctx, keys.Provider) error)(keys.Run),
	(func(keys.Provider) []keys.Status)(keys.Statuses),
	(func(...remote) *keys.Mux)(keys.NewMux),
	(func(*keys.Mux, string, keys.Opener))((*keys.Mux).Handle),
	(func(*keys.Mux, ctx, string) (keys.Provider, error))((*keys.Mux).Open),
	(func(keyfunc.Keyfunc, ...bridge.Option) keys.Provider)(bridge.FromKeyfunc),
	(func() bridge.Option)(bridge.AllowSecrets),
	(func(keys.Provider) jwt.Keyfunc)(bridge.Keyfunc),
	(func(*testing.T, keystest.New))(keystest.Run),
	(func(*testing.T, keystest.NewSource))(keystest.RunSource),
	keys.Skipped{KeyID: "", Reason: ""},
	keys.Hint{KeyID: "", Algorithm: keys.HS256, Retry: true},
	keys.Status{Source: "", Keys: nil, Skipped: nil, FetchedAt: time.Time{}, NextRefresh: time.Time{}, Stale: true, Err: nil},
	[]keys.Algorithm{
		keys.HS256, keys.HS384, keys.HS512, keys.RS256, keys.RS384, keys.RS512, keys.PS256, keys.PS384, keys.PS512,
		keys.ES256, keys.ES384, keys.ES512, keys.EdDSA, keys.Ed25519, keys.MLDSA44, keys.MLDSA65, keys.MLDSA87,
	},
	[]jose.SignatureAlgorithm{keys.HS256},

	// claims
	(func([]byte) (*claims.Set, error))(claims.Parse),
	(func(*claims.Set) []byte)((*claims.Set).Raw),
	(func(*claims.Set) (int, error))(claims.Decode[int]),
	(func(*claims.Set, ...string) (int, bool, error))(claims.Value[int]),
	(func(...check) check)(claims.All),
	(func(...check) check)(claims.Any),
	(func() check)(claims.Subject),
	(func(time.Duration) check)(claims.Expiry),
	(func(time.Duration) check)(claims.NotBefore),
	(func(time.Duration) check)(claims.IssuedAt),
	(func(time.Duration, time.Duration) check)(claims.MaxAge),
	(func(...string) check)(claims.Issuer),
	(func(...string) check)(claims.Audience),
	(func(...string) check)(claims.Required),
	(func(...string) check)(claims.Scope),
	(func(func(ctx, int) error) check)(claims.Typed[int]),
	(func(int) check)(claims.MaxActors),
	(func(*claims.Set) (claims.Actor, bool, error))((*claims.Set).Actor),
	(func(*claims.Set) string)((*claims.Set).ClientID),
	claims.Set{
		Issuer: "", Subject: "", ID: "", Audience: nil,
		Expiry: time.Time{}, NotBefore: time.Time{}, IssuedAt: time.Time{},
	},
	&claims.Error{Claim: "", Err: nil},
	[]error{
		claims.ErrMissing, claims.ErrExpired, claims.ErrNotYetValid, claims.ErrMismatch, claims.ErrMalformed,
		claims.ErrInsufficientScope, claims.ErrUnavailable, keys.ErrUnavailable,
	},

	// verifier
	(func(keys.Provider, ...option) (*verifier.Keyed, error))(verifier.New),
	(func(*verifier.Keyed, ctx, string) (*verifier.Token, error))((*verifier.Keyed).Verify),
	(func(*verifier.Keyed, ctx, string, time.Time) (*verifier.Token, error))((*verifier.Keyed).VerifyAt),
	(func(*verifier.Keyed, ctx, string) *verifier.Report)((*verifier.Keyed).Explain),
	(func(map[string]verifier.Verifier) *verifier.Router)(verifier.ByIssuer),
	(func(...string) option)(verifier.WithIssuer),
	(func(...string) option)(verifier.WithAudience),
	(func() option)(verifier.WithAnyIssuer),
	(func() option)(verifier.WithAnyAudience),
	(func(...keys.Algorithm) option)(verifier.WithAlgorithms),
	(func(...string) option)(verifier.WithType),
	(func(...check) option)(verifier.WithClaims),
	(func() option)(verifier.WithOptionalSubject),
	(func() option)(verifier.WithOptionalExpiry),
	(func(time.Duration) option)(verifier.WithLeeway),
	(func(int) option)(verifier.WithMaxSize),
	(func(func() time.Time) option)(verifier.WithClock),
	(func(int) option)(verifier.WithCache),
	(func(*slog.Logger) option)(verifier.WithLogger),
	(func(func(ctx, verifier.Event)) option)(verifier.WithObserver),
	(func(*verifier.Keyed, func(ctx, verifier.Difference)) option)(verifier.WithCandidate),
	(func(int) option)(verifier.WithMaxActors),
	(func(verifier.Token) slog.Value)(verifier.Token.LogValue),
	(func(error) string)(verifier.Reason),
	(func(error) verifier.Verdict)(verifier.Classify),
	verifier.Report{Checks: []verifier.Check{{Name: "", Passed: true, Detail: ""}}, Err: nil},
	verifier.Token{Set: nil, Algorithm: keys.HS256, KeyID: "", Type: ""},
	[]verifier.Verdict{verifier.Trusted, verifier.Invalid, verifier.Forbidden, verifier.Undecided},
	[]error{
		verifier.ErrInvalidToken, verifier.ErrMalformed, verifier.ErrAlgorithm, verifier.ErrType,
		verifier.ErrUnknownKey, verifier.ErrSignature, verifier.ErrUnavailable,
	},

	// httpauth
	(func(verifier.Verifier, ...auth) *httpauth.Middleware)(httpauth.New),
	(func(*httpauth.Middleware, http.Handler) http.Handler)((*httpauth.Middleware).Handler),
	(func(*httpauth.Middleware, ...string) handler)((*httpauth.Middleware).RequireScope),
	(func(*httpauth.Middleware, *http.Request) (*verifier.Token, error))((*httpauth.Middleware).Authenticate),
	(func(ctx) (*verifier.Token, bool))(httpauth.FromContext),
	(func(ctx, *verifier.Token) ctx)(httpauth.NewContext),
	(func(string) auth)(httpauth.WithRealm),
	(func() auth)(httpauth.WithOptional),
	(func(...httpauth.Extractor) auth)(httpauth.WithExtractor),
	(func() httpauth.Extractor)(httpauth.Bearer),
	(func(string) httpauth.Extractor)(httpauth.Header),
	(func(string) httpauth.Extractor)(httpauth.Cookie),
	(func(func(http.ResponseWriter, *http.Request, error)) auth)(httpauth.WithErrorHandler),
	(func(string) auth)(httpauth.WithResourceMetadata),
	(func(func(*http.Request, httpauth.Event)) auth)(httpauth.WithObserver),
	httpauth.Extractor(func(*http.Request) (string, error) { return "", nil }),
	http.Handler(httpauth.Metadata{Resource: "", AuthorizationServers: nil, Scopes: nil, Documentation: ""}),
	[]error{httpauth.ErrNoToken, httpauth.ErrRequest},

	// verifier/verifiertest
	(func(testing.TB, ...verifiertest.Option) *verifiertest.Issuer)(verifiertest.NewIssuer),
	(func(keys.Algorithm) verifiertest.Option)(verifiertest.WithAlgorithm),
	(func(*verifiertest.Issuer) *http.Client)((*verifiertest.Issuer).Client),
	(func(*verifiertest.Issuer, map[string]any) string)((*verifiertest.Issuer).Sign),
	(func(*verifiertest.Issuer, string, time.Duration) string)((*verifiertest.Issuer).Token),
	(func(*verifiertest.Issuer))((*verifiertest.Issuer).Rotate),
	(func(*verifiertest.Issuer, func(http.ResponseWriter, *http.Request)))((*verifiertest.Issuer).Break),
	(func(*verifiertest.Issuer) int)((*verifiertest.Issuer).Fetches),
	func(i *verifiertest.Issuer) (string, string) { return i.URL, i.JWKS },
}

var (
	_ keys.Provider       = keys.ProviderFunc(nil)
	_ keys.Provider       = (*keys.Set)(nil)
	_ keys.Provider       = (*keys.Remote)(nil)
	_ keys.Provider       = (*keys.File)(nil)
	_ keys.Opener         = keys.OpenerFunc(func(ctx, *url.URL) (keys.Provider, error) { return nil, nil })
	_ jose.OpaqueVerifier = (*keys.Key)(nil)
	_ claims.Validator    = claims.ValidatorFunc(nil)
	_ error               = (*claims.Error)(nil)
	_ verifier.Verifier   = (*verifier.Keyed)(nil)
	_ verifier.Verifier   = verifier.Func(nil)
)
