package verifier_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestRFC9068 has one subtest for each MUST of RFC 9068 §2 and §4 that a resource
// server can check. What §4 says of errors is up to package httpauth.
func TestRFC9068(t *testing.T) {
	const issuer, api = "https://as.example", "https://api.example"
	token := func(typ string, change map[string]any) string {
		all := map[string]any{
			"iss": issuer, "exp": now.Unix() + 60, "aud": api, "sub": "user-123",
			"client_id": "client", "iat": now.Unix(), "jti": "1",
		}
		maps.Copy(all, change)
		maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
		doc, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		if typ != "" {
			typ = `,"typ":"` + typ + `"`
		}
		return sign(`{"alg":"HS256"`+typ+`}`, string(doc))
	}
	profile := opts(verifier.AccessToken(), verifier.WithIssuer(issuer), verifier.WithAudience(api))
	with := func(change map[string]any) string { return token("at+jwt", change) }
	good := with(nil)
	i := strings.LastIndexByte(good, '.') + 1
	null := json.RawMessage("null")
	other := verifiertest.NewSigner(t, keys.HS256, "")

	t.Run("§2.1 §4 typ is at+jwt or application/at+jwt", func(t *testing.T) {
		checkRules(t, []rule{
			{"at+jwt", good, profile, nil, ""},
			{"application/at+jwt", token("application/at+jwt", nil), profile, nil, ""},
			{"in upper case", token("AT+JWT", nil), profile, nil, ""}, // RFC 2045 §5.1: media types have no case
			{"application in mixed case", token("Application/at+JWT", nil), profile, nil, ""},
			{"absent", token("", nil), profile, verifier.ErrType, "type"},
			{"JWT", token("JWT", nil), profile, verifier.ErrType, "type"},
			{"application/jwt", token("application/jwt", nil), profile, verifier.ErrType, "type"},
			{"of another tree", token("text/at+jwt", nil), profile, verifier.ErrType, "type"},
			{"application twice", token("application/application/at+jwt", nil), profile, verifier.ErrType, "type"},
			{"with a parameter", token("at+jwt;v=1", nil), profile, verifier.ErrType, "type"},
			{"with a space", token("at+jwt ", nil), profile, verifier.ErrType, "type"},
			{"with a suffix", token("at+jwtx", nil), profile, verifier.ErrType, "type"},
			{"with a letter that looks alike", token("at+jw\u1d40", nil), profile, verifier.ErrType, "type"},
			{"of a DPoP proof", token("dpop+jwt", nil), profile, verifier.ErrType, "type"},
			{"of a logout token", token("logout+jwt", nil), profile, verifier.ErrType, "type"},
			{"of an introspection answer", token("token-introspection+jwt", nil), profile, verifier.ErrType, "type"},
		})
	})
	t.Run("§4 iss matches exactly", func(t *testing.T) {
		checkRules(t, []rule{
			{"another", with(map[string]any{"iss": "https://evil.example"}), profile, claims.ErrMismatch, "iss_mismatch"},
			{"a slash more", with(map[string]any{"iss": issuer + "/"}), profile, claims.ErrMismatch, "iss_mismatch"},
			{"in another case", with(map[string]any{"iss": "https://AS.example"}), profile, claims.ErrMismatch, "iss_mismatch"},
			{"a default port more", with(map[string]any{"iss": issuer + ":443"}), profile, claims.ErrMismatch, "iss_mismatch"},
			{"a prefix", with(map[string]any{"iss": "https://as.exampl"}), profile, claims.ErrMismatch, "iss_mismatch"},
			{"no issuer is configured", good, opts(verifier.AccessToken(), verifier.WithAudience(api)), claims.ErrMismatch, "iss_mismatch"},
		})
	})
	t.Run("§4 aud contains the resource", func(t *testing.T) {
		checkRules(t, []rule{
			{"one of several", with(map[string]any{"aud": []string{"https://other.example", api}}), profile, nil, ""},
			{"another", with(map[string]any{"aud": "https://other.example"}), profile, claims.ErrMismatch, "aud_mismatch"},
			{"others", with(map[string]any{"aud": []string{"https://other.example", "x"}}), profile, claims.ErrMismatch, "aud_mismatch"},
			{"nobody", with(map[string]any{"aud": []string{}}), profile, claims.ErrMismatch, "aud_mismatch"},
			{"a part", with(map[string]any{"aud": api + "/v1"}), profile, claims.ErrMismatch, "aud_mismatch"},
			{"the client, as in an ID token", with(map[string]any{"aud": "client"}), profile, claims.ErrMismatch, "aud_mismatch"},
		})
	})
	t.Run("§2.1 §4 alg is not none", func(t *testing.T) {
		body := good[strings.IndexByte(good, '.'):i]
		for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
			checkRules(t, []rule{
				{alg, b64(`{"alg":"`+alg+`","typ":"at+jwt"}`) + body, profile, verifier.ErrAlgorithm, "algorithm"},
				{alg + " with a signature", b64(`{"alg":"`+alg+`","typ":"at+jwt"}`) + body + good[i:], profile, verifier.ErrAlgorithm, "algorithm"},
			})
		}
	})
	t.Run("§4 signature verifies with a key of the authorization server", func(t *testing.T) {
		checkRules(t, []rule{
			{"changed", good[:i] + flipped(good[i:]), profile, verifier.ErrSignature, "signature"},
			{"absent", good[:i], profile, verifier.ErrSignature, "signature"},
			{"of another token", good[:i] + strings.Split(with(map[string]any{"jti": "2"}), ".")[2], profile, verifier.ErrSignature, "signature"},
			{"alg is not that of the key", sign(`{"alg":"HS384","typ":"at+jwt"}`, goodPayload), profile, verifier.ErrAlgorithm, "algorithm"},
		})
		check(t, newVerifier(t, keys.Static(other.Key()), profile...), good, verifier.ErrSignature, "signature")
	})
	t.Run("§4 now is before exp", func(t *testing.T) {
		strict := append(opts(verifier.WithLeeway(0)), profile...)
		checkRules(t, []rule{
			{"a second left", with(map[string]any{"exp": now.Unix() + 1}), strict, nil, ""},
			{"at exp", with(map[string]any{"exp": now.Unix()}), strict, claims.ErrExpired, "expired"},
			{"after exp", with(map[string]any{"exp": now.Unix() - 1}), strict, claims.ErrExpired, "expired"},
			{"after exp, within the leeway", with(map[string]any{"exp": now.Unix() - 29}), profile, nil, ""},
			{"after exp and the leeway", with(map[string]any{"exp": now.Unix() - 30}), profile, claims.ErrExpired, "expired"},
		})
	})
	t.Run("§2.2 required claims", func(t *testing.T) {
		reasons := map[string]string{ // of the check that comes first
			"iss": "iss_missing", "exp": "exp_missing", "aud": "aud_missing", "sub": "sub_missing",
			"client_id": "claim_missing", "iat": "iat_missing", "jti": "jti_missing",
		}
		for name, reason := range reasons {
			checkRules(t, []rule{{"without " + name, with(map[string]any{name: nil}), profile, claims.ErrMissing, reason}})
			if name == "client_id" {
				reason = "claim_missing"
			} else {
				reason = name + "_malformed"
			}
			_, err := newVerifier(t, hmacKeys(t), profile...).Verify(t.Context(), with(map[string]any{name: null}))
			if got := verifier.Reason(err); got != reason {
				t.Errorf("%s is null: %v (%s), want %s", name, err, got, reason)
			}
		}
		checkRules(t, []rule{
			{"sub is empty", with(map[string]any{"sub": ""}), profile, claims.ErrMissing, "sub_missing"},
			{"iss is empty", with(map[string]any{"iss": ""}), profile, claims.ErrMismatch, "iss_mismatch"},
			{"jti is empty", with(map[string]any{"jti": ""}), profile, claims.ErrMissing, "jti_missing"},
			{"client_id is empty", with(map[string]any{"client_id": ""}), profile, claims.ErrMissing, "claim_missing"},
			{"client_id is a number", with(map[string]any{"client_id": 7}), profile, claims.ErrMalformed, "claim_malformed"}, // RFC 8693 §4.3
			{"client_id is an array", with(map[string]any{"client_id": []string{"client"}}), profile, claims.ErrMalformed, "claim_malformed"},
			{"jti is a number", with(map[string]any{"jti": 7}), profile, claims.ErrMalformed, "jti_malformed"},
			{"iat is a string", with(map[string]any{"iat": "now"}), profile, claims.ErrMalformed, "iat_malformed"},
			{"iat is zero, which is a date", with(map[string]any{"iat": 0}), profile, nil, ""},
		})
	})
}
