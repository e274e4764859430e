package conformance_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// claimAttacks are claims of the wrong type, value or absence.
var claimAttacks = []attack{
	{id: "CVE-2020-26160", test: attackAudienceType},
	{id: "CVE-2026-25537", test: attackDateType},
	{id: "CVE-2024-53861", test: attackPartialIssuer},
	{id: "CVE-2025-30144", test: attackIssuerList},
	{id: "CVE-2024-5037", test: attackUnverifiedIssuer},
	{id: "GHSA-wxg7-w2v3-w38g, CVE-2020-26892", test: attackExpiryUnchecked},
	{id: "GHSA-4cf7-xm37-g63h", test: attackClaimNames},
}

// claimsToken is signed with the trusted key and has these members besides sub and
// exp.
func claimsToken(members string) string {
	return token(keys.ES256, "", `{"sub":"user-123","exp":1700000060`+members+`}`, p256Key())
}

func attackAudienceType(t *testing.T) {
	v := ecVerifier(t, verifier.WithAudience("api"))
	accepts(t, v, claimsToken(`,"aud":["other","api"]`))
	for members, reason := range map[string]string{
		``:                       "aud_missing",
		`,"aud":[]`:              "aud_mismatch",
		`,"aud":[""]`:            "aud_mismatch",
		`,"aud":""`:              "aud_mismatch",
		`,"aud":["apiary","ap"]`: "aud_mismatch",
		`,"aud":"api "`:          "aud_mismatch",
		`,"aud":7`:               "aud_malformed",
		`,"aud":null`:            "aud_malformed",
		`,"aud":true`:            "aud_malformed",
		`,"aud":{"api":1}`:       "aud_malformed",
		`,"aud":["api",7]`:       "aud_malformed",
		`,"aud":[["api"]]`:       "aud_malformed",
		`,"aud":["api",null]`:    "aud_malformed",
		`,"aud":"api","aud":"x"`: "claim_malformed",
		`,"AUD":"api"`:           "aud_missing",
	} {
		refuses(t, v, claimsToken(members), verifier.ErrInvalidToken, reason)
	}
}

// attackDateType: a date of the wrong type is not an absent one, even where it
// may be absent.
func attackDateType(t *testing.T) {
	for _, claim := range []string{"exp", "nbf", "iat"} {
		v := ecVerifier(t, verifier.WithOptionalExpiry(), verifier.WithOptionalSubject())
		for _, value := range []string{`"1700000060"`, `""`, `"x"`, `null`, `[]`, `[1700000060]`, `true`, `false`, `{}`, `1e400`, `1e30`, `-1e30`, `253402300800`} {
			refuses(t, v, token(keys.ES256, "", `{"`+claim+`":`+value+`}`, p256Key()), claims.ErrMalformed, claim+"_malformed")
		}
		accepts(t, v, token(keys.ES256, "", `{}`, p256Key()))
	}
	v := ecVerifier(t, verifier.WithLeeway(0))
	refuses(t, v, claimsToken(`,"nbf":1700000000.5`), claims.ErrNotYetValid, "not_yet_valid") // not cut to whole seconds
	refuses(t, v, token(keys.ES256, "", `{"sub":"a","exp":1700000000}`, p256Key()), claims.ErrExpired, "expired")
}

func attackPartialIssuer(t *testing.T) {
	v := ecVerifier(t, verifier.WithIssuer("https://issuer.example", "https://b"))
	accepts(t, v, claimsToken(`,"iss":"https://issuer.example"`))
	for _, iss := range []string{
		"https://issuer.example.evil.com", "https", "https://", "h", "", "https://issuer.exampl", "https://issuer.example/", "https://ISSUER.example",
		"https://issuer.example https://b", "https://issuer.example,https://b", "//issuer.example", "issuer.example", "https://issuer.example\u0000", "https://issuer.example:443",
	} {
		quoted := string(must(json.Marshal(iss)))
		refuses(t, v, claimsToken(`,"iss":`+quoted), claims.ErrMismatch, "iss_mismatch")
	}
}

