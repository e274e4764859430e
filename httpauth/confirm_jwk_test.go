package httpauth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A holder proves one member of cnf if the field X-Key is the thumbprint of the
// Binding, or its value if that has none.
type holder struct{ member string }

func (h holder) Member() string { return h.member }

func (h holder) Prove(_ http.Header, r *http.Request, b httpauth.Binding) error {
	want := b.Thumbprint
	if want == "" {
		want = b.Value
	}
	if h.member == "jwk" && !strings.HasPrefix(b.Value, "{") {
		return errors.New("the value is not a JWK")
	}
	if want == "" || r.Header.Get("X-Key") != want {
		return &httpauth.ProofError{}
	}
	return nil
}

// TestConfirmationByKey: a Proof of one's own gets the thumbprint of a "jwk" or
// "jkt", and the ID of a "kid". A "jwk" that is not one public key is refused.
func TestConfirmationByKey(t *testing.T) {
	s, key := newSite(t), verifiertest.NewSigner(t, keys.ES256, "k")
	h := httpauth.New(s, httpauth.WithProof(holder{"jwk"}), httpauth.WithProof(holder{"jkt"}), httpauth.WithProof(holder{"kid"}),
		httpauth.WithProof(holder{"other"})).Handler(page)
	srv := serve(t, h)
	jwk := key.JWK()
	plus := func(members string) json.RawMessage { return json.RawMessage(`{` + members + `,` + string(jwk[1:])) }
	thumb := key.Key().Thumbprint()
	type m = map[string]any
	for _, test := range []struct {
		name string
		cnf  any
		key  string
		want answer
	}{
		{"jwk", m{"jwk": json.RawMessage(jwk)}, thumb, hello},
		{"jwk, another key", m{"jwk": json.RawMessage(jwk)}, "x", notProven},
		{"jkt", m{"jkt": thumb}, thumb, hello},
		{"kid", m{"kid": "key-7"}, "key-7", hello},
		{"kid, another", m{"kid": "key-7"}, "key-8", notProven},
		{"jwk and kid", m{"jwk": json.RawMessage(jwk), "kid": thumb}, thumb, hello},
		{"jwk with a private member", m{"jwk": plus(`"d":"AA"`)}, thumb, notProven},
		{"jwk with a set in it", m{"jwk": plus(`"keys":[]`)}, thumb, notProven},
		{"a secret", m{"jwk": m{"kty": "oct", "alg": "HS256", "k": strings.Repeat("A", 43)}}, "", notProven},
		{"jwk of unknown type", m{"jwk": m{"kty": "X"}}, "", notProven},
		{"jwk as text", m{"jwk": string(jwk)}, thumb, notProven},
		{"jwk empty", m{"jwk": m{}}, "", notProven},
		{"an object under another name", m{"other": json.RawMessage(jwk)}, thumb, notProven},
		{"an object as kid", m{"kid": m{"a": "b"}}, `{"a":"b"}`, notProven},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := http.Header{"Authorization": {"Bearer " + s.Sign(with(m{"cnf": test.cnf}))}, "X-Key": {test.key}}
			if got := do(t, srv, http.MethodGet, fields); got.Status != test.want.Status {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
