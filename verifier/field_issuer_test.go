package verifier_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// ecKeys makes an ES256 key with that ID.
func ecKeys(t *testing.T, id string) *verifiertest.Signer {
	t.Helper()
	return verifiertest.NewSigner(t, keys.ES256, id)
}

// TestS02KeysOfAnotherIssuerAreNoCandidates: whatever issuer B publishes, the tokens
// of issuer A are accepted.
func TestS02KeysOfAnotherIssuerAreNoCandidates(t *testing.T) {
	const isA, isB, isC = "https://a.example", "https://b.example", "https://c.example"
	a := ecKeys(t, "k")
	from := func(s *verifiertest.Signer, iss string) string {
		return s.Sign(map[string]any{"iss": iss, "sub": "user-1", "exp": now.Unix() + 60})
	}
	crowd := func(n int) (ks []*keys.Key) {
		for range n {
			ks = append(ks, ecKeys(t, "k").Key())
		}
		return ks
	}
	ofA := keys.ForIssuer(isA, keys.Static(a.Key()))
	b := ecKeys(t, "k")
	down := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		return nil, fmt.Errorf("%w: gone", keys.ErrUnavailable)
	})
	for _, test := range []struct {
		name   string
		p      keys.Provider
		raw    string
		want   error
		reason string
	}{
		{"B publishes a copy of A's key", keys.Merge(keys.ForIssuer(isB, keys.Static(a.Key())), ofA), from(a, isA), nil, ""},
		{"and A comes first", keys.Merge(ofA, keys.ForIssuer(isB, keys.Static(a.Key()))), from(a, isA), nil, ""},
		{"B publishes 4 keys of A's ID", keys.Merge(keys.ForIssuer(isB, keys.Static(crowd(4)...)), ofA), from(a, isA), nil, ""},
		{"B publishes 40 keys of A's ID", keys.Merge(keys.ForIssuer(isB, keys.Static(crowd(40)...)), ofA), from(a, isA), nil, ""},
		{"two tenants share their keys, the second", keys.Merge(ofA, keys.ForIssuer(isB, keys.Static(a.Key()))), from(a, isB), nil, ""},
		{"B is down", keys.Merge(keys.ForIssuer(isB, down), ofA), from(a, isA), nil, ""},
		{"B is down, and A has no such key", keys.Merge(keys.ForIssuer(isB, down), ofA), from(ecKeys(t, "other"), isA), verifier.ErrUnknownKey, "unknown_key"},
		{"B is down, and a forged token names A", keys.Merge(keys.ForIssuer(isB, down), ofA), from(ecKeys(t, "k"), isA), verifier.ErrSignature, "signature"},
		{"B is down, and its token comes", keys.Merge(keys.ForIssuer(isB, down), ofA), from(ecKeys(t, "b"), isB), verifier.ErrUnavailable, "unavailable"},
		{"the only key is of another issuer", ofA, from(a, isC), claims.ErrMismatch, "iss_mismatch"},
		{"both keys are of another issuer", keys.Merge(ofA, keys.ForIssuer(isB, keys.Static(a.Key()))), from(a, isC), claims.ErrMismatch, "iss_mismatch"},
		{"a key of another issuer does not verify", ofA, from(ecKeys(t, "k"), isC), verifier.ErrSignature, "signature"},
		{"A has a key of that ID, and B has signed", keys.Merge(ofA, keys.ForIssuer(isB, keys.Static(b.Key()))), from(b, isA), claims.ErrMismatch, "iss_mismatch"},
		{"no issuer is named", ofA, a.Sign(claimsOf("user-1")), claims.ErrMissing, "iss_missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, opts := range [][]verifier.Option{nil, {verifier.WithCache(10)}} {
				v := newVerifier(t, test.p, opts...)
				for range 2 {
					check(t, v, test.raw, test.want, test.reason)
				}
				if r := v.Explain(t.Context(), test.raw); verifier.Reason(r.Err) != test.reason {
					t.Errorf("Explain says %v", r.Err)
				}
			}
		})
	}
}

// TestS02HintHoldsTheIssuer that the token names, or none if the claims cannot be
// read.
func TestS02HintHoldsTheIssuer(t *testing.T) {
	var asked []keys.Hint
	v := newVerifier(t, keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		asked = append(asked, h)
		return nil, nil
	}))
	for _, payload := range []string{`{"iss":"https://a.example"}`, `{}`, `{"iss":7}`, `{"iss":"x","iss":"y"}`, `[]`} {
		check(t, v, sign(goodHeader, payload), verifier.ErrUnknownKey, "unknown_key")
	}
	want := []keys.Hint{{Algorithm: keys.HS256, Issuer: "https://a.example"}}
	for range 4 {
		want = append(want, keys.Hint{Algorithm: keys.HS256})
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestS02ColdSourceOfAnotherIssuer: nothing is fetched, and the refusal still says
// what is wrong. Explain compares with the issuer of the source.
func TestS02ColdSourceOfAnotherIssuer(t *testing.T) {
	issuer := verifiertest.NewIssuer(t)
	src, err := keys.NewOIDC(issuer.URL, keys.WithHTTPClient(issuer.Client()))
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, src)
	for iss, want := range map[string]string{
		"https://other.example": `it is "https://other.example", expected "` + issuer.URL + `"`,
		issuer.URL + "/":        "they differ only in a trailing slash",
	} {
		raw := ecKeys(t, "k").Sign(map[string]any{"iss": iss, "sub": "a", "exp": now.Unix() + 60})
		check(t, v, raw, claims.ErrMismatch, "iss_mismatch")
		_, err := v.Verify(t.Context(), raw)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if r := v.Explain(t.Context(), raw); !strings.Contains(r.String(), want) || strings.Contains(r.String(), "WithIssuer") {
			t.Errorf("Explain says\n%s\nwant %q", r, want)
		}
	}
	if n := issuer.Fetches(); n != 0 {
		t.Errorf("the keys were fetched %d times", n)
	}
	// A token that names the right issuer and is signed with an unknown key.
	raw := ecKeys(t, "k").Sign(map[string]any{"iss": issuer.URL, "sub": "a", "exp": now.Unix() + 60})
	if r := v.Explain(t.Context(), raw); verifier.Reason(r.Err) != "unknown_key" || strings.Contains(r.String(), "FAIL  issuer") {
		t.Errorf("Explain says\n%s", r)
	}
}

// TestK05PublishedButNotUsed: both Verify and Explain say why.
func TestK05PublishedButNotUsed(t *testing.T) {
	good := ecKeys(t, "good")
	doc := `{"keys":[` + string(good.JWK()) + `,{"kty":"EC","kid":"for-encryption","use":"enc","crv":"P-256","x":"","y":""}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, doc) }))
	defer server.Close()
	src, err := keys.NewRemote(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, keys.Merge(src, keys.NewSet(ecKeys(t, "x").Key())))
	raw := ecKeys(t, "for-encryption").Sign(claimsOf("a"))
	check(t, v, raw, verifier.ErrUnknownKey, "unknown_key")
	_, err = v.Verify(t.Context(), raw)
	const want = `the key with the ID "for-encryption" is published but not used: use is "enc"`
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	if r := v.Explain(t.Context(), raw); !strings.Contains(r.String(), want) {
		t.Errorf("Explain says\n%s", r)
	}
}
