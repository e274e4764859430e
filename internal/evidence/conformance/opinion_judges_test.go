package conformance_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	jwxjws "github.com/lestrrat-go/jwx/v3/jws"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A library that judges tokens.
type library int

const (
	jwtverify library = iota
	goJOSE
	jwx
	golangJWT

	libraryCount
)

var libraryNames = [libraryCount]string{"jwtverify", "go-jose v4", "jwx v3", "golang-jwt v5"}

func (l library) String() string { return libraryNames[l] }

// An opinion says what one library, told to expect a stance, finds wrong with a
// token. Goroutines share it.
type opinion func(raw string) error

// A bench is one opinion of each library; nil for one that cannot take the stance.
type bench [libraryCount]opinion

var (
	errPanics   = errors.New("it panics")
	errNotAsked = errors.New("it cannot be asked")
)

// verdicts asks everybody. What panics is a refusal that errPanics is in.
func (b *bench) verdicts(raw string) (errs [libraryCount]error) {
	for l, j := range b {
		if j != nil {
			errs[l] = calmly(j, raw)
		}
	}
	return errs
}

func calmly(j opinion, raw string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanics, p)
		}
	}()
	return j(raw)
}

// newBench sets every library up for the stance, as strict as it can be.
func newBench(s *stance) (b bench) {
	return bench{newJWTVerify(s), newGoJOSE(s), newJWX(s), newGolangJWT(s)}
}

// errUnequal: what is accepted once must be accepted again, from the cache.
var errUnequal = errors.New("the second answer is another than the first")

func newJWTVerify(s *stance) opinion {
	var key *keys.Key
	var err error
	if secret, ok := s.key.([]byte); ok {
		key, err = keys.NewSecret("", s.alg, secret)
	} else {
		key, err = keys.NewPublic("", s.alg, s.key.(crypto.PublicKey))
	}
	if err != nil {
		return nil
	}
	opts := []verifier.Option{
		verifier.WithClock(func() time.Time { return s.now }), verifier.WithLeeway(s.leeway), verifier.WithOptionalSubject(),
		verifier.WithEvents(), verifier.WithPossessionProven(), verifier.WithMaxActors(32), verifier.WithCache(256),
	}
	either := func(given bool, one, other verifier.Option) { // of the two, the one if given
		if !given {
			one = other
		}
		opts = append(opts, one)
	}
	either(s.issuers != nil, verifier.WithIssuer(s.issuers...), verifier.WithAnyIssuer())
	either(s.audiences != nil, verifier.WithAudience(s.audiences...), verifier.WithAnyAudience())
	either(s.needExpiry, verifier.WithAlgorithms(keys.Algorithms()...), verifier.WithOptionalExpiry())
	if s.types != nil {
		opts = append(opts, verifier.WithType(s.types...))
	}
	v, err := verifier.New(keys.Static(key), opts...)
	if err != nil {
		return nil
	}
	return func(raw string) error {
		_, err := v.Verify(context.Background(), raw)
		if err == nil {
			if _, again := v.Verify(context.Background(), raw); again != nil {
				return fmt.Errorf("%w: %w", errUnequal, again)
			}
		}
		if s.signatureOnly && judgeSignature("", err).accepted {
			return nil
		}
		return err
	}
}

// newGoJOSE asks for exp itself: go-jose leaves that to its caller.
func newGoJOSE(s *stance) opinion {
	if s.alg == keys.Ed25519 { // the name of RFC 9864, which it does not know
		return nil
	}
	algs := []jose.SignatureAlgorithm{s.alg}
	if s.signatureOnly {
		return func(raw string) error {
			sig, err := jose.ParseSignedCompact(raw, algs)
			if err == nil {
				_, err = sig.Verify(s.key)
			}
			return err
		}
	}
	expected := josejwt.Expected{AnyAudience: s.audiences, Time: s.now}
	return anyIssuer(s, func(iss string) opinion {
		expected := expected
		expected.Issuer = iss
		return func(raw string) error {
			tok, err := josejwt.ParseSigned(raw, algs)
			if err != nil {
				return err
			}
			var c josejwt.Claims
			if err := tok.Claims(s.key, &c); err != nil {
				return err
			}
			if c.Expiry == nil && s.needExpiry {
				return errors.New("no exp")
			}
			return c.ValidateWithLeeway(expected, s.leeway)
		}
	})
}

