package verifier_test

import (
	"context"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// Mistakes that others found when they tried the library. A test's name begins with
// the number of its row in that list.

// TestS09UnsetTime: without the time when a job was enqueued, nothing is decided.
func TestS09UnsetTime(t *testing.T) {
	expired := sign(goodHeader, `{"sub":"a","exp":1}`)
	for _, opts := range [][]verifier.Option{nil, {verifier.WithCache(10)}} {
		v := newVerifier(t, hmacKeys(t), opts...)
		for _, at := range []time.Time{{}, time.Time{}.Local(), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)} {
			for _, raw := range []string{expired, sign(goodHeader, goodPayload), "x"} {
				tok, err := v.VerifyAt(t.Context(), raw, at)
				if tok != nil || !errors.Is(err, verifier.ErrNoTime) || verifier.Classify(err) != verifier.Undecided || verifier.Reason(err) != "no_time" {
					t.Errorf("at %v: %v, %v (%s)", at, tok, err, verifier.Reason(err))
				}
				if errors.Is(err, verifier.ErrInvalidToken) {
					t.Errorf("at %v: reported as an invalid token: %v", at, err)
				}
			}
		}
	}
}

// TestS10PrintingShowsNoToken: no verb, logger or JSON encoder shows a secret, a raw
// token or a signature, even of a verifier with a cache.
func TestS10PrintingShowsNoToken(t *testing.T) {
	signer := ecKeys(t, "k")
	raw := signer.Sign(claimsOf("user-1"))
	secretKey, err := keys.NewSecret("s", keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, keys.Static(signer.Key(), secretKey), verifier.WithCache(10))
	tok, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	_, refusal := v.VerifyAt(t.Context(), raw, now.Add(time.Hour))
	parts := strings.Split(raw, ".")
	for _, value := range []any{v, *v, tok, *tok, tok.Set, *tok.Set, refusal, v.Explain(t.Context(), raw), struct{ A, B any }{v, tok}} {
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", value)
		text := log.String() + fmt.Sprintf("%v %+v %#v %s %q", value, value, value, value, value)
		for _, hidden := range []string{parts[0], parts[1], parts[2], string(secret)} {
			if strings.Contains(text, hidden) {
				t.Errorf("a %T shows %.10q…", value, hidden)
			}
		}
	}
}

// TestS16CacheIsOutOfReach: what a caller does to its token does not reach the cache.
func TestS16CacheIsOutOfReach(t *testing.T) {
	signer := ecKeys(t, "k")
	for _, aud := range []any{"api", []string{"api", "web"}} {
		raw := signer.Sign(map[string]any{"sub": "user-1", "aud": aud, "exp": now.Unix() + 60, "jti": "1"})
		seen := 0
		v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(10), verifier.WithAudience("api"),
			verifier.WithClaims(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
				seen++
				if s.Subject != "user-1" || s.Audience[0] != "api" || s.Expiry.Unix() != now.Unix()+60 {
					t.Errorf("the validator sees %+v", s)
				}
				s.Subject, s.Audience[0], s.Expiry = "admin", "evil", now.Add(1e6*time.Hour) // a validator with a bug
				return nil
			})))
		for range 3 {
			tok, err := v.Verify(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			tok.Subject, tok.KeyID, tok.Set.Expiry = "admin", "x", now.Add(1e6*time.Hour)
			for i := range tok.Audience {
				tok.Audience[i] = "evil"
			}
			*tok.Set = claims.Set{Subject: "admin"}
		}
		if seen != 3 || v.Cached() != 1 {
			t.Errorf("%d validations, %d tokens in the cache", seen, v.Cached())
		}
		_, err := v.VerifyAt(t.Context(), raw, now.Add(time.Hour))
		set, ok := verifier.RefusedClaims(err)
		if !errors.Is(err, claims.ErrExpired) || !ok || set.Subject != "user-1" {
			t.Fatalf("an hour later: %v, %v", err, set)
		}
		set.Expiry, set.Audience[0] = now.Add(1e6*time.Hour), "evil"
		if _, err := v.VerifyAt(t.Context(), raw, now.Add(time.Hour)); !errors.Is(err, claims.ErrExpired) {
			t.Errorf("after a change of refused claims: %v", err)
		}
	}
}

