package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func ExampleLocal_Verify() {
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src, verifier.WithIssuer("https://issuer.example"), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	raw := sign(`{"alg":"HS256"}`, `{"iss":"https://issuer.example","sub":"user-123","exp":1700000060}`)
	tok, err := v.Verify(context.Background(), raw)
	fmt.Println(tok.Subject, err)
	// Output: user-123 <nil>
}

func ExampleClassify() {
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src, verifier.WithClock(clock), verifier.WithClaims(claims.Scope("items:write")))
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

// A background job is verified as of the time it was put into the queue.
func ExampleLocal_VerifyAt() {
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src)
	if err != nil {
		panic(err)
	}
	raw := sign(`{"alg":"HS256"}`, `{"sub":"user-123","exp":1700000060}`)
	_, err = v.VerifyAt(context.Background(), raw, time.Unix(1700000000, 0))
	fmt.Println(err)
	_, err = v.Verify(context.Background(), raw) // years later
	fmt.Println(errors.Is(err, claims.ErrExpired))
	// Output:
	// <nil>
	// true
}

func ExampleByIssuer() {
	ours, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(ours, verifier.WithIssuer("https://a.example"), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	all := verifier.ByIssuer(map[string]verifier.Verifier{"https://a.example": v})
	_, err = all.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"iss":"https://b.example","sub":"a","exp":1700000060}`))
	fmt.Println(err)
	// Output: verifier: invalid token: iss: not the expected value: no verifier is for it
}

func ExampleLocal_Explain() {
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src, verifier.WithAudience("api"), verifier.WithClock(clock))
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Explain(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"user-123","exp":1699996400,"aud":"web"}`)))
	// Output:
	// ok    shape        128 bytes
	// ok    algorithm    "HS256"
	// ok    type         ""
	// ok    signature    by key "" (HS256)
	// ok    claims       read
	// ok    issuer       ""
	// FAIL  audience     verifier: invalid token: aud: not the expected value: it is "web", expected "api" (see WithAudience)
	// FAIL  expiry       verifier: invalid token: exp: expired 1h0m0s ago; now is 2023-11-14T22:13:20Z, and the leeway 30s
	// ok    not before   none
	// ok    issued at    none
	// ok    subject      "user-123"
	// => invalid (aud_mismatch): verifier: invalid token: aud: not the expected value: it is "web", expected "api" (see WithAudience)
}
