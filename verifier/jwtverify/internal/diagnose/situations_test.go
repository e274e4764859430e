package diagnose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

type m = map[string]any

// A bench is what situations are made with.
type bench struct {
	*testing.T
	w   *verifiertest.World
	iss *verifiertest.Issuer // https://issuer.example
}

const issuer, audience = "https://issuer.example", "https://api.example"

// claims are those of a good token, with differences.
func (b *bench) claims(diff m) m {
	now := time.Now()
	c := m{"iss": issuer, "sub": "user-1", "aud": audience, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "scope": "read"}
	maps.Copy(c, diff)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func (b *bench) token(diff m) string { return b.iss.Sign(b.claims(diff)) }

// good are settings that accept token(nil).
func good() setup.Settings {
	return setup.Settings{Keys: "oidc:" + issuer, Audience: []string{audience}, From: setup.Variables}
}

func raw64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// hs256 signs with a secret that is a text.
func hs256(secret []byte, header, claims m) string {
	h := m{"alg": "HS256", "typ": "JWT"}
	maps.Copy(h, header)
	first, _ := json.Marshal(h)
	second, _ := json.Marshal(claims)
	signed := raw64(first) + "." + raw64(second)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + raw64(mac.Sum(nil))
}

// secretIn sets a variable and returns a reference to it.
func (b *bench) secretIn(text string) string {
	name := fmt.Sprintf("SITUATION_SECRET_%d", len(text))
	b.Setenv(name, text)
	return "env:" + name + "?alg=HS256"
}

func (b *bench) file(name string, doc []byte) string {
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, doc, 0o600); err != nil {
		b.Fatal(err)
	}
	return "file:" + path
}

func set(doc ...[]byte) []byte {
	var all []json.RawMessage
	for _, d := range doc {
		all = append(all, d)
	}
	b, _ := json.Marshal(m{"keys": all})
	return b
}

func changed(jwk []byte, diff m) []byte {
	members := m{}
	json.Unmarshal(jwk, &members)
	maps.Copy(members, diff)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	doc, _ := json.Marshal(members)
	return doc
}

// unsigned is a token whose signature is given.
func unsigned(header, claims m, signature []byte) string {
	first, _ := json.Marshal(header)
	second, _ := json.Marshal(claims)
	return raw64(first) + "." + raw64(second) + "." + raw64(signature)
}

// A situation is a token that is refused by settings, and what is at fault.
type situation struct {
	name    string
	make    func(b *bench, s *setup.Settings) (token string)
	setting string // that is named first
	says    string // what its cause, advice or lines hold
}

// secret is long enough for HS256, and no text that decodes.
const secret = "a-secret!that-is-long-enough-for-HS256-and-no-base64!"

