package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// caseOptions are the options of the verifier that a case describes.
type caseOptions struct {
	Now       *float64 `json:"now"` // in seconds
	Leeway    float64  `json:"leeway"`
	Issuers   []string `json:"iss"`
	Audiences []string `json:"aud"`
	Types     []string `json:"typ"`
	Subject   *string  `json:"sub"`
	ID        *string  `json:"jti"`
	Nonce     *string  `json:"nonce"`
	Required  []string `json:"require"`
	MaxAge    *float64 `json:"max_age"`
	VerifyIAT *bool    `json:"verify_iat"`
	IgnoreExp bool     `json:"ignore_exp"`
	IgnoreNbf bool     `json:"ignore_nbf"`
	CritKnown []string `json:"crit_known"`
}

// inexpressible names the option that the library has not, on purpose; "" when
// it has them all.
func (o *caseOptions) inexpressible() string {
	switch {
	case o.IgnoreExp:
		return "ignore_exp"
	case o.IgnoreNbf:
		return "ignore_nbf"
	case o.VerifyIAT != nil && !*o.VerifyIAT:
		return "verify_iat=false"
	case o.CritKnown != nil:
		return "crit_known"
	}
	return ""
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// clock is the time of the case. One that names none is not about time: then
// it is the last second before the token expires.
func (c *tokenCase) clock() func() time.Time {
	at := now
	if c.Options.Now != nil {
		whole, fraction := math.Modf(*c.Options.Now)
		at = time.Unix(int64(whole), int64(fraction*1e9))
	} else if exp, ok := c.peek(1)["exp"].(float64); ok {
		at = time.Unix(int64(exp)-1, 0)
	}
	return func() time.Time { return at }
}

// peek reads a part of the token, if it can.
func (c *tokenCase) peek(part int) (members map[string]any) {
	parts := strings.Split(c.raw(), ".")
	if part < len(parts) {
		if doc, err := base64url.DecodeString(parts[part]); err == nil {
			json.Unmarshal(doc, &members)
		}
	}
	return members
}

// options are those of the case as it was written.
func (c *tokenCase) options() []verifier.Option {
	o, leeway := &c.Options, seconds(c.Options.Leeway)
	// Only RFC 9068 requires a subject; the cases that require one say so.
	opts := []verifier.Option{verifier.WithLeeway(leeway), verifier.WithOptionalSubject()}
	if slices.Contains(c.Tags, "no-exp") {
		opts = append(opts, verifier.WithOptionalExpiry())
	}
	if o.Issuers != nil {
		opts = append(opts, verifier.WithIssuer(o.Issuers...))
	} else {
		opts = append(opts, verifier.WithAnyIssuer())
	}
	switch {
	case o.Audiences != nil:
		opts = append(opts, verifier.WithAudience(o.Audiences...))
	case slices.Contains(c.Tags, "aud-present-but-not-configured"):
		opts = append(opts, verifier.WithAnyAudience())
	}
	if o.Types != nil {
		opts = append(opts, verifier.WithType(o.Types...))
	}
	if o.Required != nil {
		opts = append(opts, verifier.WithClaims(claims.Required(o.Required...)))
	}
	if o.MaxAge != nil {
		opts = append(opts, verifier.WithClaims(claims.MaxAge(seconds(*o.MaxAge), leeway)))
	}
	for claim, want := range map[string]*string{"sub": o.Subject, "jti": o.ID, "nonce": o.Nonce} {
		if want != nil {
			opts = append(opts, verifier.WithClaims(equals(claim, *want)))
		}
	}
	return opts
}

// equals requires a claim to be that string.
func equals(claim, want string) claims.Validator {
	return claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		got, ok, err := claims.Value[string](s, claim)
		switch {
		case err != nil:
			return err
		case !ok:
			return &claims.Error{Claim: claim, Err: claims.ErrMissing}
		case got != want:
			return &claims.Error{Claim: claim, Err: claims.ErrMismatch}
		}
		return nil
	})
}

// signatureOptions leave nothing but signature and header to be judged; the
// type of a JWS is the application's matter.
func (c *tokenCase) signatureOptions() []verifier.Option {
	opts := []verifier.Option{
		verifier.WithAnyIssuer(), verifier.WithAnyAudience(), verifier.WithOptionalExpiry(), verifier.WithOptionalSubject(),
	}
	if typ, ok := c.peek(0)["typ"].(string); ok && typ != "" {
		opts = append(opts, verifier.WithType(typ))
	}
	return opts
}

// allowed narrows to those algorithms of the case that the library has; when
// it has none of them, New refuses the configuration.
func (c *tokenCase) allowed() verifier.Option {
	known := slices.DeleteFunc(slices.Clone(c.Algs), func(a keys.Algorithm) bool { return !slices.Contains(keys.Algorithms(), a) })
	return verifier.WithAlgorithms(known...)
}

// provider gives the usable keys of the case.
func (c *tokenCase) provider() keys.Provider {
	jwks := c.JWKS.Keys
	if c.JWK != nil {
		jwks = append(jwks, c.JWK)
	}
	var all []*keys.Key
	for _, jwk := range jwks {
		for _, doc := range bindAlgorithm(jwk, c.Algs) {
			ks, _, err := keys.Parse(doc)
			if err == nil {
				all = append(all, ks...)
			}
		}
	}
	if len(all) == 0 { // of Static that is a mistake, and no token's fault
		return found()
	}
	return keys.Static(all...)
}

// bindAlgorithm makes of an RSA key or a secret that states no algorithm one
// key for each that the caller allows: here a key has exactly one.
func bindAlgorithm(jwk json.RawMessage, algs []keys.Algorithm) (docs []json.RawMessage) {
	var members map[string]json.RawMessage
	if json.Unmarshal(jwk, &members) != nil || members["alg"] != nil {
		return []json.RawMessage{jwk}
	}
	prefixes := map[string]string{`"oct"`: "HS", `"RSA"`: "RS PS"}[string(members["kty"])]
	if prefixes == "" {
		return []json.RawMessage{jwk}
	}
	for _, alg := range algs {
		if len(alg) > 2 && strings.Contains(prefixes, string(alg[:2])) {
			members["alg"] = fmt.Appendf(nil, "%q", alg)
			doc, err := json.Marshal(members)
			if err == nil {
				docs = append(docs, doc)
			}
		}
	}
	return docs
}

// verify lets the library judge the case; a configuration that New refuses
// accepts nothing.
func (c *tokenCase) verify(t *testing.T, opts []verifier.Option) (*verifier.Token, error) {
	t.Helper()
	v, err := verifier.New(c.provider(), append(opts, c.allowed(), verifier.WithClock(c.clock()))...)
	if err != nil {
		return nil, configError{err}
	}
	return v.Verify(t.Context(), c.raw())
}

// A configError is what New says to the options of a case.
type configError struct{ error }
