package diagnose_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"strings"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// Situations of keys and signatures.
var ofKeys = []situation{
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
}
