package verifier_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// exampleKeys returns the keys of these examples. See package keys for a remote
// set, a file and others.
func exampleKeys() keys.Provider {
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	return src
}

// The error says what to do, in HTTP or elsewhere.
func ExampleClassify() {
	v, err := verifier.New(exampleKeys(), verifier.WithClock(clock), verifier.WithClaims(claims.Scope("items:write")))
	if err != nil {
		panic(err)
	}
	for _, raw := range []string{
		sign(`{"alg":"HS256"}`, `{"sub":"a","exp":1700000060,"scope":"items:write"}`),
		sign(`{"alg":"HS256"}`, `{"sub":"a","exp":1700000060}`),
		sign(`{"alg":"HS256"}`, `{"sub":"a","exp":1}`),
	} {
		_, err := v.Verify(context.Background(), raw)
		switch verifier.Classify(err) {
		case verifier.Trusted:
			fmt.Println("go on")
		case verifier.Forbidden:
			fmt.Println("403", verifier.Reason(err))
		case verifier.Invalid:
			fmt.Println("401", verifier.Reason(err))
		case verifier.Undecided:
			fmt.Println("503", verifier.Reason(err))
		}
	}
	// Output:
	// go on
	// 403 insufficient_scope
	// 401 expired
}

// An outage is not a verdict on the token: the caller tries again later.
func ExampleClassify_outage() {
	src := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		return nil, fmt.Errorf("%w: no route to host", keys.ErrUnavailable)
	})
	v, err := verifier.New(src)
	if err != nil {
		panic(err)
	}
	_, err = v.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"a","exp":1700000060}`))
	fmt.Println(verifier.Classify(err), errors.Is(err, verifier.ErrInvalidToken))
	// Output: undecided false
}

// A background job is verified as of the time when it was enqueued.
func ExampleKeyed_VerifyAt() {
	v, err := verifier.New(exampleKeys())
	if err != nil {
		panic(err)
	}
	raw := sign(`{"alg":"HS256"}`, `{"sub":"user-123","exp":1700000060}`)
	enqueued := time.Unix(1_700_000_000, 0) // from the records of the queue

	tok, err := v.VerifyAt(context.Background(), raw, enqueued)
	if err != nil {
		panic(err)
	}
	fmt.Println(tok.Subject)

	_, err = v.Verify(context.Background(), raw) // years later
	fmt.Println(errors.Is(err, claims.ErrExpired))
	// Output:
	// user-123
	// true
}

// Each issuer has its own keys and rules.
func ExampleByIssuer() {
	v, err := verifier.New(exampleKeys(), verifier.WithIssuer("https://a.example"), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	all := verifier.ByIssuer(map[string]verifier.Verifier{
		"https://a.example": v,
		// and so on
	})
	for _, iss := range []string{"https://a.example", "https://b.example"} {
		tok, err := all.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"iss":"`+iss+`","sub":"user-123","exp":1700000060}`))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(tok.Issuer, tok.Subject)
	}
	// Output:
	// https://a.example user-123
	// verifier: invalid token: iss: not the expected value: it has no verifier
}

// The tenants are rows of a database: their verifiers are made when a token needs
// one, and at most 1,000 are kept.
func ExampleRoute() {
	tenants := map[string]string{"https://a.example": "api-of-a"} // stands for the database
	v := verifier.Route(
		func(s *claims.Set) string { return s.Issuer },
		func(_ context.Context, issuer string) (verifier.Verifier, error) {
			audience, ok := tenants[issuer]
			if !ok {
				return nil, nil // not one of ours
			}
			src := keys.ForIssuer(issuer, exampleKeys()) // in a program, keys.NewOIDC(issuer)
			return verifier.New(src, verifier.WithAudience(audience), verifier.WithClock(clock))
		}, 1000)

	for _, iss := range []string{"https://a.example", "https://b.example"} {
		tok, err := v.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"iss":"`+iss+`","sub":"user-123","aud":"api-of-a","exp":1700000060}`))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(tok.Issuer, tok.Subject)
	}

	delete(tenants, "https://a.example")
	v.Forget("https://a.example") // from now on, its tokens are refused

	// Output:
	// https://a.example user-123
	// verifier: invalid token: iss: not the expected value: it has no verifier
}

// Every tenant has an identity provider of its own, whose URL the tenant chose. The
// fetches reach public addresses only, so that nobody makes this program look into its
// own network.
func ExampleRoute_tenants() {
	tenants := map[string]string{ // stands for the database: the audience by issuer
		"https://login.a.example": "api-of-a",
		"https://127.0.0.1:8443":  "api-of-b", // a tenant who wrote down an address of ours
	}
	v := verifier.Route(
		func(s *claims.Set) string { return s.Issuer },
		func(_ context.Context, issuer string) (verifier.Verifier, error) {
			audience, ok := tenants[issuer]
			if !ok {
				return nil, nil // not one of ours: refused without a request
			}
			src, err := keys.NewOIDC(issuer, keys.WithPublicAddresses())
			if err != nil {
				return nil, err
			}
			return verifier.New(src, verifier.WithAudience(audience), verifier.WithClock(clock))
		}, 1000)

	for _, iss := range []string{"https://stranger.example", "https://127.0.0.1:8443"} {
		_, err := v.Verify(context.Background(), sign(`{"alg":"RS256"}`, `{"iss":"`+iss+`","sub":"user-123","aud":"api-of-b","exp":1700000060}`))
		fmt.Println(verifier.Classify(err), errors.Is(err, keys.ErrUnavailable))
	}
	// Output:
	// invalid false
	// undecided true
}

// New rules take over while the program runs.
func ExampleVar() {
	rules := func(audience string) *verifier.Keyed {
		v, err := verifier.New(exampleKeys(), verifier.WithAudience(audience), verifier.WithClock(clock))
		if err != nil {
			panic(err)
		}
		return v
	}
	raw := sign(`{"alg":"HS256"}`, `{"sub":"user-123","aud":"old","exp":1700000060}`)

	v := verifier.NewVar(rules("old")) // for httpauth.New and others
	_, err := v.Verify(context.Background(), raw)
	fmt.Println(verifier.Classify(err))

	v.Store(rules("new"))
	_, err = v.Verify(context.Background(), raw)
	fmt.Println(verifier.Classify(err), verifier.Reason(err))
	// Output:
	// trusted
	// invalid aud_mismatch
}

// The report shows every check that failed and the option that decides it.
func ExampleKeyed_Explain() {
	v, err := verifier.New(exampleKeys(), verifier.WithAudience("api"), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Explain(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"user-123","exp":1699996400,"aud":"web"}`)))
	// Output:
	// as of 2023-11-14T22:13:20Z, leeway 30s
	// ok    shape        128 bytes
	// ok    algorithm    "HS256"
	// ok    type         ""
	// ok    signature    by key "" (HS256)
	// ok    claims       read
	// ok    issuer       ""
	// FAIL  audience     verifier: invalid token: aud: not the expected value: it is "web", expected "api" (see WithAudience)
	// FAIL  expiry       verifier: invalid token: exp: expired 1h0m0s ago; it is now 2023-11-14T22:13:20Z, leeway 30s
	// ok    not before   none
	// ok    issued at    none
	// ok    subject      "user-123"
	// => invalid (aud_mismatch): verifier: invalid token: aud: not the expected value: it is "web", expected "api" (see WithAudience)
}