func attackIssuerList(t *testing.T) {
	bound := newVerifier(t, keys.ForIssuer("https://good", keys.Static(public(t, keys.ES256, "", p256Key()))))
	for _, v := range []verifier.Verifier{ecVerifier(t, verifier.WithIssuer("https://good")), ecVerifier(t, verifier.WithAnyIssuer()), bound} {
		for _, iss := range []string{`["https://good","https://evil"]`, `["https://good"]`, `[]`, `{"https://good":1}`, `null`, `7`, `true`} {
			refuses(t, v, claimsToken(`,"iss":`+iss), claims.ErrMalformed, "iss_malformed")
		}
		accepts(t, v, claimsToken(`,"iss":"https://good"`))
	}
}

// attackUnverifiedIssuer: the issuer of an unverified token opens nothing, and
// what is returned has the issuer that was asked for.
func attackUnverifiedIssuer(t *testing.T) {
	ours := ecVerifier(t, verifier.WithAnyIssuer())
	routed := verifier.ByIssuer(map[string]verifier.Verifier{"https://good": ours})
	raw := claimsToken(`,"iss":"https://good"`)
	header, _, signature := split(raw)
	forged := header + "." + b64(`{"sub":"admin","exp":1700000060,"iss":"https://good"}`) + "." + signature
	for _, v := range []verifier.Verifier{ours, routed, ecVerifier(t, verifier.WithIssuer("https://good"))} {
		accepts(t, v, raw)
		badSignature(t, v, forged)
	}
	refuses(t, routed, claimsToken(`,"iss":"https://evil"`), claims.ErrMismatch, "iss_mismatch")
	careless := verifier.Func(func(context.Context, string) (*verifier.Token, error) {
		return &verifier.Token{Set: &claims.Set{Issuer: "https://evil"}}, nil
	})
	refuses(t, verifier.ByIssuer(map[string]verifier.Verifier{"https://good": careless}), raw, claims.ErrMismatch, "iss_mismatch")
	refuses(t, routed, claimsToken(`,"iss":"https://evil","\u0069ss":"https://good"`), claims.ErrMalformed, "claim_malformed")
}

func attackExpiryUnchecked(t *testing.T) {
	for _, v := range []*verifier.Keyed{ecVerifier(t), ecVerifier(t, verifier.WithCache(10))} {
		accepts(t, v, claimsToken(`,"iat":1700000000`))
		for _, exp := range []string{"1699999970", "1699999000", "1", "0", "-1", "-62135596800"} { // at the leeway of 30 s, and before
			refuses(t, v, token(keys.ES256, "", `{"sub":"a","exp":`+exp+`}`, p256Key()), claims.ErrExpired, "expired")
		}
		refuses(t, v, token(keys.ES256, "", `{"sub":"a"}`, p256Key()), claims.ErrMissing, "exp_missing")
		refuses(t, v, token(keys.ES256, "", `{"sub":"a","EXP":1700000060}`, p256Key()), claims.ErrMissing, "exp_missing")
		refuses(t, v, claimsToken(`,"iat":1700000031`), claims.ErrNotYetValid, "not_yet_valid")
		raw := goodEC()
		accepts(t, v, raw)
		if tok, err := v.VerifyAt(t.Context(), raw, now.Add(90*time.Second)); tok != nil || verifier.Reason(err) != "expired" {
			t.Errorf("once it has expired: %v, %v", tok, err)
		}
	}
}

// attackClaimNames: names with quotes and the like survive being read and
// written again.
func attackClaimNames(t *testing.T) {
	odd := map[string]any{"sub": "user-123", "exp": 1700000060.0}
	for _, name := range []string{`a"b`, `","admin":true,"x":"`, `\`, `\"`, "\n", "\x00", "<script>", "\u2028", "é", "", `{"a":1}`, "sub\x00"} {
		odd[name] = name
	}
	raw := token(keys.ES256, "", string(must(json.Marshal(odd))), p256Key())
	tok := accepts(t, ecVerifier(t), raw)
	again := string(must(json.Marshal(must(claims.Decode[map[string]any](tok.Set)))))
	second := accepts(t, ecVerifier(t), token(keys.ES256, "", again, p256Key()))
	for _, s := range []*claims.Set{tok.Set, second.Set} {
		if diff := cmp.Diff(odd, must(claims.Decode[map[string]any](s))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for name, want := range odd {
			if got, ok, err := claims.Value[any](s, name); !ok || err != nil || !cmp.Equal(got, want) {
				t.Errorf("Value(%q) = %v, %v, %v", name, got, ok, err)
			}
		}
	}
}
