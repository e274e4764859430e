package verifier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

type rule struct {
	name   string
	raw    string
	opts   []verifier.Option
	want   error // nil: accepted
	reason string
}

func checkRules(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			check(t, newVerifier(t, hmacKeys(t), r.opts...), r.raw, r.want, r.reason)
		})
	}
}

func opts(o ...verifier.Option) []verifier.Option { return o }

// TestRule1Shape: the size, three parts, one spelling.
func TestRule1Shape(t *testing.T) {
	good := sign(goodHeader, goodPayload)
	part := strings.Split(good, ".")
	long := sign(goodHeader, payload(t, map[string]any{"x": strings.Repeat("x", 12_000)}))
	tooLong := sign(goodHeader, payload(t, map[string]any{"x": strings.Repeat("x", 13_000)}))
	checkRules(t, []rule{
		{"good", good, nil, nil, ""},
		{"empty", "", nil, verifier.ErrMalformed, "malformed"},
		{"nearly 16 KiB", long, nil, nil, ""},
		{"more than 16 KiB", tooLong, nil, verifier.ErrMalformed, "malformed"},
		{"more than 16 KiB by WithMaxSize", tooLong, opts(verifier.WithMaxSize(32 << 10)), nil, ""},
		{"more than WithMaxSize", good, opts(verifier.WithMaxSize(len(good) - 1)), verifier.ErrMalformed, "malformed"},
		{"exactly WithMaxSize", good, opts(verifier.WithMaxSize(len(good))), nil, ""},
		{"two parts", part[0] + "." + part[1], nil, verifier.ErrMalformed, "malformed"},
		{"four parts", good + ".", nil, verifier.ErrMalformed, "malformed"},
		{"five parts", good + "." + part[0] + "." + part[1], nil, verifier.ErrMalformed, "malformed"},
		{"padding, signed", signParts(part[0], b64(goodPayload+" ")+"="), nil, verifier.ErrMalformed, "malformed"},
		{"padding, added", part[0] + "." + part[1] + "." + part[2] + "=", nil, verifier.ErrMalformed, "malformed"},
		{"line feed, signed", signParts(part[0], part[1][:4]+"\n"+part[1][4:]), nil, verifier.ErrMalformed, "malformed"},
		{"line feed, added", good + "\n", nil, verifier.ErrMalformed, "malformed"},
		{"carriage return", "\r" + good, nil, verifier.ErrMalformed, "malformed"},
		{"unused bits set", part[0] + "." + part[1] + "." + part[2][:len(part[2])-1] + next(part[2][len(part[2])-1]), nil, verifier.ErrMalformed, "malformed"},
		{"standard alphabet", signParts(part[0], "+/+/"), nil, verifier.ErrMalformed, "malformed"},
		{"Bearer before it", "Bearer " + good, nil, verifier.ErrMalformed, "malformed"},
	})
	v := newVerifier(t, hmacKeys(t))
	if _, err := v.Verify(t.Context(), good+"."+part[0]+"."+part[1]); !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("five parts: %v does not say that it is encrypted", err)
	}
}

// next returns the base64url digit c with its lowest bit set.
func next(c byte) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(digits[strings.IndexByte(digits, c)|1])
}

