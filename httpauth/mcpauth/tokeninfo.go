package mcpauth

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// extra is the name in TokenInfo.Extra.
const extra = "jwtverify.token"

// Token returns the token that a [Guard] has verified for the request of info. ok
// is false for a nil info, and for one of somebody else. The token is read-only.
func Token(info *auth.TokenInfo) (tok *verifier.Token, ok bool) {
	if info == nil {
		return nil, false
	}
	tok, ok = info.Extra[extra].(*verifier.Token)
	return tok, ok && tok != nil
}

// tokenInfo returns what the SDK knows of a token.
func (g *Guard) tokenInfo(tok *verifier.Token) (*auth.TokenInfo, error) {
	scopes, err := g.auth.Scopes(tok)
	if err != nil {
		return nil, err
	}
	return &auth.TokenInfo{
		Scopes: scopes, Expiration: tok.Expiry, UserID: g.userID(tok), Extra: map[string]any{extra: tok},
	}, nil
}

// userID returns the subject. Only an issuer and a subject together name a user, so
// that the issuer comes first, unless it is the first authorization server.
func (g *Guard) userID(tok *verifier.Token) string {
	if tok.Issuer == g.doc.AuthorizationServers[0] {
		return tok.Subject
	}
	return tok.Issuer + " " + tok.Subject
}

var errNoInfo = errors.New("mcpauth: the SDK has not taken the token; is its version newer than this package?")

// withTokenInfo returns a context in which the SDK finds the token. The key is the
// SDK's own, so that its middleware has to put it there, which verifies nothing
// anew: it gets a request that has nothing but the context.
func (g *Guard) withTokenInfo(ctx context.Context) (out context.Context, err error) {
	tok, ok := g.auth.FromContext(ctx)
	if !ok {
		return nil, httpauth.ErrNoToken
	}
	info, err := g.tokenInfo(tok)
	if err != nil {
		return nil, err
	}
	r := (&http.Request{Header: http.Header{"Authorization": {"Bearer verified-before"}}}).WithContext(ctx)
	given := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) { return info, nil }
	auth.RequireBearerToken(given, alreadyChecked)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		out = r.Context()
	})).ServeHTTP(discard{}, r)
	if out == nil {
		return nil, errNoInfo
	}
	return out, nil
}

// alreadyChecked leaves the expiry to the verifier, which has its own clock and
// leeway.
var alreadyChecked = &auth.RequireBearerTokenOptions{AllowMissingExpiration: true, ClockSkew: time.Duration(math.MaxInt64)}

// discard is the response of a request that nobody has sent.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