var situations = []situation{
	// Issuer.
	{"issuer without its slash", func(b *bench, s *setup.Settings) string { return b.token(m{"iss": issuer + "/"}) }, "issuer", "JWT_KEYS=oidc:https://issuer.example/"},
	{"issuer in another case", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{"https://Issuer.example"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "JWT_ISSUER=https://issuer.example"},
	{"issuer with another scheme", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{"http://issuer.example"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "the scheme"},
	{"issuer with a port", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{"https://issuer.example:443"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "the port"},
	{"issuer in quotes", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{`"https://issuer.example"`}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "quotes"},
	{"the metadata URL as issuer", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{issuer + "/.well-known/openid-configuration"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "JWT_ISSUER=https://issuer.example"},
	{"issuers in one value", func(b *bench, s *setup.Settings) string {
		s.Issuer, s.Keys = []string{"https://other.example," + issuer}, b.iss.JWKS
		return b.token(nil)
	}, "issuer", "as one value"},
	{"audiences in one value", func(b *bench, s *setup.Settings) string {
		s.Audience = []string{"other " + audience}
		return b.token(nil)
	}, "audience", "as one value"},
	{"issuer under another host", func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://sso.internal/realms/a")
		s.Issuer, s.Keys = []string{"https://sso.example/realms/a"}, i.JWKS
		return i.Sign(b.claims(m{"iss": i.URL}))
	}, "issuer", "only the host differs"},
	{"no issuer is set", func(b *bench, s *setup.Settings) string { s.Keys = b.iss.JWKS; return b.token(nil) }, "issuer", "JWT_ISSUER=https://issuer.example"},
	{"issuer and audience swapped", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer, s.Audience = b.iss.JWKS, []string{audience}, []string{issuer}
		return b.token(nil)
	}, "issuer", "swapped"},
	{"token of another environment", func(b *bench, s *setup.Settings) string {
		other := b.w.Issuer("https://staging.example")
		return other.Sign(b.claims(m{"iss": other.URL}))
	}, "issuer", "JWT_KEYS=oidc:https://staging.example"},
	{"token of another realm", func(b *bench, s *setup.Settings) string {
		other := b.w.Issuer(issuer + "/realms/b")
		return other.Sign(b.claims(m{"iss": other.URL}))
	}, "issuer", "tenant, realm"},
	{"Entra v1 token where v2 is expected", func(b *bench, s *setup.Settings) string {
		s.Issuers, s.Keys, s.Audience = "entra:72f988bf-86f1-41af-91ab-2d7cd011db47?client=8e3f1c2d-0000-4000-8000-000000000001", "", nil
		return b.token(m{"iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/", "ver": "1.0"})
	}, "issuer", "v1 token"},

	// Audience.
	{"no audience is set", func(b *bench, s *setup.Settings) string { s.Audience = nil; return b.token(nil) }, "audience", "JWT_AUDIENCE=https://api.example"},
	{"audience with a slash", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": audience + "/"}) }, "audience", "JWT_AUDIENCE=https://api.example/"},
	{"audience of another API", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": []string{"https://other.example"}}) }, "audience", "another service"},
	{"token without audience", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": nil}) }, "audience", "names no audience"},
	{"audience is the client ID, in the settings", func(b *bench, s *setup.Settings) string {
		s.Audience = []string{"web-client"}
		return b.token(m{"azp": "web-client"})
	}, "audience", "JWT_AUDIENCE=https://api.example"},
	{"audience is a client ID, in an access token", func(b *bench, s *setup.Settings) string {
		return b.token(m{"aud": "8e3f1c2d-0000-4000-8000-000000000001"})
	}, "audience", "client ID"},
	{"ID token", func(b *bench, s *setup.Settings) string {
		return b.token(m{"aud": "web-client", "nonce": "n", "at_hash": "x", "scope": nil})
	}, "client", "ID token"},
	{"Keycloak without an audience mapper", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": "account", "azp": "web"}) }, "audience", "audience mapper"},

	// Keys.
	{"keys of another environment", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.w.Issuer("https://staging.example").JWKS, []string{issuer}
		return b.token(nil)
	}, "keys", "JWT_KEYS=oidc:https://issuer.example"},
	{"key rotated out", func(b *bench, s *setup.Settings) string {
		token := b.token(nil)
		b.iss.Rotate()
		b.iss.Rotate()
		return token
	}, "token", "rotated"},
	{"unknown kid in a file", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.file("keys.json", set(verifiertest.NewSigner(b, keys.ES256, "old").JWK())), []string{"https://unreachable.example"}
		return b.token(m{"iss": "https://unreachable.example"})
	}, "keys", "JWT_KEYS=oidc:https://unreachable.example"},
	{"key published for encryption", func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://enc.example", verifiertest.WithKeyMember("use", "enc"))
		s.Keys = b.file("keys.json", set(verifiertest.NewSigner(b, keys.ES256, "good").JWK(), changed(i.Signer().JWK(), m{"use": "enc"})))
		s.Issuer = []string{issuer}
		return i.Sign(b.claims(nil))
	}, "published key", `use is`},
	{"weak RSA key", func(b *bench, s *setup.Settings) string {
		modulus := make([]byte, 128) // only its size counts, and FIPS mode makes no such key
		rand.Read(modulus)
		modulus[0], modulus[127] = modulus[0]|0x80, modulus[127]|1
		jwk := m{"kty": "RSA", "kid": "weak", "n": raw64(modulus), "e": "AQAB"}
		doc, _ := json.Marshal(jwk)
		s.Keys, s.Issuer = b.file("keys.json", set(verifiertest.NewSigner(b, keys.ES256, "good").JWK(), doc)), []string{issuer}
		return unsigned(m{"alg": "RS256", "kid": "weak"}, b.claims(nil), make([]byte, 256))
	}, "published key", "2048"},
	{"RSA key without alg", func(b *bench, s *setup.Settings) string {
		signer := verifiertest.NewSigner(b, keys.PS256, "k")
		s.Keys, s.Issuer = b.file("keys.json", set(changed(signer.JWK(), m{"alg": nil}))), []string{issuer}
		return signer.Sign(b.claims(nil))
	}, "default algorithm", "keys.WithDefaultAlgorithm(\"PS256\")"},
	{"algorithm of the key is another", func(b *bench, s *setup.Settings) string {
		signer := verifiertest.NewSigner(b, keys.RS512, "k")
		s.Keys, s.Issuer = b.file("keys.json", set(changed(signer.JWK(), m{"alg": "RS256"}))), []string{issuer}
		return signer.Sign(b.claims(nil))
	}, "published key", "RS512"},
	{"algorithm left out of the list", func(b *bench, s *setup.Settings) string { s.Algorithm = []string{"RS256"}; return b.token(nil) }, "algorithms", "ES256"},
	{"HS256 token, public keys", func(b *bench, s *setup.Settings) string { return hs256([]byte(secret), nil, b.claims(nil)) }, "keys", "?alg=HS256"},
	{"RS256 token, shared secret", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.secretIn(secret), []string{issuer}
		return b.token(nil)
	}, "keys", "JWT_KEYS=oidc:https://issuer.example"},
	{"secret in base64", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.secretIn(base64.StdEncoding.EncodeToString([]byte(secret))), []string{issuer}
		return hs256([]byte(secret), nil, b.claims(nil))
	}, "secret encoding", "&encoding=base64"},
	{"secret in hex", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.secretIn(hex.EncodeToString([]byte(secret))), []string{issuer}
		return hs256([]byte(secret), nil, b.claims(nil))
	}, "secret encoding", "&encoding=hex"},
	{"secret decoded, signer uses the text", func(b *bench, s *setup.Settings) string {
		text := base64.StdEncoding.EncodeToString([]byte(secret))
		s.Keys, s.Issuer = b.secretIn(text)+"&encoding=base64", []string{issuer}
		return hs256([]byte(text), nil, b.claims(nil))
	}, "secret encoding", "?alg=HS256"},
	{"secret with a line end at the signer", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.secretIn(secret), []string{issuer}
		return hs256([]byte(secret+"\n"), nil, b.claims(nil))
	}, "secret", "line end"},
	{"secret in quotes", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.secretIn(`"`+secret+`"`), []string{issuer}
		return hs256([]byte(secret), nil, b.claims(nil))
	}, "secret", "quotes"},
	{"another secret", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer = b.secretIn(secret), []string{issuer}
		return hs256([]byte(secret+"of another environment"), nil, b.claims(nil))
	}, "secret", "another secret"},
	{"public key as the secret", func(b *bench, s *setup.Settings) string {
		der, _ := x509.MarshalPKIXPublicKey(b.iss.Signer().Key().Public())
		s.Keys = b.secretIn(base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
		return b.token(nil)
	}, "keys", "public"},
	{"secret too short", func(b *bench, s *setup.Settings) string {
		s.Keys = b.secretIn("short")
		return hs256([]byte(secret), nil, b.claims(nil))
	}, "keys", "32 bytes"},
	{"token changed after signing", func(b *bench, s *setup.Settings) string {
		parts := strings.Split(b.token(nil), ".")
		c, _ := json.Marshal(b.claims(m{"sub": "admin"}))
		return parts[0] + "." + raw64(c) + "." + parts[2]
	}, "token", "changed"},

	// Dates.
	{"clock of this machine is off", func(b *bench, s *setup.Settings) string {
		s.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		return b.token(nil)
	}, "clock", "ahead"},
	{"clock of this machine is behind", func(b *bench, s *setup.Settings) string {
		s.Now = func() time.Time { return time.Now().Add(-20 * time.Minute) }
		return b.token(nil)
	}, "clock", "behind"},
	{"clock of the issuer is ahead", func(b *bench, s *setup.Settings) string {
		return b.token(m{"iat": time.Now().Add(90 * time.Second).Unix()})
	}, "clock", "NTP"},
	{"signer writes local time", func(b *bench, s *setup.Settings) string {
		at := time.Now().Add(2 * time.Hour)
		return b.token(m{"iat": at.Unix(), "exp": at.Add(5 * time.Minute).Unix()})
	}, "signer", "local time"},
	{"dates in milliseconds", func(b *bench, s *setup.Settings) string {
		return b.token(m{"exp": time.Now().Add(time.Hour).UnixMilli(), "iat": time.Now().UnixMilli()})
	}, "signer", "milliseconds"},
	{"a date as text", func(b *bench, s *setup.Settings) string { return b.token(m{"exp": "2030-01-01T00:00:00Z"}) }, "signer", "text"},
	{"expired", func(b *bench, s *setup.Settings) string {
		return b.token(m{"iat": time.Now().Add(-2 * time.Hour).Unix(), "exp": time.Now().Add(-time.Hour - 7*time.Minute).Unix()})
	}, "token", "expired 1 hour"},
	{"not yet valid", func(b *bench, s *setup.Settings) string {
		return b.token(m{"nbf": time.Now().Add(30 * time.Hour).Unix(), "exp": time.Now().Add(40 * time.Hour).Unix()})
	}, "token", "not valid yet"},
	{"no expiry", func(b *bench, s *setup.Settings) string { return b.token(m{"exp": nil}) }, "expiry", "WithOptionalExpiry"},

	// Kinds of tokens and what they say.
	{"typ at+jwt demanded, JWT given", func(b *bench, s *setup.Settings) string { s.Type = []string{"at+jwt"}; return b.token(nil) }, "type", "WithType"},
	{"another typ", func(b *bench, s *setup.Settings) string {
		return b.iss.SignHeader(m{"typ": "vnd.example+jwt"}, b.claims(nil))
	}, "type", "vnd.example+jwt"},
	{"crit", func(b *bench, s *setup.Settings) string {
		return b.iss.SignHeader(m{"crit": []string{"x"}, "x": 1}, b.claims(nil))
	}, "signer", "crit"},
	{"not signed", func(b *bench, s *setup.Settings) string { return unsigned(m{"alg": "none"}, b.claims(nil), nil) }, "signer", "none"},
	{"unknown algorithm", func(b *bench, s *setup.Settings) string {
		return unsigned(m{"alg": "ES256K"}, b.claims(nil), make([]byte, 64))
	}, "signer", "ES256K"},
	{"bound to a key, without a proof", func(b *bench, s *setup.Settings) string { return b.token(m{"cnf": m{"jkt": "x"}}) }, "possession", "dpop"},
	{"logout token", func(b *bench, s *setup.Settings) string {
		return b.token(m{"events": m{"http://schemas.openid.net/event/backchannel-logout": m{}}})
	}, "client", "logout token"},
	{"no subject", func(b *bench, s *setup.Settings) string { return b.token(m{"sub": nil}) }, "subject", "WithOptionalSubject"},
	{"subject is a number", func(b *bench, s *setup.Settings) string { return b.token(m{"sub": 7}) }, "integer subject", "WithIntegerSubject"},
	{"scope", func(b *bench, s *setup.Settings) string { s.Scope = []string{"write"}; return b.token(nil) }, "client", "write"},
	{"DPoP proof in place of the token", func(b *bench, s *setup.Settings) string {
		return b.iss.SignHeader(m{"typ": "dpop+jwt"}, m{"htm": "GET", "htu": audience, "iat": time.Now().Unix(), "jti": "1"})
	}, "client", "DPoP proof"},

	// Presets.
	{"preset, other client", cognito(m{"client_id": "2ex"}), "parameter client", "cognito:eu-west-1_AbC123xyz?client=2ex"},
	{"preset, ID token", cognito(m{"token_use": "id", "aud": "1ex", "client_id": nil}), "client", "ID token"},
	{"preset, other pool", cognito(m{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"}), "issuer", "cognito:eu-west-1_Other?client=1ex"},
	{"preset, other repository", func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://token.actions.githubusercontent.com", verifiertest.WithAlgorithm(keys.RS256))
		s.Issuers, s.Keys, s.Audience = "github:?aud=https://api.example&repository_id=123456", "", nil
		return i.Sign(b.claims(m{"iss": i.URL, "repository_id": "654321"}))
	}, "parameter repository_id", "repository_id=654321"},
	{"list of presets, issuer in none", func(b *bench, s *setup.Settings) string {
		s.Issuers, s.Keys, s.Audience = "auth0:a.eu.auth0.com?aud=x,okta:https://dev-1.okta.com/oauth2/default?aud=y", "", nil
		return b.token(nil)
	}, "issuer", "no reference"},
	{"preset with a mistake", func(b *bench, s *setup.Settings) string {
		s.Issuers, s.Keys, s.Audience = "cognito:eu-west-1_AbC123xyz", "", nil
		return b.token(nil)
	}, "issuers", "needs client"},

	// Outages and configuration.
	{"outage", func(b *bench, s *setup.Settings) string {
		token := b.token(nil)
		b.iss.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
		return token
	}, "network", "503"},
	{"metadata of another issuer", func(b *bench, s *setup.Settings) string {
		s.Keys = "oidc:" + issuer + "/"
		return b.token(m{"iss": issuer + "/"})
	}, "keys", "JWT_KEYS=oidc:https://issuer.example"},
	{"no metadata there", func(b *bench, s *setup.Settings) string {
		b.w.Handle("empty.example", http.NotFoundHandler())
		s.Keys = "oidc:https://empty.example"
		return b.token(m{"iss": "https://empty.example"})
	}, "keys", "no metadata"},
	{"no keys are set", func(b *bench, s *setup.Settings) string { s.Keys, s.Issuer = "", []string{issuer}; return b.token(nil) }, "keys", "JWT_KEYS=oidc:https://issuer.example"},

	// The text around a token.
	{"Bearer before it", around("Bearer ", ""), "client", "Bearer"},
	{"Authorization field", around("Authorization: Bearer ", ""), "client", "Authorization"},
	{"quotes", around(`"`, `"`), "client", "quotes"},
	{"white space", around("  ", " "), "client", "white space"},
	{"line break inside", func(b *bench, s *setup.Settings) string { t := b.token(nil); return t[:60] + "\n" + t[60:] }, "client", "line break"},
	{"URL around it", around("https://app.example/cb#state=1&access_token=", "&token_type=Bearer"), "client", "URL"},
	{"cookie pair", around("theme=dark; session=", "; lang=en"), "client", "cookie"},
	{"JSON around it", around(`{"access_token":"`, `","expires_in":300}`), "client", "JSON"},
	{"two tokens", func(b *bench, s *setup.Settings) string { return b.token(nil) + " " + b.token(m{"sub": "b"}) }, "client", "2 tokens"},
	{"padded base64", func(b *bench, s *setup.Settings) string { return b.iss.SignPadded(nil, b.claims(m{"sub": "user-12"})) }, "padding", "WithPaddedBase64"},
	{"base64 in place of base64url", func(b *bench, s *setup.Settings) string { t := b.token(nil); return t[:len(t)-6] + "++/+/A" }, "signer", "base64url"},
	{"cut token", func(b *bench, s *setup.Settings) string { t := b.token(nil); return t[:len(t)-20] }, "client", "cut"},
	{"signature cut off", func(b *bench, s *setup.Settings) string { t := b.token(nil); return t[:strings.LastIndexByte(t, '.')] }, "client", "2 parts"},
	{"ECDSA signature in DER", func(b *bench, s *setup.Settings) string {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		der, _ := key.Sign(rand.Reader, make([]byte, 32), nil)
		return unsigned(m{"alg": "ES256", "kid": "key-1"}, b.claims(nil), der)
	}, "signer", "DER"},
	{"encrypted", func(b *bench, s *setup.Settings) string {
		return raw64([]byte(`{"alg":"dir","enc":"A256GCM","iss":"https://issuer.example/"}`)) + "..AAAA.AAAA.AAAA"
	}, "signer", "encrypted"},
	{"opaque token", func(*bench, *setup.Settings) string { return "7f4df0d5c1b24f7a9a3f" }, "opaque", "RFC 7662"},
	{"opaque token with a dot", func(*bench, *setup.Settings) string { return "ya29.a0AfH6SMBx-abcdefghijklmnopqrstuvwxyz" }, "opaque", "RFC 7662"},
	{"key in place of the token", func(b *bench, _ *setup.Settings) string { return string(set(b.iss.Signer().JWK())) }, "client", "key set"},
	{"nothing", func(*bench, *setup.Settings) string { return "\n" }, "client", "empty"},
	{"too large", func(b *bench, _ *setup.Settings) string { return b.token(m{"groups": strings.Repeat("g", 20000)}) }, "size", "32768"},
	{"10 MB", func(*bench, *setup.Settings) string { return strings.Repeat("x", 10<<20) }, "client", "more than 1024 KiB"},
}

// cognito is a token of Cognito with differences.
func cognito(diff m) func(*bench, *setup.Settings) string {
	return func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz", verifiertest.WithAlgorithm(keys.RS256))
		s.Issuers, s.Keys, s.Audience = "cognito:eu-west-1_AbC123xyz?client=1ex", "", nil
		c := b.claims(m{"iss": i.URL, "aud": nil, "token_use": "access", "client_id": "1ex"})
		maps.Copy(c, diff)
		maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
		return i.Sign(c)
	}
}

func around(before, after string) func(*bench, *setup.Settings) string {
	return func(b *bench, _ *setup.Settings) string { return before + b.token(nil) + after }
}

// made makes a token. FIPS 140-only mode makes none with a weak key.
func made(t *testing.T, token func() string) string {
	defer func() {
		if p := recover(); p != nil {
			if !fips140.Enforced() {
				panic(p)
			}
			t.Skipf("FIPS 140-only mode does not make this token: %v", p)
		}
	}()
	return token()
}

// TestSituations: of each wrong situation, the setting that is at fault is named
// first, and what to do about it.
func TestSituations(t *testing.T) {
	for _, test := range situations {
		t.Run(test.name, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			b := &bench{t, w, w.Issuer(issuer)}
			s := good()
			s.Client = w.Client()
			raw := made(t, func() string { return test.make(b, &s) })
			d := diagnose.Explain(t.Context(), s.Open(t.Context()), raw, diagnose.Options{})
			if len(d.Faults) == 0 {
				t.Fatalf("no fault; %s %s", d.Verdict, d.Reason)
			}
			f := d.Faults[0]
			all := strings.Join(append([]string{f.Cause, f.Advice}, f.Write...), "\n")
			if f.Setting != test.setting || !strings.Contains(all, test.says) {
				t.Errorf("setting %q, want %q; want %q in:\n%s", f.Setting, test.setting, test.says, all)
			}
			if d.Verdict == "trusted" || d.Cause != f.Cause || strings.ContainsAny(all[:len(f.Cause)+1+len(f.Advice)], "\r") || strings.Contains(f.Cause, "\n") {
				t.Errorf("verdict %s, cause %q", d.Verdict, d.Cause)
			}
			if len(raw) < 5000 {
				doc, _ := json.Marshal(d)
				for part := range strings.FieldsFuncSeq(raw, func(r rune) bool { return strings.ContainsRune(`. "=:;{}/,`+"\n", r) }) {
					if len(part) > 20 && part != "7f4df0d5c1b24f7a9a3f" && strings.HasPrefix(part, "ey") && strings.Contains(string(doc), part) {
						t.Error("the diagnosis holds a part of the token")
					}
				}
			}
		})
	}
	t.Logf("%d situations", len(situations))
}

// TestTrusted: nothing is at fault with the good token.
func TestTrusted(t *testing.T) {
	w := verifiertest.NewWorld(t)
	b := &bench{t, w, w.Issuer(issuer)}
	s := good()
	s.Client = w.Client()
	for _, raw := range []string{b.token(nil), b.token(nil) + "\n", "\xef\xbb\xbf" + b.token(nil)} {
		d := diagnose.Explain(t.Context(), s.Open(t.Context()), raw, diagnose.Options{})
		if d.Verdict != "trusted" || len(d.Faults) > 0 || d.Is() != verifier.Trusted {
			t.Errorf("%s: %+v", d.Verdict, d.Faults)
		}
	}
}
