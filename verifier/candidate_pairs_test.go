package verifier_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestCandidateOfRandomPairs of policies: a candidate never changes an answer, and
// what is reported is what Verify of the candidate says by itself.
func TestCandidateOfRandomPairs(t *testing.T) {
	const pairs, tokens = 300, 40
	bound, err := keys.NewSecret("bound", keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	p := keys.Merge(hmacKeys(t), keys.ForIssuer("i", keys.Static(bound)))
	reported := map[string]int{}
	for seed := range uint64(pairs) {
		r := rand.New(rand.NewPCG(seed, 1))
		live, other := somePolicy(r), somePolicy(r)
		candidate, err := verifier.New(p, other...)
		if err != nil {
			continue // a contradiction
		}
		plain, err := verifier.New(p, live...)
		if err != nil {
			continue
		}
		var log differences
		live = append(live, verifier.WithCandidate(candidate, log.add))
		v := newVerifier(t, p, live...)
		for range tokens {
			raw := someToken(r)
			wantTok, wantErr := plain.VerifyAt(t.Context(), raw, now)
			tok, err := v.VerifyAt(t.Context(), raw, now)
			if !cmp.Equal(wantTok, tok, cmp.Comparer(sameToken)) || errorText(wantErr) != errorText(err) {
				t.Fatalf("seed %d, %s: %v, %v with a candidate; %v, %v without", seed, raw, tok, err, wantTok, wantErr)
			}
			_, alone := candidate.VerifyAt(t.Context(), raw, now)
			want := expected(wantErr, alone)
			var got []string
			for _, d := range log.take() {
				got = append(got, d.Live+" / "+d.Candidate)
				reported[d.Live+" / "+d.Candidate]++
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, %s: live says %v, the candidate alone %v\n%s", seed, raw, wantErr, alone, diff)
			}
		}
	}
	if len(reported) < 60 {
		t.Errorf("only %d kinds of differences came up: %v", len(reported), reported)
	}
}

// expected returns what has to be reported of a token, given what both say alone.
func expected(live, alone error) []string {
	a, b := answerOf(live), answerOf(alone)
	switch {
	case atKey(live):
		return nil
	case beforeKey(live) && !beforeKey(alone):
		b = "undecided not_judged"
	case a == b:
		return nil
	}
	return []string{a + " / " + b}
}

// beforeKey reports whether err is a refusal of the shape or the header.
func beforeKey(err error) bool {
	return errors.Is(err, verifier.ErrMalformed) || errors.Is(err, verifier.ErrType) || errors.Is(err, verifier.ErrAlgorithm) && !atKey(err)
}

// atKey reports whether err says that no key verifies the token.
func atKey(err error) bool {
	return errors.Is(err, verifier.ErrSignature) || errors.Is(err, verifier.ErrUnknownKey) ||
		errors.Is(err, verifier.ErrAlgorithm) && strings.Contains(err.Error(), "its key is for")
}

// somePolicy returns a few random options.
func somePolicy(r *rand.Rand) (opts []verifier.Option) {
	all := []verifier.Option{
		verifier.WithIssuer("i"), verifier.WithIssuer("i", "j"), verifier.WithAnyIssuer(), verifier.WithAnyIssuer(),
		verifier.WithAudience("a"), verifier.WithAudience("a", "b"), verifier.WithAnyAudience(), verifier.WithAnyAudience(),
		verifier.WithType("at+jwt"), verifier.WithType("JWT", "at+jwt"), verifier.AccessToken(),
		verifier.WithAlgorithms(keys.HS256), verifier.WithAlgorithms(keys.ES256),
		verifier.WithLeeway(0), verifier.WithLeeway(time.Minute),
		verifier.WithOptionalSubject(), verifier.WithOptionalExpiry(), verifier.WithIntegerSubject(), verifier.WithEvents(),
		verifier.WithPossessionProven(), verifier.WithMaxActors(0), verifier.WithMaxActors(1),
		verifier.WithMaxSize(150), verifier.WithPaddedBase64(), verifier.WithCache(10),
		sharedChecks, verifier.WithClaims(claims.Required("x")), verifier.WithHeader(claims.Required("h")), sharedHeader,
	}
	for range r.IntN(5) {
		opts = append(opts, all[r.IntN(len(all))])
	}
	return opts
}

var (
	sharedChecks = verifier.WithClaims(claims.Scope("s"))
	sharedHeader = verifier.WithHeader(claims.Required("h"))
)

// someToken returns a random token, one in ten of them forged.
func someToken(r *rand.Rand) string {
	pick := func(likely float64, values ...string) string {
		if r.Float64() < likely {
			return values[0]
		}
		return values[r.IntN(len(values))]
	}
	header := fmt.Sprintf(`{"alg":%s%s%s%s}`, pick(.9, `"HS256"`, `"ES256"`, `"none"`),
		pick(.5, ``, `,"typ":"JWT"`, `,"typ":"at+jwt"`, `,"typ":"x"`), pick(.6, ``, `,"kid":"bound"`, `,"kid":"other"`), pick(.6, ``, `,"h":1`, `,"exp":"x"`))
	payload := "{" + strings.Trim(fmt.Sprintf("%s%s%s%s%s%s%s%s%s",
		pick(.8, `"sub":"u"`, ``, `"sub":7`, `"sub":""`), pick(.8, `,"exp":1700000060`, ``, `,"exp":1699999980`, `,"exp":1`),
		pick(.3, ``, `,"iss":"i"`, `,"iss":"j"`, `,"iss":"k"`), pick(.3, ``, `,"aud":"a"`, `,"aud":["b","c"]`, `,"aud":[]`),
		pick(.6, ``, `,"iat":1700000000,"client_id":"c","jti":"1"`, `,"nbf":1700000020`), pick(.8, ``, `,"cnf":{}`, `,"events":{}`),
		pick(.8, ``, `,"act":{"sub":"a"}`, `,"act":{"act":{}}`), pick(.5, ``, `,"x":1`), pick(.5, ``, `,"scope":"s"`)), ",") + "}"
	enc := base64.RawURLEncoding
	if r.IntN(4) == 0 {
		enc = base64.URLEncoding
	}
	raw := signParts(enc.EncodeToString([]byte(header)), enc.EncodeToString([]byte(payload)))
	if enc == base64.URLEncoding {
		raw += "=" // an HMAC of 32 bytes
	}
	if r.IntN(10) == 0 {
		i := strings.LastIndexByte(raw, '.')
		raw = raw[:i+1] + flipped(raw[i+1:])
	}
	return raw
}
