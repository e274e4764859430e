package diagnose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// Situations of the text around a token.
var ofTexts = []situation{
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

func around(before, after string) func(*bench, *setup.Settings) string {
	return func(b *bench, _ *setup.Settings) string { return before + b.token(nil) + after }
}
