package issuers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestPublishedKeys serves what real issuers published on 2024-10-26 under their
// names (github.com/panva/wellknown at e88dd5e, without certificates), and has the
// presets read it.
func TestPublishedKeys(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "internal", "evidence", "providers", "testdata", "published.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name, Reference string
		Metadata        struct {
			Issuer string
			JWKS   string `json:"jwks_uri"`
		}
		Document json.RawMessage `json:"jwks"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		keys     int
		personal int // keys for personal Microsoft accounts alone
	}{
		"apple":               {keys: 3},
		"entra-common":        {keys: 7, personal: 2},
		"entra-organizations": {keys: 6},
		"gitlab":              {keys: 2},
		"google":              {keys: 2},
	}
	for _, doc := range all {
		t.Run(doc.Name, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			paths := map[string]http.Handler{}
			serve := func(rawURL string, body any) {
				u, err := url.Parse(rawURL)
				if err != nil {
					t.Fatal(err)
				}
				if paths[u.Host] == nil {
					paths[u.Host] = http.NewServeMux()
					w.Handle(u.Host, paths[u.Host])
				}
				paths[u.Host].(*http.ServeMux).HandleFunc(u.Path, func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(body) })
			}
			serve(doc.Metadata.JWKS, doc.Document)
			if !strings.Contains(doc.Metadata.Issuer, "{") {
				serve(doc.Metadata.Issuer+"/.well-known/openid-configuration", map[string]string{"issuer": doc.Metadata.Issuer, "jwks_uri": doc.Metadata.JWKS})
			}
			iss := open(t, w, doc.Reference)
			if err := keys.Refresh(t.Context(), iss.Keys()); err != nil {
				t.Fatal(err)
			}
			status := keys.Statuses(iss.Keys())[0]
			if len(status.Keys) != want[doc.Name].keys || len(status.Skipped) != 0 {
				t.Errorf("%d keys, and skipped %v; want %d and none", len(status.Keys), status.Skipped, want[doc.Name].keys)
			}
			personal := 0
			for _, k := range status.Keys {
				if k.Algorithm() != keys.RS256 {
					t.Errorf("key %s is for %s, want RS256", k.ID(), k.Algorithm())
				}
				if strings.HasPrefix(doc.Name, "entra") && !k.VouchesFor("https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0") {
					personal++
				}
			}
			if personal != want[doc.Name].personal {
				t.Errorf("%d keys are for personal accounts alone, want %d", personal, want[doc.Name].personal)
			}
		})
	}
	if len(all) != len(want) {
		t.Errorf("%d documents, want %d", len(all), len(want))
	}
}
