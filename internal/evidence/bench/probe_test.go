package bench_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// lacks is what the report says of the versions in go.mod. Correct it when the
// test finds something else.
var lacks = map[string][]string{
	bench.Ours: nil,
	"golang-jwt": {
		"sub required", "date type", "null", "exact names", "crit", "b64", "typ",
		"duplicates", "nested duplicates", "UTF-8", "line breaks", "size",
	},
	"go-jose": {
		"exp required", "sub required", "null", "typ", "nested duplicates", "UTF-8",
		"unused bits", "line breaks", "size",
	},
	"jwx": {
		"date type", "typ", "duplicates", "nested duplicates", "one object", "UTF-8",
		"unused bits", "line breaks", "padding", "size",
	},
	"go-oidc": {
		"iat", "leeway", "sub required", "date type", "null", "exact names", "typ",
		"duplicates", "nested duplicates", "UTF-8", "unused bits", "line breaks", "size",
	},
	"cristalhq/jwt": {
		"exp required", "sub required", "date type", "null", "exact names", "crit", "b64",
		"typ", "duplicates", "nested duplicates", "UTF-8", "unused bits", "line breaks", "size",
	},
	"pascaldekloe/jwt": {
		"iss", "exp required", "sub required", "iss required", "aud required", "date type",
		"null", "b64", "typ", "duplicates", "nested duplicates", "UTF-8", "unused bits",
		"line breaks", "size",
	},
	"auth0/go-jwt-middleware": {
		"exp required", "sub required", "date type", "typ", "duplicates",
		"nested duplicates", "UTF-8", "unused bits", "padding", "size",
	},
	"go-chi/jwtauth": {
		"date type", "crit", "typ", "duplicates", "nested duplicates", "one object", "UTF-8",
		"unused bits", "line breaks", "padding", "size",
	},
}

func TestGaps(t *testing.T) {
	ms, got := materials(t), map[string][]string{}
	for _, c := range bench.Contenders() {
		names, err := c.Gaps(ms)
		if err != nil {
			t.Fatal(err)
		}
		got[c.Name] = names
	}
	for _, w := range bench.Middlewares() {
		names, err := w.Gaps(ms)
		if err != nil {
			t.Fatal(err)
		}
		if w.Name == bench.Ours && names != nil {
			t.Errorf("our middleware lacks %q", names)
		}
		if w.Name != bench.Ours {
			got[w.Name] = names
		}
	}
	if diff := cmp.Diff(lacks, got); diff != "" {
		t.Errorf("what they lack (-recorded +found):\n%s", diff)
	}
}
