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
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// What was wrong when the library was tried by others. Each test is named after
// its row.

// TestS09UnsetTime: a job that does not say when it was enqueued decides nothing.
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
					t.Errorf("at %v: the token is blamed: %v", at, err)
				}
			}
		}
	}
}

// TestS10PrintingShowsNoToken: no verb, no logger and no JSON shows a secret, a
// raw token or a signature, not of a verifier that remembers tokens either.
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

// TestS16CacheIsOutOfReach: what a caller does to its token, nobody else sees.
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
				s.Subject, s.Audience[0], s.Expiry = "admin", "evil", now.Add(1e6*time.Hour) // a validator at fault
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
	// Also from the cache, and by way of another verifier.
	signer := ecKeys(t, "k")
	raw := signer.Sign(map[string]any{"iss": "i", "sub": "a", "exp": now.Unix() + 60, "cnf": map[string]any{"jkt": "x"}})
	cached := newVerifier(t, keys.ForIssuer("i", keys.Static(signer.Key())), verifier.WithCache(10))
	for range 2 {
		check(t, cached, raw, verifier.ErrUnproven, "unproven")
		check(t, verifier.ByIssuer(map[string]verifier.Verifier{"i": cached}), raw, verifier.ErrUnproven, "unproven")
	}
}

// TestS20LeewayIsOfClocks, not of days or of nanoseconds.
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

// TestS21EmptyAudienceNamesNobody, and an empty issuer is one that nobody expects.
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

// TestS23AValidatorsFileIsNotAnOutage: else the token would choose 503.
func TestS23AValidatorsFileIsNotAnOutage(t *testing.T) {
	dir := t.TempDir()
	v := newVerifier(t, hmacKeys(t), verifier.WithClaims(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		_, err := fs.ReadFile(os.DirFS(dir), s.Subject)
		return err
	})))
	check(t, v, sign(goodHeader, goodPayload), fs.ErrNotExist, "invalid_token")
}

// TestS25TypeFoldsASCIIOnly: ſ is not an s, nor K, the sign for kelvin, a k.
func TestS25TypeFoldsASCIIOnly(t *testing.T) {
	typed := func(typ string) string { return sign(`{"alg":"HS256","typ":"`+typ+`"}`, goodPayload) }
	checkRules(t, []rule{
		{"jose", typed("jose"), nil, nil, ""},
		{"JOſE", typed("JOſE"), nil, verifier.ErrType, "type"},
		{"TOKEN", typed("TOKEN"), opts(verifier.WithType("token")), nil, ""},
		{"TOKEN with the sign for kelvin", typed("TO\u212aEN"), opts(verifier.WithType("token")), verifier.ErrType, "type"},
		{"application/jwt", typed("Application/jwt"), nil, nil, ""},
	})
}

// TestS25CacheWeighsHeaders: a token with a large header counts with all of it,
// and is found again.
func TestS25CacheWeighsHeaders(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.EdDSA, strings.Repeat("k", 1024))
	v := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(4), verifier.WithMaxSize(1<<20))
	for i := range 20 {
		all := claimsOf(fmt.Sprint(i))
		all["x"] = strings.Repeat("x", 1500*(i%3))
		check(t, v, signer.Sign(all), nil, "")
		if bytes := v.CachedBytes(); bytes > 4*2048 {
			t.Fatalf("%d bytes are remembered", bytes)
		}
	}
	raw := signer.Sign(claimsOf("again"))
	check(t, v, raw, nil, "")
	if !again(t, v, raw) {
		t.Error("a token with a large header is verified anew")
	}
	huge := claimsOf("huge")
	huge["x"] = strings.Repeat("x", 100_000)
	check(t, v, signer.Sign(huge), nil, "")
	if v.Cached() == 0 {
		t.Error("a token that is too large for the cache has emptied it")
	}
}

// TestS25TypedNils are mistakes of the constructor, not panics later.
func TestS25TypedNils(t *testing.T) {
	for name, make := range map[string]func() (*verifier.Local, error){
		"provider": func() (*verifier.Local, error) { return verifier.New((*keys.Remote)(nil)) },
		"function": func() (*verifier.Local, error) { return verifier.New(keys.ProviderFunc(nil)) },
		"set":      func() (*verifier.Local, error) { return verifier.New((*keys.Set)(nil)) },
		"validator": func() (*verifier.Local, error) {
			return verifier.New(hmacKeys(t), verifier.WithClaims(claims.ValidatorFunc(nil)))
		},
		"logger": func() (*verifier.Local, error) {
			return verifier.New(hmacKeys(t), verifier.WithLogger((*slog.Logger)(nil)))
		},
	} {
		if v, err := make(); v != nil || err == nil || !strings.Contains(err.Error(), "nil") {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("ByIssuer takes a nil verifier")
		}
	}()
	verifier.ByIssuer(map[string]verifier.Verifier{"i": (*verifier.Local)(nil)})
}

// TestS26OtherKindsOfTokens: an event never, an ID token not in the profile of
// access tokens.
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

// TestH13RefusedClaims: whose token was refused can be learned when its
// signature verified, and only then.
func TestH13RefusedClaims(t *testing.T) {
	forged := sign(goodHeader, `{"sub":"mallory","exp":1}`)
	i := strings.LastIndexByte(forged, '.')
	outage := verifier.WithClaims(claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return claims.ErrUnavailable }))
	for _, test := range []struct {
		name, raw string
		opts      []verifier.Option
		want      string
	}{
		{"expired", sign(goodHeader, `{"sub":"alice","exp":1,"jti":"7"}`), nil, "alice"},
		{"without the scope", sign(goodHeader, `{"sub":"alice","exp":1700000060}`), opts(verifier.WithClaims(claims.Scope("write"))), "alice"},
		{"not decided", sign(goodHeader, `{"sub":"alice","exp":1700000060}`), opts(outage), "alice"},
		{"bound", sign(goodHeader, `{"sub":"alice","exp":1700000060,"cnf":{}}`), nil, "alice"},
		{"forged", forged[:i+1] + flipped(forged[i+1:]), nil, ""},
		{"unsigned", b64(`{"alg":"none"}`) + "." + b64(goodPayload) + ".", nil, ""},
		{"malformed", sign(goodHeader, `{"sub":"alice","exp":"x"}`), nil, ""},
		{"good", sign(goodHeader, goodPayload), nil, ""},
	} {
		var log strings.Builder
		v := newVerifier(t, hmacKeys(t), append(test.opts, verifier.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
		_, err := v.Verify(t.Context(), test.raw)
		set, ok := verifier.RefusedClaims(fmt.Errorf("wrapped: %w", err))
		if ok != (test.want != "") || ok && set.Subject != test.want {
			t.Errorf("%s: RefusedClaims = %v, %v", test.name, set, ok)
		}
		if got := strings.Contains(log.String(), "sub="); got != ok {
			t.Errorf("%s: the log reads %s", test.name, &log)
		}
		r := v.Explain(t.Context(), test.raw)
		if _, explained := verifier.RefusedClaims(r.Err); explained != ok {
			t.Errorf("%s: the report's error has claims: %v", test.name, explained)
		}
	}
	if _, ok := verifier.RefusedClaims(nil); ok {
		t.Error("nil has refused claims")
	}
}

// TestS28SignatureHasTwoSpellings: (r, n−s) verifies as (r, s) does, so the text
// of a token does not identify it; its jti does.
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
