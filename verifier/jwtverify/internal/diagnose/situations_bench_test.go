package diagnose_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

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
