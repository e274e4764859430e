package keys_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestEmptySetRevokes: only a well-formed empty set does, and only with the option.
func TestEmptySetRevokes(t *testing.T) {
	good := edSigner(t, "a")
	for _, test := range []struct {
		name, answer string
		code         int
		option       bool
		revokes      bool
	}{
		{"an empty set", `{"keys":[]}`, 200, true, true},
		{"an empty set of SPIFFE", `{"spiffe_sequence":7,"spiffe_refresh_hint":300,"keys":[ ]}`, 200, true, true},
		{"an empty set without the option", `{"keys":[]}`, 200, false, false},
		{"no document", ``, 200, true, false},
		{"no keys", `{}`, 200, true, false},
		{"null", `{"keys":null}`, 200, true, false},
		{"keys not an array", `{"keys":{}}`, 200, true, false},
		{"cut off", `{"keys":[]`, 200, true, false},
		{"keys twice", `{"keys":[],"keys":[]}`, 200, true, false},
		{"something follows", `{"keys":[]}x`, 200, true, false},
		{"an unusable key", `{"keys":[{}]}`, 200, true, false},
		{"not a key", `{"keys":[null]}`, 200, true, false},
		{"an empty set with 500", `{"keys":[]}`, 500, true, false},
		{"an empty set with 206", `{"keys":[]}`, 206, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := newClock()
			s := newSite(t, jwks(good))
			file := filepath.Join(t.TempDir(), "keys.json")
			opts := []keys.Option{keys.WithSnapshotFile(file)}
			if test.option {
				opts = append(opts, keys.WithEmptySetRevoking())
			}
			g := newGuard(t, clock, s.URL, opts...)
			g.accepts("before", sign(good))
			s.answers(status(test.code, test.answer))
			if err := g.remote.Refresh(t.Context()); (err == nil) != test.revokes {
				t.Errorf("Refresh: %v", err)
			}
			if !test.revokes {
				g.accepts("after", sign(good))
				return
			}
			g.refuses("after", sign(good), verifier.ErrUnknownKey)
			if st := g.remote.Status(); len(st.Keys) > 0 || st.Err != nil {
				t.Errorf("Status = %v", st)
			}
			s.answers(status(503, ""))
			restarted := newGuard(t, clock, s.URL, opts...)
			if ks := restarted.remote.Status().Keys; len(ks) > 0 {
				t.Errorf("revoked keys after a restart: %v", ks)
			}
			s.answers(jwks(good))
			if err := g.remote.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			g.accepts("published again", sign(good))
		})
	}
	r := newRemote(t, serve(t, []byte(`{"keys":[]}`)), keys.WithEmptySetRevoking())
	if ks, err := r.Find(t.Context(), hint("a")); len(ks) > 0 || err != nil {
		t.Errorf("an empty set first: %v, %v", ks, err)
	}
	src := newSource(t, "s", func(context.Context) (keys.Fetched, error) { return keys.Fetched{Document: []byte(`{"keys":[]}`)}, nil }, keys.WithEmptySetRevoking())
	if err := src.Refresh(t.Context()); err != nil {
		t.Errorf("a source: %v", err)
	}
	if err := remoteError("https://keys.example", keys.WithEmptySetRevoking(), keys.WithSeed([]byte(`{"keys":[]}`))); err == nil {
		t.Error("an empty seed is taken")
	}
	if _, err := keys.NewFile("/", keys.WithEmptySetRevoking()); err == nil || !strings.Contains(err.Error(), "WithEmptySetRevoking means nothing for a file") {
		t.Errorf("a file: %v", err)
	}
	t.Setenv("EMPTY_SET", `{"keys":[]}`)
	if _, err := keys.Open(t.Context(), "env:EMPTY_SET", keys.WithEmptySetRevoking()); err == nil {
		t.Error("an empty set in a variable is taken")
	}
}

// TestRequiredUse: a key that does not state the use is not used.
func TestRequiredUse(t *testing.T) {
	key := func(id, more string) string { return edJWK + `,"kid":"` + id + `"` + more + `}` }
	doc := set(key("svid", `,"use":"jwt-svid"`), key("sig", `,"use":"sig"`), key("none", ""), key("empty", `,"use":""`), key("enc", `,"use":"enc"`),
		key("x509", `,"use":"x509-svid"`), key("case", `,"use":"JWT-SVID"`), key("ops", `,"use":"jwt-svid","key_ops":["sign"]`))
	for use, want := range map[string][]string{"": {"svid", "sig", "none", "empty"}, "jwt-svid": {"svid"}, "sig": {"sig"}, "x509-svid": {"x509"}} {
		var opts []keys.Option
		if use != "" {
			opts = append(opts, keys.WithRequiredUse(use))
		}
		r := newRemote(t, serve(t, []byte(doc)), opts...)
		if err := r.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ids(r.Status().Keys)); diff != "" {
			t.Errorf("%q: keys (-want +got)\n%s", use, diff)
		}
		if use != "jwt-svid" {
			continue
		}
		for id, want := range map[string]string{"sig": `use is "sig", and "jwt-svid" is required`, "none": `it states no use, and "jwt-svid" is required`} {
			if reason, _ := keys.Unused(r, id); reason != want {
				t.Errorf("%s: %q", id, reason)
			}
		}
	}
	required := keys.WithRequiredUse("jwt-svid")
	pem := string(byID(t, "a", publicPEM(t, edSigner(t, ""))))
	if err := newRemote(t, serve(t, []byte(pem)), required).Refresh(t.Context()); !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), "it states no use") {
		t.Errorf("PEM by key ID: %v", err)
	}
	t.Setenv("PEM", publicPEM(t, edSigner(t, "")))
	t.Setenv("SECRET", string(secret))
	for _, ref := range []string{"env:PEM", "env:SECRET?alg=HS256"} {
		if _, err := keys.Open(t.Context(), ref, required); err == nil || !strings.Contains(err.Error(), "it states no use") {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, use := range []string{"", "enc"} {
		if err := remoteError("https://keys.example/", keys.WithRequiredUse(use)); err == nil || !strings.Contains(err.Error(), "WithRequiredUse") {
			t.Errorf("%q: %v", use, err)
		}
	}
	s := new(keySite)
	s.set("a", key("a", `,"use":"sig"`))
	if ks := mustFind(t, perID(t, s, required), hint("a")); len(ks) > 0 {
		t.Errorf("a URL for each key ID: %v", ks)
	}
}