// TestS18BoundTokensNeedProof, wherever they are verified.
func TestS18BoundTokensNeedProof(t *testing.T) {
	bound := func(cnf string) string {
		return sign(goodHeader, `{"sub":"user-1","exp":1700000060,"cnf":`+cnf+`}`)
	}
	plain := newVerifier(t, hmacKeys(t))
	proven := newVerifier(t, hmacKeys(t), verifier.WithPossessionProven())
	for _, cnf := range []string{`{"jkt":"x"}`, `{"x5t#S256":"x"}`, `{}`, `null`, `7`, `{"jwk":{}}`} {
		raw := bound(cnf)
		check(t, plain, raw, verifier.ErrUnproven, "unproven")
		check(t, proven, raw, nil, "")
		_, err := plain.Verify(t.Context(), raw)
		if !errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), "WithPossessionProven") {
			t.Errorf("cnf %s: %v", cnf, err)
		}
		if r := plain.Explain(t.Context(), raw); verifier.Reason(r.Err) != "unproven" || !strings.Contains(r.String(), "FAIL  possession") {
			t.Errorf("Explain:\n%s", r)
		}
		if r := proven.Explain(t.Context(), raw); r.Err != nil || !strings.Contains(r.String(), "ok    possession") {
			t.Errorf("Explain:\n%s", r)
		}
	}
	escaped := sign(goodHeader, `{"sub":"user-1","exp":1700000060,"\u0063nf":{"jkt":"x"}}`)
	check(t, plain, escaped, verifier.ErrUnproven, "unproven")
	for _, payload := range []string{`{"sub":"cnf","exp":1700000060}`, `{"sub":"a","exp":1700000060,"x":{"cnf":{}}}`, `{"sub":"a","exp":1700000060,"CNF":{}}`} {
		check(t, plain, sign(goodHeader, payload), nil, "")
	}
	// The same holds with the cache and through ByIssuer.
	signer := ecKeys(t, "k")
	raw := signer.Sign(map[string]any{"iss": "i", "sub": "a", "exp": now.Unix() + 60, "cnf": map[string]any{"jkt": "x"}})
	cached := newVerifier(t, keys.ForIssuer("i", keys.Static(signer.Key())), verifier.WithCache(10))
	for range 2 {
		check(t, cached, raw, verifier.ErrUnproven, "unproven")
		check(t, verifier.ByIssuer(map[string]verifier.Verifier{"i": cached}), raw, verifier.ErrUnproven, "unproven")
	}
}

// TestS20LeewayIsOfClocks: days and nanoseconds are not a leeway.
func TestS20LeewayIsOfClocks(t *testing.T) {
	for d, want := range map[time.Duration]string{
		100 * 365 * 24 * time.Hour: "more than 10m0s", math.MaxInt64: "more than 10m0s", 10*time.Minute + 1: "more than 10m0s",
		30: "30*time.Second", 999_999: "next to nothing", -1: "negative", math.MinInt64: "negative",
	} {
		if v, err := verifier.New(hmacKeys(t), verifier.WithLeeway(d)); v != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("WithLeeway(%v): %v, want %q", d, err, want)
		}
	}
	for _, d := range []time.Duration{0, time.Millisecond, time.Second, 10 * time.Minute} {
		newVerifier(t, hmacKeys(t), verifier.WithLeeway(d))
	}
}

// TestS21EmptyAudienceNamesNobody: an empty audience or issuer is not an absent one.
func TestS21EmptyAudienceNamesNobody(t *testing.T) {
	with := func(claim string) string { return sign(goodHeader, `{"sub":"a","exp":1700000060,`+claim+`}`) }
	checkRules(t, []rule{
		{"aud []", with(`"aud":[]`), nil, claims.ErrMismatch, "aud_mismatch"},
		{"aud empty", with(`"aud":""`), nil, claims.ErrMismatch, "aud_mismatch"},
		{"aud [empty]", with(`"aud":[""]`), nil, claims.ErrMismatch, "aud_mismatch"},
		{"aud [], any", with(`"aud":[]`), opts(verifier.WithAnyAudience()), nil, ""},
		{"aud [], one expected", with(`"aud":[]`), opts(verifier.WithAudience("api")), claims.ErrMismatch, "aud_mismatch"},
		{"iss empty", with(`"iss":""`), nil, claims.ErrMismatch, "iss_mismatch"},
		{"iss empty, any", with(`"iss":""`), opts(verifier.WithAnyIssuer()), nil, ""},
	})
}

// TestS23AValidatorsFileIsNotAnOutage: otherwise a token could choose the answer 503.
func TestS23AValidatorsFileIsNotAnOutage(t *testing.T) {
	dir := t.TempDir()
	v := newVerifier(t, hmacKeys(t), verifier.WithClaims(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		_, err := fs.ReadFile(os.DirFS(dir), s.Subject)
		return err
	})))
	check(t, v, sign(goodHeader, goodPayload), fs.ErrNotExist, "invalid_token")
}

// TestS25TypeFoldsASCIIOnly: the long s is not an s, and the kelvin sign is not a k.
func TestS25TypeFoldsASCIIOnly(t *testing.T) {
	typed := func(typ string) string { return sign(`{"alg":"HS256","typ":"`+typ+`"}`, goodPayload) }
	checkRules(t, []rule{
		{"jose", typed("jose"), nil, nil, ""},
		{"JOſE", typed("JOſE"), nil, verifier.ErrType, "type"},
		{"TOKEN", typed("TOKEN"), opts(verifier.WithType("token")), nil, ""},
		{"TOKEN with the kelvin sign", typed("TO\u212aEN"), opts(verifier.WithType("token")), verifier.ErrType, "type"},
		{"application/jwt", typed("Application/jwt"), nil, nil, ""},
	})
}