// strictJWX has jwx read dates as numbers only, and with their fractions.
var strictJWX = sync.OnceFunc(func() {
	jwxjwt.Settings(jwxjwt.WithNumericDateParsePedantic(true), jwxjwt.WithNumericDateParsePrecision(9))
})

func newJWX(s *stance) opinion {
	strictJWX()
	alg, ok := jwa.LookupSignatureAlgorithm(string(s.alg))
	if !ok {
		return nil
	}
	if s.signatureOnly {
		return func(raw string) error {
			_, err := jwxjws.Verify([]byte(raw), jwxjws.WithKey(alg, s.key), jwxjws.WithCompact(), jwxjws.WithCritValidation(true))
			return err
		}
	}
	opts := []jwxjwt.ParseOption{
		jwxjwt.WithKey(alg, s.key), jwxjwt.WithPedantic(true), jwxjwt.WithStrictStringClaims(true),
		jwxjwt.WithAcceptableSkew(s.leeway), jwxjwt.WithClock(jwxjwt.ClockFunc(func() time.Time { return s.now })),
	}
	if s.needExpiry {
		opts = append(opts, jwxjwt.WithRequiredClaim("exp"))
	}
	return anyIssuer(s, func(iss string) opinion {
		opts := opts
		if iss != "" {
			opts = append(opts[:len(opts):len(opts)], jwxjwt.WithIssuer(iss))
		}
		return anyOf(s.audiences, func(aud string) opinion {
			opts := opts
			if aud != "" {
				opts = append(opts[:len(opts):len(opts)], jwxjwt.WithAudience(aud))
			}
			return func(raw string) error {
				_, err := jwxjwt.ParseString(raw, opts...)
				return err
			}
		})
	})
}

// newGolangJWT is nil for a payload that need not be claims, which golang-jwt has
// no way to verify.
func newGolangJWT(s *stance) opinion {
	if s.signatureOnly || golangjwt.GetSigningMethod(string(s.alg)) == nil {
		return nil
	}
	opts := []golangjwt.ParserOption{
		golangjwt.WithValidMethods([]string{string(s.alg)}), golangjwt.WithStrictDecoding(), golangjwt.WithIssuedAt(),
		golangjwt.WithLeeway(s.leeway), golangjwt.WithTimeFunc(func() time.Time { return s.now }),
	}
	if s.needExpiry {
		opts = append(opts, golangjwt.WithExpirationRequired())
	}
	if s.audiences != nil {
		opts = append(opts, golangjwt.WithAudience(s.audiences...))
	}
	return anyIssuer(s, func(iss string) opinion {
		p := golangjwt.NewParser(append(opts[:len(opts):len(opts)], golangjwt.WithIssuer(iss))...)
		return func(raw string) error {
			_, err := p.ParseWithClaims(raw, new(golangjwt.RegisteredClaims), func(*golangjwt.Token) (any, error) { return s.key, nil })
			return err
		}
	})
}

// anyIssuer is for the libraries that expect one issuer: an opinion for each.
func anyIssuer(s *stance, with func(iss string) opinion) opinion { return anyOf(s.issuers, with) }

func anyOf(values []string, with func(string) opinion) opinion {
	if len(values) == 0 {
		return with("")
	}
	var js []opinion
	for _, v := range values {
		js = append(js, with(v))
	}
	return func(raw string) (err error) {
		for _, j := range js {
			if err = j(raw); err == nil {
				return nil
			}
		}
		return err
	}
}
