package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/bridge"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// unknownToKeyfunc are left out of a fetched set, and make keyfunc refuse the
// whole of one in JSON.
var unknownToKeyfunc = []keys.Algorithm{keys.MLDSA44, keys.MLDSA65, keys.MLDSA87}

func TestFromKeyfuncInJSON(t *testing.T) {
	for _, alg := range keys.Algorithms() {
		for _, kid := range []string{"key-1", ""} {
			t.Run(string(alg)+"/kid="+kid, func(t *testing.T) {
				t.Parallel()
				signer := verifiertest.NewSigner(t, alg, kid)
				raw := signer.Sign(asMap(testClaims()))
				k, err := newKeyfuncJSON(t, signer)
				if slices.Contains(unknownToKeyfunc, alg) {
					if err == nil {
						t.Fatalf("keyfunc reads a key for %s: test it", alg)
					}
					t.Skipf("keyfunc has no keys for %s", alg)
				}
				if err != nil {
					t.Fatal(err)
				}
				src := bridge.FromKeyfunc(k, bridge.AllowSecrets())
				v := newVerifier(t, src, testExpectations...)
				wantSubject(t, v, raw, testSubject)
				wantRefused(t, v, replaced(t, raw, payload, testSubject, "user-124"), verifier.ErrSignature)
				wantRefused(t, v, flipped(t, raw, 0), verifier.ErrSignature)
				wantRefused(t, v, verifiertest.NewSigner(t, alg, kid).Sign(asMap(testClaims())), verifier.ErrSignature)
				if kid != "" {
					other := verifiertest.NewSigner(t, alg, "key-2")
					wantRefused(t, v, other.Sign(asMap(testClaims())), verifier.ErrUnknownKey)
				}
				if sibling, ok := siblings[alg]; ok {
					other := verifiertest.NewSigner(t, sibling, kid)
					wantRefused(t, v, other.Sign(asMap(testClaims())), verifier.ErrAlgorithm)
				}
				if golangJWT.knows(alg) { // and over both bridges back to where it came from
					if subject, err := parseGolangJWT(src, alg, raw); err != nil || subject != testSubject {
						t.Errorf("golang-jwt says %q, %v; want %q", subject, err, testSubject)
					}
				}
			})
		}
	}
}

// TestFromKeyfuncOverHTTP fetches the keys of an issuer, once at the start and
// once for a key that came later.
func TestFromKeyfuncOverHTTP(t *testing.T) {
	for _, alg := range keys.Algorithms() {
		if slices.Contains([]keys.Algorithm{keys.HS256, keys.HS384, keys.HS512}, alg) {
			continue // no issuer publishes a secret
		}
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			iss := verifiertest.NewIssuer(t, verifiertest.WithAlgorithm(alg))
			k, _ := newKeyfunc(t, iss)
			v := newVerifier(t, bridge.FromKeyfunc(k), verifier.WithIssuer(iss.URL))
			raw := iss.Token("before", time.Hour)
			if slices.Contains(unknownToKeyfunc, alg) {
				wantUndecided(t, v, raw) // its storage stays empty
				t.Skipf("keyfunc has no keys for %s", alg)
			}
			wantSubject(t, v, raw, "before")
			wantRefused(t, v, flipped(t, raw, 0), verifier.ErrSignature)
			iss.Rotate()
			wantSubject(t, v, iss.Token("after", time.Hour), "after")
			wantSubject(t, v, raw, "before")
		})
	}
}

// TestFromKeyfuncOutage holds what FromKeyfunc says of failures: keyfunc takes
// a fetch that failed for a key that is not there, and an unknown key beyond
// its rate limit for an error.
func TestFromKeyfuncOutage(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	k, failures := newKeyfunc(t, iss)
	src := bridge.FromKeyfunc(k)
	v := newVerifier(t, src, verifier.WithIssuer(iss.URL))
	known := iss.Token("known", time.Hour)
	iss.Rotate()
	unknown := iss.Token("unknown", time.Hour)
	iss.Break(unavailable)

	wantSubject(t, v, known, "known")
	wantRefused(t, v, flipped(t, known, 0), verifier.ErrSignature)
	if n := failures.Load(); n != 0 {
		t.Fatalf("%d fetches failed; known keys need none", n)
	}
	wantRefused(t, v, unknown, verifier.ErrUnknownKey)
	if n := failures.Load(); n != 1 {
		t.Fatalf("%d fetches failed; want 1", n)
	}
	wantUndecided(t, v, unknown)
	if _, err := parseGolangJWT(src, keys.ES256, unknown); !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("golang-jwt says %v; want %v", err, keys.ErrUnavailable)
	}
	wantSubject(t, v, known, "known")

	iss.Break(nil) // which does not lift the rate limit
	wantUndecided(t, v, unknown)
}

// TestFromKeyfuncCanceled: a caller that gave up says nothing about the token.
func TestFromKeyfuncCanceled(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	k, _ := newKeyfunc(t, iss)
	src := bridge.FromKeyfunc(k)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	iss.Rotate()
	_, err := newVerifier(t, src, verifier.WithIssuer(iss.URL)).Verify(ctx, iss.Token("user", time.Hour))
	if verifier.Reason(err) != "canceled" {
		t.Errorf("the reason is %q (%v); want canceled", verifier.Reason(err), err)
	}
}

// newKeyfunc fetches the keys of iss, and counts the fetches that fail.
func newKeyfunc(t *testing.T, iss *verifiertest.Issuer) (k keyfunc.Keyfunc, failures *atomic.Int32) {
	t.Helper()
	failures = new(atomic.Int32)
	k, err := keyfunc.NewDefaultOverrideCtx(t.Context(), []string{iss.JWKS}, keyfunc.Override{
		Client:                    iss.Client(),
		NoErrorReturnFirstHTTPReq: new(false),
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(context.Context, error) { failures.Add(1) }
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return k, failures
}

func newKeyfuncJSON(t *testing.T, signers ...*verifiertest.Signer) (keyfunc.Keyfunc, error) {
	t.Helper()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	for _, s := range signers {
		set.Keys = append(set.Keys, s.JWK())
	}
	doc, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return keyfunc.NewJWKSetJSON(doc)
}
