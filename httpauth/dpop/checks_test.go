package dpop_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestChecks numbers its cases by the checks of RFC 9449 §4.3. Apart from what
// is wrong in each case, the proof is good, and signed again.
func TestChecks(t *testing.T) {
	s := newSite(t)
	other := newKey(t)
	type m = map[string]any
	header := func(changes m) string { return s.sign(t, changed(s.header(t), changes), s.claims("1")) }
	claims := func(changes m) string { return s.proof(t, "1", changes) }
	jwk := func(changes m) string { return header(m{"jwk": changed(members(t, s.key.Public()), changes)}) }
	good := claims(nil)
	parts := strings.Split(good, ".")
	at := func(d time.Duration) int64 { return today.Add(d).Unix() }
	headerText, err := json.Marshal(s.header(t))
	if err != nil {
		t.Fatal(err)
	}
	one := func(p string) []string { return []string{p} }
	oct := verifiertest.NewSigner(t, "HS256", "")

	const proof, token = "invalid_dpop_proof", "invalid_token"
	for _, test := range []struct {
		name   string
		proofs []string
		code   string // "": it passes
		why    string
	}{
		{"good", one(good), "", ""},
		{"0: other claims and header members", one(s.sign(t, changed(s.header(t), m{"x": 1, "kid": "1"}), changed(s.claims("1"), m{"x": 1}))), "", ""},

		{"1: no proof", nil, proof, "there are 0 DPoP fields"},
		{"1: two proofs", []string{good, claims(m{"jti": "2"})}, proof, "there are 2 DPoP fields"},
		{"1: one proof twice", []string{good, good}, proof, "there are 2 DPoP fields"},
		{"1: two proofs in a list", one(good + ", " + good), proof, "five parts"},

		{"2: empty", one(""), proof, "empty"},
		{"2: no JWT", one("abc"), proof, "1 parts"},
		{"2: cut off", one(good[:len(good)-10]), proof, "verify"},
		{"2: no signature", one(parts[0] + "." + parts[1] + "."), proof, "verify"},
		{"2: in quotes", one(`"` + good + `"`), proof, "quotes"},
		{"2: with a scheme", one("DPoP " + good), proof, "give it alone"},
		{"2: padded", one(good + "="), proof, "base64url"},
		{"2: JSON", one(`{"payload":""}`), proof, "JSON"},
		{"2: encrypted", one("a.b.c.d.e"), proof, "encrypted"},
		{"2: too large", one(strings.Repeat("a", 17<<10)), proof, "at most 16384"},
		{"2: claims that are no object", one(s.sign(t, s.header(t), "[]")), proof, "malformed"},
		{"2: duplicate claim", one(s.sign(t, s.header(t), `{"jti":"1","jti":"2"}`)), proof, "duplicate"},
		{"2: duplicate header member", one(s.sign(t, `{"typ":"x",`+string(headerText)[1:], s.claims("1"))), proof, "duplicate"},
		{"2: crit", one(header(m{"crit": []string{"x"}, "x": 1})), proof, "crit"},
		{"2: b64", one(header(m{"b64": false})), proof, "b64"},

		{"3: no jti", one(claims(m{"jti": nil})), proof, "missing"},
		{"3: empty jti", one(claims(m{"jti": ""})), proof, "missing"},
		{"3: jti a number", one(claims(m{"jti": 1})), proof, "jti: malformed"},
		{"3: no htm", one(claims(m{"htm": nil})), proof, "missing"},
		{"3: htm a list", one(claims(m{"htm": []string{"GET"}})), proof, "htm: malformed"},
		{"3: no htu", one(claims(m{"htu": nil})), proof, "missing"},
		{"3: htu a list", one(claims(m{"htu": []string{items}})), proof, "htu: malformed"},
		{"3: no iat", one(claims(m{"iat": nil})), proof, "missing"},
		{"3: iat as text", one(claims(m{"iat": "1700000000"})), proof, "iat: malformed"},
		{"3: no ath", one(claims(m{"ath": nil})), proof, "missing"},
		{"3: ath a number", one(claims(m{"ath": 1})), proof, "ath: malformed"},
		{"3: no claims", one(s.sign(t, s.header(t), m{})), proof, "missing"},
		{"3: claims in another case", one(claims(m{"htm": nil, "HTM": "GET"})), proof, "missing"},

		{"4: no typ", one(header(m{"typ": nil})), proof, "typ"},
		{"4: JWT", one(header(m{"typ": "JWT"})), proof, "typ"},
		{"4: in another case", one(header(m{"typ": "DPoP+JWT"})), "", ""},
		{"4: as media type", one(header(m{"typ": "Application/dpop+JWT"})), "", ""},
		{"4: as another media type", one(header(m{"typ": "text/dpop+jwt"})), proof, "typ"},
		{"4: as media type with a parameter", one(header(m{"typ": "dpop+jwt;v=1"})), proof, "typ"},
		{"4: with a space", one(header(m{"typ": "dpop+jwt "})), proof, "typ"},
		{"4: the token itself", one(s.token), proof, "jwk"},

		{"5: none", one(header(m{"alg": "none"})), proof, "alg"},
		{"5: HS256", one(header(m{"alg": "HS256"})), proof, "alg"},
		{"5: in another case", one(header(m{"alg": "es256"})), proof, "alg"},
		{"5: unknown", one(header(m{"alg": "ES256K"})), proof, "alg"},
		{"5: no alg", one(header(m{"alg": nil})), proof, "alg"},
		{"5: not that of the key", one(header(m{"alg": "ES384"})), proof, "jwk"},
		{"5: of another kind of key", one(header(m{"alg": "RS256"})), proof, "jwk"},

		{"6: another signature", one(parts[0] + "." + parts[1] + "." + strings.Split(claims(m{"jti": "2"}), ".")[2]), proof, "verify"},
		{"6: claims changed", one(parts[0] + "." + strings.Split(claims(m{"jti": "2"}), ".")[1] + "." + parts[2]), proof, "verify"},
		{"6: signed by another", one(strings.Join(parts[:2], ".") + "." + strings.Split((&site{key: other}).sign(t, s.header(t), s.claims("1")), ".")[2]), proof, "verify"},
		{"6: no jwk", one(header(m{"jwk": nil})), proof, "no jwk"},
		{"6: jwk as text", one(header(m{"jwk": "{}"})), proof, "no jwk"},
		{"6: empty jwk", one(header(m{"jwk": m{}})), proof, "jwk"},
		{"6: another curve", one(jwk(m{"crv": "secp256k1"})), proof, "jwk"},
		{"6: off the curve", one(jwk(m{"y": members(t, s.key.Public())["x"]})), proof, "jwk"},
		{"6: jwk for another algorithm", one(jwk(m{"alg": "ES384"})), proof, "jwk"},
		{"6: jwk for encryption", one(jwk(m{"use": "enc"})), proof, "jwk"},
		{"6: jwk not for verifying", one(jwk(m{"key_ops": []string{"sign"}})), proof, "jwk"},
		{"6: jwk with every member allowed", one(jwk(m{"alg": "ES256", "use": "sig", "key_ops": []string{"verify"}, "kid": "1", "x": members(t, s.key.Public())["x"]})), "", ""},
		{"6: a set of keys", one(header(m{"jwk": m{"keys": []any{members(t, s.key.Public())}}})), proof, "not one public key"},
		{"6: a set beside the key", one(jwk(m{"keys": []any{members(t, other.Public())}})), proof, "not one public key"},
		{"6: a secret", one(header(m{"alg": "HS256", "jwk": json.RawMessage(oct.JWK())})), proof, "alg"},
		{"6: a secret for ES256", one(header(m{"jwk": json.RawMessage(oct.JWK())})), proof, "jwk"},
		{"6: jku and x5u are not followed", one(header(m{"jwk": nil, "jku": "https://127.0.0.1:1", "x5u": "https://127.0.0.1:1"})), proof, "no jwk"},

		{"7: private key", one(header(m{"jwk": members(t, s.key)})), proof, "private"},
		{"7: private member of another type", one(jwk(m{"d": 1})), proof, "private"},
		{"7: empty private member", one(jwk(m{"d": ""})), proof, "private"},
		{"7: null", one(jwk(m{"d": json.RawMessage("null")})), proof, "private"},
		{"7: private member of RSA", one(jwk(m{"dp": "AQAB"})), proof, "private"},
		{"7: private member of a secret", one(jwk(m{"k": "AQAB"})), proof, "private"},
		{"7: private member of ML-DSA", one(jwk(m{"priv": "AQAB"})), proof, "private"},
		{"7: unknown member in another case", one(jwk(m{"D": "AQAB"})), "", ""},

		{"8: another method", one(claims(m{"htm": "POST"})), proof, "htm"},
		{"8: method in another case", one(claims(m{"htm": "get"})), proof, "htm"},

		{"9: another path", one(claims(m{"htu": "https://api.example/item"})), proof, "htu"},
		{"9: path in another case", one(claims(m{"htu": "https://api.example/Items"})), proof, "htu"},
		{"9: slash at the end", one(claims(m{"htu": items + "/"})), proof, "htu"},
		{"9: another host", one(claims(m{"htu": "https://api.example.org/items"})), proof, "htu"},
		{"9: another port", one(claims(m{"htu": "https://api.example:8443/items"})), proof, "htu"},
		{"9: another scheme", one(claims(m{"htu": "http://api.example/items"})), proof, "htu"},
		{"9: path alone", one(claims(m{"htu": "/items"})), proof, "htu"},
		{"9: no scheme", one(claims(m{"htu": "//api.example/items"})), proof, "htu"},
		{"9: user", one(claims(m{"htu": "https://user@api.example/items"})), proof, "htu"},
		{"9: no URI", one(claims(m{"htu": "https://api.example/%zz"})), proof, "htu"},
		{"9: another spelling", one(claims(m{"htu": "HTTPS://API.example:443/a/../%69tems"})), "", ""},
		{"9: query and fragment do not matter", one(claims(m{"htu": items + "?page=3#a"})), "", ""},

		{"11: as old as allowed", one(claims(m{"iat": at(-89 * time.Second)})), "", ""},
		{"11: too old", one(claims(m{"iat": at(-90 * time.Second)})), proof, "expired"},
		{"11: years old", one(claims(m{"iat": 1})), proof, "expired"},
		{"11: as new as allowed", one(claims(m{"iat": at(30 * time.Second)})), "", ""},
		{"11: from the future", one(claims(m{"iat": at(31 * time.Second)})), proof, "not yet valid"},
		{"11: expired by exp", one(claims(m{"exp": at(-time.Minute)})), proof, "expired"},
		{"11: early by nbf", one(claims(m{"nbf": at(time.Minute)})), proof, "not yet valid"},
		{"11: exp and nbf hold", one(claims(m{"exp": at(time.Minute), "nbf": at(0)})), "", ""},

		{"12a: hash of another token", one(claims(m{"ath": hash("other")})), proof, "ath"},
		{"12a: hash padded", one(claims(m{"ath": hash(s.token) + "="})), proof, "ath"},
		{"12a: the token itself", one(claims(m{"ath": s.token})), proof, "ath"},
		{"12b: another key", one((&site{key: other}).sign(t, changed(s.header(t), m{"jwk": members(t, other.Public())}), s.claims("1"))), token, "another key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			auth, r := s.guard(t, s.checker(t)), s.request(test.proofs...)
			_, err := auth.Authenticate(r)
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.why) || strings.ContainsAny(err.Error(), "\r\n") || !errors.Is(err, httpauth.ErrUnproven) {
				t.Errorf("the error is %v, want one with %q", err, test.why)
			}
			if errors.Is(err, dpop.ErrProof) != (test.code == proof) {
				t.Errorf("the error %v is not of the kind of %s", err, test.code)
			}
			res := serve(auth.Handler(page), r)
			if got := res.Header["Www-Authenticate"]; res.StatusCode != 401 || len(got) != 2 || !strings.Contains(got[1], `error="`+test.code+`"`) {
				t.Errorf("the answer is %d %q, want 401 %s", res.StatusCode, got, test.code)
			}
			if len(res.Header["Dpop-Nonce"]) > 0 {
				t.Error("there is a nonce, but none is required")
			}
		})
	}
}