// A check of your own runs after all others, with the claims as a type of your
// own.
func ExampleWithClaims() {
	type tenancy struct {
		Tenant string `json:"tenant"`
	}
	ours := claims.Typed(func(_ context.Context, c tenancy) error {
		if c.Tenant != "acme" {
			return &claims.Error{Claim: "tenant", Err: claims.ErrMismatch}
		}
		return nil
	})
	v, err := verifier.New(exampleKeys(), verifier.WithClaims(ours), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	for _, tenant := range []string{"acme", "initech"} {
		_, err := v.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"user-123","exp":1700000060,"tenant":"`+tenant+`"}`))
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// verifier: invalid token: tenant: not the expected value
}

// A cached token is accepted only as long as its key is: the provider is asked
// every time.
func ExampleWithCache() {
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	key, err := keys.NewPublic("key-1", keys.EdDSA, pub)
	if err != nil {
		panic(err)
	}
	src := keys.NewSet(key, exampleOtherKey())
	v, err := verifier.New(src, verifier.WithCache(10_000), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	signed := b64(`{"alg":"EdDSA","kid":"key-1"}`) + "." + b64(`{"sub":"user-123","exp":1700000060}`)
	raw := signed + "." + b64(string(ed25519.Sign(priv, []byte(signed))))

	for range 2 { // the second time from the cache
		tok, err := v.Verify(context.Background(), raw)
		if err != nil {
			panic(err)
		}
		fmt.Println(tok.Subject)
	}
	src.Remove("key-1")
	_, err = v.Verify(context.Background(), raw)
	fmt.Println(err)
	// Output:
	// user-123
	// user-123
	// verifier: unknown key: no key has the ID "key-1"
}

// exampleOtherKey keeps the set of ExampleWithCache from being empty, which would
// be an outage.
func exampleOtherKey() *keys.Key {
	k, err := keys.NewSecret("key-2", keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	return k
}

// A log or a metric can say whose token was refused, if the signature verified.
func ExampleRefusedClaims() {
	v, err := verifier.New(exampleKeys(), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	_, err = v.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"user-123","exp":1}`))
	if set, ok := verifier.RefusedClaims(err); ok {
		fmt.Println(verifier.Reason(err), set.Subject)
	}
	// Output: expired user-123
}

// Whatever can vouch for a token is a Verifier, such as an introspection endpoint
// (RFC 7662). Its outage must wrap ErrUnavailable, and its refusal ErrInvalidToken.
func ExampleFunc() {
	introspect := func(_ context.Context, raw string) (active bool, sub string, err error) {
		return raw == "opaque-1", "user-123", nil
	}
	v := verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
		active, sub, err := introspect(ctx, raw)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: introspection: %w", verifier.ErrUnavailable, err)
		case !active:
			return nil, fmt.Errorf("%w: not active", verifier.ErrInvalidToken)
		}
		return &verifier.Token{Set: &claims.Set{Subject: sub}}, nil
	})
	for _, raw := range []string{"opaque-1", "opaque-2"} {
		tok, err := v.Verify(context.Background(), raw)
		if err != nil {
			fmt.Println(verifier.Classify(err))
			continue
		}
		fmt.Println(tok.Subject)
	}
	// Output:
	// user-123
	// invalid
}
