package keys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/token"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// A vault is a user's own provider that holds a secret.
type vault struct{ Password string }

func (vault) Find(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil }

func (v vault) OpenKeys(context.Context, *url.URL) (keys.Provider, error) { return v, nil }

// printable returns a value of every exported type, each with secrets in it.
func printable(t *testing.T) map[string]any {
	t.Helper()
	const at = "https://usersecret:passwordsecret@keys.example/jwks?code=querysecret&x=1"
	long := strings.Repeat("long", 1<<15)
	hmac, err := keys.HMAC(keys.HS256, []byte("a-secret-of-thirty-two-bytes-or-more"))
	if err != nil {
		t.Fatal(err)
	}
	mac, err := keys.NewSecret("mac", keys.HS256, []byte("a-secret-of-thirty-two-bytes-or-more"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "raw")
	if err := os.WriteFile(file, []byte("a-secret-of-thirty-two-bytes-or-more"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := keys.NewFile(file, keys.WithSecretAlgorithm(keys.HS256))
	if err != nil {
		t.Fatal(err)
	}
	oidc := newOIDC(t, "https://issuer.example", keys.WithMetadataURL(at), keys.WithSnapshotKey([]byte("a-secret-of-thirty-two-bytes-or-more")))
	source, err := keys.NewSource(at, func(context.Context) (keys.Fetched, error) { return keys.Fetched{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	remote := newRemote(t, at)
	mux := keys.NewMux(keys.WithSnapshotKey([]byte("a-secret-of-thirty-two-bytes-or-more")))
	mux.Handle("vault", vault{"passwordsecret"})
	var many []*keys.Key
	var skipped []keys.Skipped
	for i := range 500 {
		many = append(many, mac)
		skipped = append(skipped, keys.Skipped{KeyID: fmt.Sprint(i), Reason: long})
	}
	failed := remote.Status()
	failed.Keys, failed.Skipped, failed.Err = many, skipped, fmt.Errorf("\n%s", long)
	return map[string]any{
		"Remote": remote, "NewOIDC": oidc, "NewSource": source, "zero Remote": new(keys.Remote), "nil Remote": (*keys.Remote)(nil),
		"File": f, "zero File": new(keys.File), "nil File": (*keys.File)(nil),
		"Set": keys.NewSet(mac), "zero Set": new(keys.Set), "nil Set": (*keys.Set)(nil),
		"HMAC": hmac, "Static": keys.Static(mac), "Merge": keys.Merge(remote, hmac, vault{"passwordsecret"}), "Merge of none": keys.Merge(),
		"ForIssuer": keys.ForIssuer("https://issuer.example/"+long, vault{"passwordsecret"}), "ForIssuer of Remote": keys.ForIssuer("https://one", remote),
		"Mux": mux, "nil Mux": (*keys.Mux)(nil),
		"Status": failed, "Statuses": keys.Statuses(keys.Merge(remote, f)),
		"Skipped": keys.Skipped{KeyID: long[:1024], Reason: long[:256]},
		"Hint":    keys.Hint{KeyID: long[:1024], Issuer: long[:512], Algorithm: keys.Algorithm(long[:64])},
	}
}

// TestS10NothingPrintsSecrets: no verb of fmt, no handler of slog and no encoder shows
// a secret or long text of any exported type, whether by pointer, by value or
// inside a struct.
func TestS10NothingPrintsSecrets(t *testing.T) {
	for name, v := range printable(t) {
		forms := map[string]any{
			"itself":      v,
			"in a struct": struct{ V any }{v},
			"unexported":  struct{ v any }{v},
			"in a slice":  []any{v},
			"in a map":    map[string]any{"v": v},
		}
		if name == "Status" {
			delete(forms, "unexported") // package fmt calls no methods there, and the struct is the caller's
		}
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && !r.IsNil() && r.Elem().Type().PkgPath() != "" && token.IsExported(r.Elem().Type().Name()) {
			forms["by value"] = r.Elem().Interface()
			forms["by value in a struct"] = struct{ V any }{r.Elem().Interface()}
			forms["by value, unexported"] = struct{ v any }{r.Elem().Interface()}
		}
		for form, v := range forms {
			t.Run(name+" "+form, func(t *testing.T) {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%+q", "%# x", "%t"} {
					shows(t, verb, fmt.Sprintf(verb, v), verb == "%s")
				}
				shows(t, "Print", fmt.Sprint(v), false)
				var text, doc bytes.Buffer
				slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
				shows(t, "text handler", text.String(), true)
				slog.New(slog.NewJSONHandler(&doc, nil)).Info("x", "v", v)
				shows(t, "JSON handler", doc.String(), true)
				slog.New(slog.NewJSONHandler(&doc, nil)).Info("x", slog.Group("g", "v", v))
				if b, err := json.Marshal(v); err == nil {
					shows(t, "json.Marshal", string(b), true)
				}
			})
		}
	}
}

func shows(t *testing.T, how, text string, oneLine bool) {
	t.Helper()
	for _, secret := range []string{"passwordsecret", "usersecret", "querysecret", "a-secret-of", "612d7365637265742d6f66", "612D7365637265742D6F66", "97 45 115 101 99"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows %s: %.300s", how, secret, text)
		}
	}
	if len(text) > 16<<10 {
		t.Errorf("%s shows %d bytes: %.300s", how, len(text), text)
	}
	if oneLine && strings.Contains(strings.TrimSuffix(text, "\n"), "\n") {
		t.Errorf("%s has line breaks: %q", how, text)
	}
}

func TestPrintedNames(t *testing.T) {
	a := newSecret(t, "a", keys.HS256)
	for want, v := range map[string]any{
		"keys from https://keys.example/jwks":            newRemote(t, "https://u:p@keys.example/jwks?x=1"),
		"keys from my vault":                             newSource(t, "my vault", nil),
		"a Set of 1 key":                                 keys.NewSet(a),
		"2 keys":                                         keys.Static(a, a),
		"keys from 2 providers":                          keys.Merge(keys.Static(a), keys.Static(a)),
		"keys for issuer https://one":                    keys.ForIssuer("https://one", keys.Static(a)),
		`kid "a", alg "HS256", iss "https://one", again`: keys.Hint{KeyID: "a", Algorithm: keys.HS256, Issuer: "https://one", Retry: true},
		"a Mux for env:NAME, file:PATH, https://host/jwks.json, oidc:https://issuer": keys.NewMux(),
	} {
		if got := fmt.Sprint(v); got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
		if got := fmt.Sprintf("%q", v); got != fmt.Sprintf("%q", want) {
			t.Errorf("quoted %s, want %q", got, want)
		}
	}
}

// TestStatusAsJSON: what a health page shows.
func TestStatusAsJSON(t *testing.T) {
	r := newRemote(t, serve(t, []byte(set(edJWK+`,"kid":"a"}`, `{"kid":"odd"}`))))
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(r.Status())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"source":"http://127.0.0.1`, `"keys":["\"a\" EdDSA kPrK_`, `"skipped":["\"odd\": kty`, `"fetched_at":"`, `"stale":false`} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("%s is not in %s", want, doc)
		}
	}
}

func newSource(t *testing.T, name string, fetch func(context.Context) (keys.Fetched, error), opts ...keys.Option) *keys.Remote {
	t.Helper()
	if fetch == nil {
		fetch = func(context.Context) (keys.Fetched, error) { return keys.Fetched{}, errDown }
	}
	r, err := keys.NewSource(name, fetch, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
