package verifier_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestByIssuer(t *testing.T) {
	asked := 0
	counted := func(k *keys.Key) keys.Provider {
		return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { asked++; return []*keys.Key{k}, nil })
	}
	// Both keys have the same ID.
	a, b := verifiertest.NewSigner(t, keys.ES256, "k"), verifiertest.NewSigner(t, keys.ES256, "k")
	v := verifier.ByIssuer(map[string]verifier.Verifier{
		"https://a": newVerifier(t, counted(a.Key()), verifier.WithIssuer("https://a")),
		"https://b": newVerifier(t, counted(b.Key()), verifier.WithAnyIssuer(), verifier.WithMaxSize(32<<10)),
		"https://c": verifier.Func(func(context.Context, string) (*verifier.Token, error) {
			return &verifier.Token{Set: &claims.Set{Issuer: "https://a"}}, nil
		}),
		"https://d": verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, nil }),
	})
	by := func(s *verifiertest.Signer, change map[string]any) string {
		all := map[string]any{"sub": "user-123", "exp": now.Unix() + 60}
		for k, v := range change {
			all[k] = v
		}
		return s.Sign(all)
	}
	for _, test := range []struct {
		name   string
		raw    string
		want   error
		reason string
		asked  int
	}{
		{"a", by(a, map[string]any{"iss": "https://a"}), nil, "", 1},
		{"b", by(b, map[string]any{"iss": "https://b"}), nil, "", 1},
		{"b says a", by(b, map[string]any{"iss": "https://a"}), verifier.ErrSignature, "signature", 2},
		{"large, for b", by(b, map[string]any{"iss": "https://b", "x": strings.Repeat("x", 20_000)}), nil, "", 1},
		{"large, for a", by(a, map[string]any{"iss": "https://a", "x": strings.Repeat("x", 20_000)}), verifier.ErrMalformed, "malformed", 0},
		{"too large", by(b, map[string]any{"iss": "https://b", "x": strings.Repeat("x", 40_000)}), verifier.ErrMalformed, "malformed", 0},
		{"unknown", by(a, map[string]any{"iss": "https://a/"}), claims.ErrMismatch, "iss_mismatch", 0},
		{"none", by(a, nil), claims.ErrMissing, "iss_missing", 0},
		{"malformed", "a.b.c", verifier.ErrMalformed, "malformed", 0},
		{"malformed claims", by(a, map[string]any{"iss": 1}), claims.ErrMalformed, "iss_malformed", 0},
		{"a verifier that returns another issuer's", by(a, map[string]any{"iss": "https://c"}), claims.ErrMismatch, "iss_mismatch", 0},
		{"a verifier that returns nothing", by(a, map[string]any{"iss": "https://d"}), claims.ErrMismatch, "iss_mismatch", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked = 0
			check(t, v, test.raw, test.want, test.reason)
			if asked != test.asked {
				t.Errorf("the provider was asked %d times, want %d", asked, test.asked)
			}
		})
	}
	for name, vs := range map[string]map[string]verifier.Verifier{"nil verifier": {"a": nil}, "empty issuer": {"": v}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: ByIssuer does not panic", name)
				}
			}()
			verifier.ByIssuer(vs)
		}()
	}
}