// TestDowngrade: a bound token by Bearer is refused, and so is an unbound one by
// DPoP (RFC 9449 §7.1, §7.2).
func TestDowngrade(t *testing.T) {
	s := newSite(t)
	unbound := s.tokenFor(nil)
	certified := s.tokenFor(map[string]any{"x5t#S256": "abc"})
	both := s.tokenFor(map[string]any{"jkt": s.jkt, "x5t#S256": "abc"})
	for _, test := range []struct {
		name, field, token string
		status             int
		challenge          int // which of them tells the error
	}{
		{"bound by DPoP", "DPoP ", s.token, 200, 0},
		{"bound by dpop", "dpop ", s.token, 200, 0},
		{"bound by Bearer", "Bearer ", s.token, 401, 0},
		{"unbound by Bearer", "Bearer ", unbound, 200, 0},
		{"unbound by DPoP", "DPoP ", unbound, 401, 1},
		{"bound to a certificate by DPoP", "DPoP ", certified, 401, 1},
		{"bound to a certificate too", "DPoP ", both, 401, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := s.request(s.proof(t, test.name, map[string]any{"ath": hash(test.token)}))
			r.Header.Set("Authorization", test.field+test.token)
			res := serve(s.auth.Handler(page), r)
			if res.StatusCode != test.status {
				t.Errorf("the status is %d, want %d", res.StatusCode, test.status)
			}
			for i, c := range res.Header["Www-Authenticate"] {
				if told := strings.Contains(c, `error="invalid_token"`); told != (i == test.challenge) {
					t.Errorf("challenge %d is %s", i, c)
				}
			}
			bound := serve(s.auth.RequireBound()(page), func() *http.Request {
				r := s.request(s.proof(t, test.name+" again", map[string]any{"ath": hash(test.token)}))
				r.Header.Set("Authorization", test.field+test.token)
				return r
			}())
			if want := test.status; test.token == unbound && bound.StatusCode != 401 || test.token != unbound && bound.StatusCode != want {
				t.Errorf("where tokens have to be bound, the status is %d", bound.StatusCode)
			}
		})
	}
}