// TestS25TypedNils: a typed nil is an error of the constructor, not a panic later.
func TestS25TypedNils(t *testing.T) {
	for name, make := range map[string]func() (*verifier.Keyed, error){
		"provider": func() (*verifier.Keyed, error) { return verifier.New((*keys.Remote)(nil)) },
		"function": func() (*verifier.Keyed, error) { return verifier.New(keys.ProviderFunc(nil)) },
		"set":      func() (*verifier.Keyed, error) { return verifier.New((*keys.Set)(nil)) },
		"validator": func() (*verifier.Keyed, error) {
			return verifier.New(hmacKeys(t), verifier.WithClaims(claims.ValidatorFunc(nil)))
		},
		"logger": func() (*verifier.Keyed, error) {
			return verifier.New(hmacKeys(t), verifier.WithLogger((*slog.Logger)(nil)))
		},
	} {
		if v, err := make(); v != nil || err == nil || !strings.Contains(err.Error(), "nil") {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("ByIssuer accepts a nil verifier")
		}
	}()
	verifier.ByIssuer(map[string]verifier.Verifier{"i": (*verifier.Keyed)(nil)})
}

// TestS26OtherKindsOfTokens: security events are refused, and with AccessToken so are
// ID tokens.
func TestS26OtherKindsOfTokens(t *testing.T) {
	const client = `"iss":"https://a","aud":"client","sub":"a","exp":1700000060,"iat":1700000000,"jti":"1"`
	idToken := `{` + client + `,"nonce":"n","at_hash":"h"}`
	logout := `{` + client + `,"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`
	access := `{` + client + `,"client_id":"c"}`
	at := func(payload string) string { return sign(`{"alg":"HS256","typ":"at+jwt"}`, payload) }
	expected := opts(verifier.WithIssuer("https://a"), verifier.WithAudience("client"))
	profile := append(opts(verifier.AccessToken()), expected...)
	checkRules(t, []rule{
		{"logout token without typ", sign(goodHeader, logout), expected, claims.ErrMismatch, "claim_mismatch"},
		{"logout token, events null", sign(goodHeader, `{`+client+`,"events":null}`), expected, claims.ErrMismatch, "claim_mismatch"},
		{"logout token, asked for", sign(goodHeader, logout), append(opts(verifier.WithEvents()), expected...), nil, ""},
		{"logout token in the profile", at(logout), profile, claims.ErrMissing, "claim_missing"},
		{"ID token in the profile", sign(goodHeader, idToken), profile, verifier.ErrType, "type"},
		{"ID token without typ in the profile", sign(`{"alg":"HS256"}`, idToken), profile, verifier.ErrType, "type"},
		{"access token in the profile", at(access), profile, nil, ""},
		{"with application/", sign(`{"alg":"HS256","typ":"application/at+jwt"}`, access), profile, nil, ""},
	})
	for _, name := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} { // RFC 9068 §2.2
		var lacking []string
		for member := range strings.SplitSeq(strings.Trim(access, "{}"), ",") {
			if !strings.HasPrefix(member, `"`+name+`"`) {
				lacking = append(lacking, member)
			}
		}
		raw := at("{" + strings.Join(lacking, ",") + "}")
		if _, err := newVerifier(t, hmacKeys(t), profile...).Verify(t.Context(), raw); !errors.Is(err, claims.ErrMissing) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	for _, bad := range [][]verifier.Option{
		{verifier.AccessToken()},
		{verifier.AccessToken(), verifier.WithAnyAudience()},
		{verifier.AccessToken(), verifier.WithAudience("a"), verifier.WithAnyIssuer()},
		{verifier.AccessToken(), verifier.WithAudience("a"), verifier.WithOptionalExpiry()},
		{verifier.AccessToken(), verifier.WithAudience("a"), verifier.WithType("JWT")},
	} {
		if v, err := verifier.New(hmacKeys(t), bad...); v != nil || err == nil || !strings.Contains(err.Error(), "AccessToken") {
			t.Errorf("New = %v, %v", v, err)
		}
	}
}

// TestS28SignatureHasTwoSpellings: (r, n−s) verifies like (r, s), so that the text of
// a token does not identify it. Its jti does.
func TestS28SignatureHasTwoSpellings(t *testing.T) {
	signer := ecKeys(t, "k")
	raw := signer.Sign(map[string]any{"sub": "a", "jti": "7", "exp": now.Unix() + 60})
	i := strings.LastIndexByte(raw, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(raw[i:])
	if err != nil {
		t.Fatal(err)
	}
	other := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(signature[32:]))
	twin := raw[:i] + base64.RawURLEncoding.EncodeToString(append(signature[:32:32], other.FillBytes(make([]byte, 32))...))
	denied := claims.Typed(func(_ context.Context, c struct {
		ID string `json:"jti"`
	}) error {
		if c.ID == "7" {
			return errors.New("denied")
		}
		return nil
	})
	open, closed := newVerifier(t, keys.Static(signer.Key())), newVerifier(t, keys.Static(signer.Key()), verifier.WithClaims(denied))
	for _, raw := range []string{raw, twin} {
		check(t, open, raw, nil, "")
		check(t, closed, raw, verifier.ErrInvalidToken, "invalid_token")
	}
}
