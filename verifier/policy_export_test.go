package verifier_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestPolicy(t *testing.T) {
	v := newVerifier(t, keys.ForIssuer("https://issuer.example", hmacKeys(t)),
		verifier.WithAudience("api"), verifier.WithAlgorithms(keys.HS256), verifier.WithType("at+jwt"), verifier.WithLeeway(5*time.Second),
		verifier.WithOptionalSubject(), verifier.WithCache(10), verifier.WithClaims(verifier.Named("tenant", claims.Required("tid")), claims.Required("x")))
	want := &verifier.Policy{
		Algorithms: []keys.Algorithm{keys.HS256}, Types: []string{"at+jwt"}, NeedsType: true,
		BoundTo: []string{"https://issuer.example"}, Audiences: []string{"api"},
		Leeway: 5, MaxSize: 16 << 10, Options: []string{"WithOptionalSubject", "WithCache"}, Checks: []string{"tenant", "own check 2"},
	}
	got := v.Policy()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	doc, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var read verifier.Policy
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &read); diff != "" {
		t.Errorf("through JSON (-want +got)\n%s", diff)
	}
	if strings.Contains(string(doc), string(secret)) {
		t.Error("the policy holds the secret")
	}
	got.Audiences[0] = "changed" // the caller's copy
	if _, err := v.Verify(t.Context(), sign(`{"alg":"HS256","typ":"at+jwt"}`, `{"iss":"https://issuer.example","aud":"changed","exp":1700000060}`)); verifier.Reason(err) != "aud_mismatch" {
		t.Errorf("after changing the copy: %v", err)
	}
}

// TestPolicyOf reaches through every verifier of this package.
func TestPolicyOf(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithIssuer("a"))
	foreign := verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, verifier.ErrMalformed })
	r := verifier.ByIssuer(map[string]verifier.Verifier{"a": v, "b": foreign})
	p := verifier.PolicyOf(verifier.NewVar(r))
	if p == nil || len(p.Routes) != 1 || cmp.Diff(v.Policy(), p.Routes["a"]) != "" {
		t.Errorf("got %+v", p)
	}
	for name, v := range map[string]verifier.Verifier{"nil": nil, "typed nil": (*verifier.Keyed)(nil), "foreign": foreign, "zero Var": new(verifier.Var)} {
		if p := verifier.PolicyOf(v); p != nil {
			t.Errorf("%s: got %+v", name, p)
		}
	}
	if p := new(verifier.Router).Policy(); p == nil || len(p.Routes) != 0 {
		t.Errorf("the zero Router: %+v", p)
	}
}
