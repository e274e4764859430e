// Package providers simulates the issuers that package issuers has presets for:
// what their tokens look like, where their keys are, and which tokens look almost
// right and must be refused. The facts are those of facts.json, with their
// sources.
package providers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A Provider is one simulated issuer, set up as a reference of its preset expects.
type Provider struct {
	Preset       string
	Reference    string
	Issuer       string                // that signs the tokens
	Options      []verifiertest.Option // where its keys are
	Padded       bool                  // its tokens are in base64 with padding
	PerKey       string                // the host where each key has a URL of its own; "" for a JWK Set
	Certificates bool                  // its keys are certificates by key ID
	Secret       string                // it signs with this secret, which Start puts into SecretVariable
	Header       map[string]any        // of a good token, besides alg, kid and typ
	Claims       map[string]any        // of a good token, besides iss, iat and exp
	Good         []Variant             // further tokens to accept
	Wrong        []Variant             // tokens to refuse
	Others       []Other
}

// SecretVariable is the environment variable that a reference with a secret names.
const SecretVariable = "PROVIDER_SECRET"

// A Variant is the good token with a difference. A nil value removes a member.
type Variant struct {
	Name   string
	Header map[string]any
	Claims map[string]any
	By     string // the issuer that signs instead; "" for the provider's own
}

// An Other is an issuer that shares something with a provider, such as its keys.
type Other struct {
	Issuer  string
	Options []verifiertest.Option
}

// A Running is a provider whose servers answer.
type Running struct {
	*Provider
	signers map[string]*verifiertest.Issuer
}

// Start starts the servers of p in w, and sets SecretVariable if it has a secret.
// Tests that start providers may run in parallel: all secrets are the same.
func (p *Provider) Start(t *testing.T, w *verifiertest.World) *Running {
	t.Helper()
	r := &Running{p, map[string]*verifiertest.Issuer{}}
	if p.Secret != "" {
		if err := os.Setenv(SecretVariable, p.Secret); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r.signers[""] = w.Issuer(p.Issuer, p.Options...)
	for _, o := range p.Others {
		r.signers[o.Issuer] = w.Issuer(o.Issuer, o.Options...)
	}
	if p.PerKey != "" {
		w.Handle(p.PerKey, r.perKey(t))
	}
	if p.Certificates {
		r.signers[""].Break(r.certificates(t))
	}
	return r
}

// Rotate replaces the key of the provider. It has none to replace if it signs with
// a secret, or publishes each key by itself.
func (r *Running) Rotate() {
	if r.signers[""] != nil && r.PerKey == "" {
		r.signers[""].Rotate()
	}
}

// Token returns the good token with the difference of v.
func (r *Running) Token(t *testing.T, v Variant) string {
	t.Helper()
	now := time.Now()
	claims := map[string]any{"iss": r.Issuer, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(claims, r.Claims)
	maps.Copy(claims, v.Claims)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	header := map[string]any{}
	maps.Copy(header, r.Header)
	maps.Copy(header, v.Header)
	switch signer := r.signers[v.By]; {
	case r.Secret != "":
		return hs256(t, r.Secret, header, claims)
	case signer == nil:
		t.Fatalf("%s: %s: there is no issuer %s", r.Preset, v.Name, v.By)
		return ""
	case r.Padded:
		return signer.SignPadded(header, claims)
	default:
		return signer.SignHeader(header, claims)
	}
}

// hs256 signs claims with a secret that is a text.
func hs256(t *testing.T, secret string, header, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"alg": "HS256", "typ": "JWT"}
	maps.Copy(all, header)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	var parts []string
	for _, part := range []map[string]any{all, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	signed := strings.Join(parts, ".")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