// TestElsewhere: a bound token outside the Authorization field has no scheme,
// and is refused.
func TestElsewhere(t *testing.T) {
	s := newSite(t)
	for name, test := range map[string]struct {
		extract      httpauth.Extractor
		field, value string
	}{
		"cookie": {httpauth.Cookie("session"), "Cookie", "session=" + s.token},
		"header": {httpauth.Header("X-Token"), "X-Token", s.token},
	} {
		auth := s.guard(t, s.checker(t), httpauth.WithExtractor(test.extract))
		r := s.request(s.proof(t, name, nil))
		r.Header.Del("Authorization")
		r.Header.Set(test.field, test.value)
		if res := serve(auth.Handler(page), r); res.StatusCode != 401 {
			t.Errorf("%s: %d, want 401", name, res.StatusCode)
		}
		r = s.request(s.proof(t, name, nil))
		if res := serve(auth.Handler(page), r); res.StatusCode != 200 {
			t.Errorf("%s is read, and by DPoP it is %d, want 200", name, res.StatusCode)
		}
		r = s.request(s.proof(t, name+" and DPoP", nil))
		r.Header.Set(test.field, test.value)
		if res := serve(auth.Handler(page), r); res.StatusCode != 400 {
			t.Errorf("%s and DPoP: %d, want 400", name, res.StatusCode)
		}
	}
}

// TestWithoutCredentialTakesTheProof: the handler gets neither the token nor the
// proof.
func TestWithoutCredentialTakesTheProof(t *testing.T) {
	s := newSite(t)
	auth := s.guard(t, s.checker(t), httpauth.WithoutCredential())
	res := serve(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Authorization"])+len(r.Header["Dpop"]) > 0 {
			t.Errorf("the handler sees %v", r.Header)
		}
		page(w, r)
	})), s.request(s.proof(t, "1", nil)))
	if res.StatusCode != 200 {
		t.Errorf("the status is %d", res.StatusCode)
	}
}