// TestRule2JSON: header and payload are one strict object each.
func TestRule2JSON(t *testing.T) {
	checkRules(t, []rule{
		{"payload no JSON", sign(goodHeader, "hello"), nil, claims.ErrMalformed, "claim_malformed"},
		{"payload empty", sign(goodHeader, ""), nil, claims.ErrMalformed, "claim_malformed"},
		{"payload null", sign(goodHeader, "null"), nil, claims.ErrMalformed, "claim_malformed"},
		{"payload an array", sign(goodHeader, "["+goodPayload+"]"), nil, claims.ErrMalformed, "claim_malformed"},
		{"payload and more", sign(goodHeader, goodPayload+"{}"), nil, claims.ErrMalformed, "claim_malformed"},
		{"duplicate claim", sign(goodHeader, `{"sub":"a","sub":"b","exp":1700000060}`), nil, claims.ErrMalformed, "claim_malformed"},
		{"duplicate claim, escaped", sign(goodHeader, `{"sub":"a","s\u0075b":"b","exp":1700000060}`), nil, claims.ErrMalformed, "claim_malformed"},
		{"deep duplicate", sign(goodHeader, `{"sub":"a","exp":1700000060,"x":[{"a":1,"a":2}]}`), nil, claims.ErrMalformed, "claim_malformed"},
		{"bad UTF-8", sign(goodHeader, "{\"sub\":\"\xff\",\"exp\":1700000060}"), nil, claims.ErrMalformed, "claim_malformed"},
		{"unpaired surrogate", sign(goodHeader, `{"sub":"\ud800","exp":1700000060}`), nil, claims.ErrMalformed, "claim_malformed"},
		{"EXP is not exp", sign(goodHeader, `{"sub":"a","EXP":1700000060}`), nil, claims.ErrMissing, "exp_missing"},
		{"Sub is not sub", sign(goodHeader, `{"Sub":"a","exp":1700000060}`), nil, claims.ErrMissing, "sub_missing"},
		{"header no object", sign(`["alg"]`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"header with duplicate", sign(`{"alg":"HS256","alg":"HS256"}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"header and more", sign(goodHeader+" 1", goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"Alg is not alg", sign(`{"Alg":"HS256"}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
	})
}

// TestRule3Algorithm: alg is the algorithm of the key, and nothing in the header
// supplies a key or an extension.
func TestRule3Algorithm(t *testing.T) {
	evil := `"jwk":{"kty":"oct","k":"` + b64(string(secret)) + `"},"jku":"https://127.0.0.1:1/","x5u":"https://127.0.0.1:1/","x5c":["AA"]`
	checkRules(t, []rule{
		{"none", b64(`{"alg":"none"}`) + "." + b64(goodPayload) + ".", nil, verifier.ErrAlgorithm, "algorithm"},
		{"None", b64(`{"alg":"None"}`) + "." + b64(goodPayload) + ".", nil, verifier.ErrAlgorithm, "algorithm"},
		{"nOnE with a signature", sign(`{"alg":"nOnE"}`, goodPayload), nil, verifier.ErrAlgorithm, "algorithm"},
		{"unknown", sign(`{"alg":"HS1"}`, goodPayload), nil, verifier.ErrAlgorithm, "algorithm"},
		{"hs256", sign(`{"alg":"hs256"}`, goodPayload), nil, verifier.ErrAlgorithm, "algorithm"},
		{"of encryption", sign(`{"alg":"dir","enc":"A128GCM"}`, goodPayload), nil, verifier.ErrAlgorithm, "algorithm"},
		{"HS512 for a key of HS256", sign(`{"alg":"HS512"}`, goodPayload), nil, verifier.ErrAlgorithm, "algorithm"},
		{"RS256 for a secret", sign(`{"alg":"RS256"}`, goodPayload), nil, verifier.ErrAlgorithm, "algorithm"},
		{"narrowed to it", sign(goodHeader, goodPayload), opts(verifier.WithAlgorithms(keys.HS256)), nil, ""},
		{"narrowed to others", sign(goodHeader, goodPayload), opts(verifier.WithAlgorithms(keys.RS256, keys.ES256)), verifier.ErrAlgorithm, "algorithm"},
		{"narrowing does not widen", sign(`{"alg":"HS512"}`, goodPayload), opts(verifier.WithAlgorithms(keys.HS512)), verifier.ErrAlgorithm, "algorithm"},
		{"crit", sign(`{"alg":"HS256","crit":["x"],"x":1}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"crit empty", sign(`{"alg":"HS256","crit":[]}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"b64", sign(`{"alg":"HS256","b64":false}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"a key in the header is not used", sign(`{"alg":"HS256",`+evil+`}`, goodPayload), nil, nil, ""},
		{"kid of 1 KiB", sign(`{"alg":"HS256","kid":"`+strings.Repeat("k", 1024)+`"}`, goodPayload), nil, nil, ""},
		{"kid longer", sign(`{"alg":"HS256","kid":"`+strings.Repeat("k", 1025)+`"}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"kid a number", sign(`{"alg":"HS256","kid":1}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
	})
}

// TestRule3EmbeddedKey: the key of a token that brings its own is unknown.
func TestRule3EmbeddedKey(t *testing.T) {
	ours := verifiertest.NewSigner(t, keys.HS512, "")
	v := newVerifier(t, keys.Static(ours.Key()))
	check(t, v, sign(`{"alg":"HS256","jwk":{"kty":"oct","k":"`+b64(string(secret))+`"}}`, goodPayload), verifier.ErrAlgorithm, "algorithm")
	check(t, newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil })), sign(goodHeader, goodPayload), verifier.ErrUnknownKey, "unknown_key")
}

// TestRule3Ed25519: a key without alg answers to both names, others to one.
func TestRule3Ed25519(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.Ed25519} {
		signer := verifiertest.NewSigner(t, alg, "k")
		raw := signer.Sign(map[string]any{"sub": "a", "exp": now.Unix() + 60})
		plain, _, err := keys.Parse([]byte(strings.Replace(string(signer.JWK()), `"alg":"`+string(alg)+`",`, "", 1)))
		if err != nil {
			t.Fatal(err)
		}
		check(t, newVerifier(t, keys.Static(plain...)), raw, nil, "")
		other := keys.EdDSA
		if alg == other {
			other = keys.Ed25519
		}
		stated, _, err := keys.Parse([]byte(strings.Replace(string(signer.JWK()), string(alg)+`",`, string(other)+`",`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		check(t, newVerifier(t, keys.Static(stated...)), raw, verifier.ErrAlgorithm, "algorithm")
	}
}

// TestRule4Type: JWT, at+jwt, JOSE or none; others with WithType.
func TestRule4Type(t *testing.T) {
	typed := func(typ string) string { return sign(`{"alg":"HS256","typ":"`+typ+`"}`, goodPayload) }
	none := sign(`{"alg":"HS256"}`, goodPayload)
	at := verifier.WithType("at+jwt")
	checkRules(t, []rule{
		{"none", none, nil, nil, ""},
		{"JWT", typed("JWT"), nil, nil, ""},
		{"jwt", typed("jwt"), nil, nil, ""},
		{"application/jwt", typed("application/jwt"), nil, nil, ""},
		{"APPLICATION/AT+JWT", typed("APPLICATION/AT+JWT"), nil, nil, ""},
		{"at+jwt", typed("at+jwt"), nil, nil, ""},
		{"JOSE", typed("JOSE"), nil, nil, ""},
		{"dpop+jwt", typed("dpop+jwt"), nil, verifier.ErrType, "type"},
		{"logout+jwt", typed("logout+jwt"), nil, verifier.ErrType, "type"},
		{"JWT and more", typed("JWT;a"), nil, verifier.ErrType, "type"},
		{"application/x/jwt", typed("application/x/jwt"), nil, verifier.ErrType, "type"},
		{"application/", typed("application/"), nil, verifier.ErrType, "type"},
		{"empty", typed(""), nil, verifier.ErrMalformed, "malformed"},
		{"a number", sign(`{"alg":"HS256","typ":7}`, goodPayload), nil, verifier.ErrMalformed, "malformed"},
		{"as asked", typed("application/at+JWT"), opts(at), nil, ""},
		{"not as asked", typed("JWT"), opts(at), verifier.ErrType, "type"},
		{"missing when asked", none, opts(at), verifier.ErrType, "type"},
		{"another by WithType", typed("secevent+jwt"), opts(verifier.WithType("application/secevent+jwt", "x")), nil, ""},
	})
}

// TestRule4RememberedHeader: a header that one verifier has accepted, and that a Router
// remembers, is still refused by another, however often it comes.
func TestRule4RememberedHeader(t *testing.T) {
	lax := newVerifier(t, hmacKeys(t), verifier.WithAnyIssuer())
	strict := newVerifier(t, hmacKeys(t), verifier.WithAnyIssuer(), verifier.WithType("at+jwt"))
	other := newVerifier(t, hmacKeys(t), verifier.WithAnyIssuer(), verifier.WithAlgorithms(keys.HS512))
	router := verifier.ByIssuer(map[string]verifier.Verifier{"lax": lax, "strict": strict, "other": other})
	of := func(issuer string) string { return sign(goodHeader, payload(t, map[string]any{"iss": issuer})) }
	for range 3 {
		check(t, lax, of("lax"), nil, "")
		check(t, strict, of("lax"), verifier.ErrType, "type")
		check(t, other, of("lax"), verifier.ErrAlgorithm, "algorithm")
		check(t, router, of("lax"), nil, "")
		check(t, router, of("strict"), verifier.ErrType, "type")
		check(t, router, of("other"), verifier.ErrAlgorithm, "algorithm")
	}
}

// TestRule5KeyChoice: at most four candidates.
func TestRule5KeyChoice(t *testing.T) {
	many := func(n int) keys.Provider {
		s := keys.NewSet()
		for range n {
			s.Add(verifiertest.NewSigner(t, keys.HS256, "").Key())
		}
		last, err := keys.NewSecret("", keys.HS256, secret)
		if err != nil {
			t.Fatal(err)
		}
		s.Add(last)
		return s
	}
	named := func(id string) keys.Provider {
		k, err := keys.NewSecret(id, keys.HS256, secret)
		if err != nil {
			t.Fatal(err)
		}
		return keys.Static(k)
	}
	plain, withKid := sign(goodHeader, goodPayload), sign(`{"alg":"HS256","kid":"a"}`, goodPayload)
	check(t, newVerifier(t, many(3)), plain, nil, "")
	check(t, newVerifier(t, many(3)), withKid, nil, "")
	check(t, newVerifier(t, many(4)), plain, verifier.ErrUnknownKey, "unknown_key")
	check(t, newVerifier(t, many(20)), withKid, verifier.ErrUnknownKey, "unknown_key")
	check(t, newVerifier(t, named("a")), withKid, nil, "")
	check(t, newVerifier(t, named("a")), plain, nil, "")
	check(t, newVerifier(t, named("b")), withKid, verifier.ErrUnknownKey, "unknown_key")
	check(t, newVerifier(t, named("A")), withKid, verifier.ErrUnknownKey, "unknown_key")
}

// TestRule7Dates: exp and sub are required, and dates hold with a leeway.
func TestRule7Dates(t *testing.T) {
	claim := func(change map[string]any) string { return sign(goodHeader, payload(t, change)) }
	raw := func(claims string) string { return sign(goodHeader, `{"sub":"a",`+claims+`}`) }
	exact := opts(verifier.WithLeeway(0))
	unix := now.Unix()
	checkRules(t, []rule{
		{"exp missing", claim(map[string]any{"exp": nil}), nil, claims.ErrMissing, "exp_missing"},
		{"exp missing, optional", claim(map[string]any{"exp": nil}), opts(verifier.WithOptionalExpiry()), nil, ""},
		{"exp passed, optional", claim(map[string]any{"exp": unix - 60}), opts(verifier.WithOptionalExpiry()), claims.ErrExpired, "expired"},
		{"sub missing", claim(map[string]any{"sub": nil}), nil, claims.ErrMissing, "sub_missing"},
		{"sub empty", claim(map[string]any{"sub": ""}), nil, claims.ErrMissing, "sub_missing"},
		{"sub missing, optional", claim(map[string]any{"sub": nil}), opts(verifier.WithOptionalSubject()), nil, ""},
		{"sub a number", claim(map[string]any{"sub": 1}), nil, claims.ErrMalformed, "sub_malformed"},
		{"sub null", sign(goodHeader, `{"sub":null,"exp":1700000060}`), nil, claims.ErrMalformed, "sub_malformed"},
		{"exp within leeway", claim(map[string]any{"exp": unix - 29}), nil, nil, ""},
		{"exp at leeway", claim(map[string]any{"exp": unix - 30}), nil, claims.ErrExpired, "expired"},
		{"exp now", claim(map[string]any{"exp": unix}), exact, claims.ErrExpired, "expired"},
		{"exp a fraction ahead", raw(`"exp":1700000000.5`), exact, nil, ""},
		{"exp a fraction ago", raw(`"exp":1699999999.5`), exact, claims.ErrExpired, "expired"},
		{"exp negative", raw(`"exp":-1`), nil, claims.ErrExpired, "expired"},
		{"exp zero", raw(`"exp":0`), nil, claims.ErrExpired, "expired"},
		{"exp in year 9999", raw(`"exp":253402300799`), nil, nil, ""},
		{"exp in year 10000", raw(`"exp":253402300800`), nil, claims.ErrMalformed, "exp_malformed"},
		{"exp 1e30", raw(`"exp":1e30`), nil, claims.ErrMalformed, "exp_malformed"},
		{"exp 1e400", raw(`"exp":1e400`), nil, claims.ErrMalformed, "exp_malformed"},
		{"exp with exponent", raw(`"exp":1.70000006e9`), nil, nil, ""},
		{"exp a string", raw(`"exp":"1700000060"`), nil, claims.ErrMalformed, "exp_malformed"},
		{"exp null", raw(`"exp":null`), opts(verifier.WithOptionalExpiry()), claims.ErrMalformed, "exp_malformed"},
		{"nbf ahead within leeway", claim(map[string]any{"nbf": unix + 30}), nil, nil, ""},
		{"nbf ahead", claim(map[string]any{"nbf": unix + 31}), nil, claims.ErrNotYetValid, "not_yet_valid"},
		{"nbf a fraction ahead", raw(`"exp":1700000060,"nbf":1700000000.5`), exact, claims.ErrNotYetValid, "not_yet_valid"},
		{"nbf 1e30", raw(`"exp":1700000060,"nbf":1e30`), nil, claims.ErrMalformed, "nbf_malformed"},
		{"iat ahead within leeway", claim(map[string]any{"iat": unix + 30}), nil, nil, ""},
		{"iat ahead", claim(map[string]any{"iat": unix + 31}), nil, claims.ErrNotYetValid, "not_yet_valid"},
		{"iat a string", claim(map[string]any{"iat": "now"}), nil, claims.ErrMalformed, "iat_malformed"},
		{"jti a number", claim(map[string]any{"jti": 1}), nil, claims.ErrMalformed, "jti_malformed"},
		{"more leeway", claim(map[string]any{"exp": unix - 59}), opts(verifier.WithLeeway(time.Minute)), nil, ""},
	})
}

// TestRule8IssuerAndAudience: a value that is not expected is refused.
func TestRule8IssuerAndAudience(t *testing.T) {
	claim := func(change map[string]any) string { return sign(goodHeader, payload(t, change)) }
	iss, aud := verifier.WithIssuer("https://a", "https://b"), verifier.WithAudience("api", "web")
	checkRules(t, []rule{
		{"neither", claim(nil), nil, nil, ""},
		{"unexpected iss", claim(map[string]any{"iss": "https://a"}), nil, claims.ErrMismatch, "iss_mismatch"},
		{"any iss", claim(map[string]any{"iss": "https://a"}), opts(verifier.WithAnyIssuer()), nil, ""},
		{"any iss, none there", claim(nil), opts(verifier.WithAnyIssuer()), nil, ""},
		{"expected iss", claim(map[string]any{"iss": "https://b"}), opts(iss), nil, ""},
		{"another iss", claim(map[string]any{"iss": "https://c"}), opts(iss), claims.ErrMismatch, "iss_mismatch"},
		{"iss with a trailing slash", claim(map[string]any{"iss": "https://a/"}), opts(iss), claims.ErrMismatch, "iss_mismatch"},
		{"iss in another case", claim(map[string]any{"iss": "https://A"}), opts(iss), claims.ErrMismatch, "iss_mismatch"},
		{"prefix of iss", claim(map[string]any{"iss": "https://"}), opts(iss), claims.ErrMismatch, "iss_mismatch"},
		{"iss missing", claim(nil), opts(iss), claims.ErrMissing, "iss_missing"},
		{"iss empty", claim(map[string]any{"iss": ""}), opts(iss), claims.ErrMismatch, "iss_mismatch"},
		{"iss an array", claim(map[string]any{"iss": []string{"https://a"}}), opts(iss), claims.ErrMalformed, "iss_malformed"},
		{"aud that nobody expects", claim(map[string]any{"aud": "api"}), nil, claims.ErrMismatch, "aud_mismatch"},
		{"aud array that nobody expects", claim(map[string]any{"aud": []string{"api"}}), nil, claims.ErrMismatch, "aud_mismatch"},
		{"any aud", claim(map[string]any{"aud": "api"}), opts(verifier.WithAnyAudience()), nil, ""},
		{"expected aud", claim(map[string]any{"aud": "web"}), opts(aud), nil, ""},
		{"expected aud among others", claim(map[string]any{"aud": []string{"x", "api"}}), opts(aud), nil, ""},
		{"another aud", claim(map[string]any{"aud": "x"}), opts(aud), claims.ErrMismatch, "aud_mismatch"},
		{"aud missing", claim(nil), opts(aud), claims.ErrMissing, "aud_missing"},
		{"aud an empty array", claim(map[string]any{"aud": []string{}}), opts(aud), claims.ErrMismatch, "aud_mismatch"},
		{"aud a number", claim(map[string]any{"aud": 1}), opts(aud), claims.ErrMalformed, "aud_malformed"},
		{"aud a mixed array", claim(map[string]any{"aud": []any{"api", 1}}), opts(aud), claims.ErrMalformed, "aud_malformed"},
		{"lists add up", claim(map[string]any{"aud": "web"}), opts(verifier.WithAudience("api"), verifier.WithAudience("web")), nil, ""},
	})
}

// TestRule8KeyBoundToIssuer: the key's own issuer is expected, and no other.
func TestRule8KeyBoundToIssuer(t *testing.T) {
	bound := keys.ForIssuer("https://a", hmacKeys(t))
	issuedBy := func(iss string) string { return sign(goodHeader, payload(t, map[string]any{"iss": iss})) }
	a, b, none := issuedBy("https://a"), issuedBy("https://b"), sign(goodHeader, goodPayload)
	for _, test := range []struct {
		name   string
		opts   []verifier.Option
		raw    string
		want   error
		reason string
	}{
		{"its issuer", nil, a, nil, ""},
		{"another", nil, b, claims.ErrMismatch, "iss_mismatch"},
		{"another spelling", nil, issuedBy("HTTPS://A"), claims.ErrMismatch, "iss_mismatch"},
		{"a trailing slash", nil, issuedBy("https://a/"), claims.ErrMismatch, "iss_mismatch"},
		{"missing", nil, none, claims.ErrMissing, "iss_missing"},
		{"any, its issuer", opts(verifier.WithAnyIssuer()), a, nil, ""},
		{"any, another", opts(verifier.WithAnyIssuer()), b, claims.ErrMismatch, "iss_mismatch"},
		{"any, missing", opts(verifier.WithAnyIssuer()), none, claims.ErrMissing, "iss_missing"},
		{"expected too", opts(verifier.WithIssuer("https://a")), a, nil, ""},
		{"another is expected", opts(verifier.WithIssuer("https://b")), a, claims.ErrMismatch, "iss_mismatch"},
		{"another is expected and named", opts(verifier.WithIssuer("https://b")), b, claims.ErrMismatch, "iss_mismatch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			check(t, newVerifier(t, bound, test.opts...), test.raw, test.want, test.reason)
		})
	}
}

// TestSignatureBeforeClaims: a refusal does not say what is wrong with unverified
// claims.
func TestSignatureBeforeClaims(t *testing.T) {
	expired := sign(goodHeader, `{"sub":"a","exp":1}`)
	v := newVerifier(t, hmacKeys(t))
	check(t, v, expired, claims.ErrExpired, "expired")
	i := strings.LastIndexByte(expired, '.')
	check(t, v, expired[:i+1]+flipped(expired[i+1:]), verifier.ErrSignature, "signature")
}

// TestRule9TokenOnlyWithoutError: whatever fails, no token is returned.
func TestRule9TokenOnlyWithoutError(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithClaims(claims.Scope("write")))
	for _, raw := range []string{
		"", "a.b.c", sign(`{"alg":"none"}`, goodPayload), sign(goodHeader, "{}"), sign(goodHeader, goodPayload),
		sign(goodHeader, `{"sub":"a","exp":1}`), sign(goodHeader, "[]"), sign(`{"alg":"RS256"}`, goodPayload),
	} {
		for range 2 {
			if tok, err := v.Verify(t.Context(), raw); tok != nil || err == nil {
				t.Errorf("Verify = %v, %v", tok, err)
			}
			if tok, err := v.VerifyAt(t.Context(), raw, now); tok != nil || err == nil {
				t.Errorf("VerifyAt = %v, %v", tok, err)
			}
		}
	}
}

// TestRule5TooManyOnTheSecondLook: that too many keys fit is said also if it is only so
// when the provider looks again.
func TestRule5TooManyOnTheSecondLook(t *testing.T) {
	var ks []*keys.Key
	for range 6 {
		ks = append(ks, verifiertest.NewSigner(t, keys.EdDSA, "").Key())
	}
	v := newVerifier(t, keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.Retry {
			return ks, nil
		}
		return ks[:1], nil
	}))
	check(t, v, verifiertest.NewSigner(t, keys.EdDSA, "").Sign(claimsOf("a")), verifier.ErrUnknownKey, "unknown_key")
}
