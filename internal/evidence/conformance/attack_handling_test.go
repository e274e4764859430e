package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// handlingAttacks use how an implementation caches, compares and reports.
var handlingAttacks = []attack{
	{id: "GHSA-rp9m-7r4c-75qg", test: attackCacheCollision},
	{id: "CVE-2015-10004, CVE-2016-7036, CVE-2024-25189, CVE-2016-1000223", test: attackComparison},
	{id: "CVE-2022-29266", test: attackLeak},
}

// attackCacheCollision: what is remembered is the whole token, for one
// verifier with its keys and rules.
func attackCacheCollision(t *testing.T) {
	v := ecVerifier(t, verifier.WithCache(100))
	first, second := claimsToken(`,"role":"user"`), claimsToken(`,"role":"admin"`)
	header, payload, signature := split(first)
	_, otherPayload, otherSignature := split(second)
	for range 3 {
		accepts(t, v, first)
		badSignature(t, v, header+"."+payload+"."+otherSignature)
		badSignature(t, v, header+"."+otherPayload+"."+signature)
		badSignature(t, v, header+"."+otherPayload+"."+b64(strings.Repeat("\x00", 64)))
		badSignature(t, v, header+"."+payload+"."+flipped(signature))
		badSignature(t, v, header+"."+payload+".")
		malformed(t, v, first+"=")
		malformed(t, v, first+".")
		malformed(t, v, header+"."+payload+payload[:1]+"."+signature)
	}
	for i := range len(first) {
		for _, other := range []string{first[:i], first[i+1:], first[:i] + first[i+1:], first[:i] + flipped(first[i:])} {
			if tok, err := v.Verify(t.Context(), other); tok != nil || err == nil {
				t.Fatalf("%q is accepted, once %q was", other, first)
			}
		}
	}
	if got := string(accepts(t, v, second).Raw()); !strings.Contains(got, `"admin"`) {
		t.Errorf("the claims are %s", got)
	}
	// Another verifier knows nothing of it; nor does this one, with its key gone.
	badSignature(t, newVerifier(t, keys.Static(public(t, keys.ES256, "", evilP256())), verifier.WithCache(100)), first)
	refuses(t, ecVerifier(t, verifier.WithCache(100), verifier.WithAudience("api")), first, verifier.ErrInvalidToken, "aud_missing")
	set := keys.NewSet(public(t, keys.ES256, "", p256Key()))
	rotating := newVerifier(t, set, verifier.WithCache(100))
	accepts(t, rotating, first)
	set.Replace(public(t, keys.ES256, "", evilP256()))
	badSignature(t, rotating, first)
}

// attackComparison reviews the code: the MAC is compared by hmac.Equal, and
// nothing else compares bytes in variable time.
func attackComparison(t *testing.T) {
	equal := 0
	for _, dir := range []string{"internal/signature", "keys", "verifier", "claims", "httpauth", "internal/jws"} {
		files, err := filepath.Glob(filepath.Join("../../..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no source in %s: %v", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if call := callee(n); call == "hmac.Equal" {
					equal++
				} else if slices.Contains([]string{"bytes.Equal", "bytes.Compare", "slices.Equal", "reflect.DeepEqual", "strings.Compare"}, call) && (dir == "internal/signature" || dir == "keys") {
					if call != "slices.Equal" || dir == "internal/signature" { // in keys it is of skipped keys, in a log
						t.Errorf("%s: %s", file, call)
					}
				}
				return true
			})
		}
	}
	if equal != 1 {
		t.Errorf("hmac.Equal is called %d times, want once", equal)
	}
}

// callee names the function of a call to another package, or is "".
func callee(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		if pkg, ok := sel.X.(*ast.Ident); ok {
			return pkg.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

// attackLeak looks for tokens, signatures and secrets in everything that is
// said: errors, logs, reports, challenges and bodies.
func attackLeak(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mac := secretKey(t, keys.HS256, "k", secret)
	v := newVerifier(t, keys.Static(mac), verifier.WithLogger(logger))
	h := httpauth.New(v).Handler(http.NotFoundHandler())
	raw := token(keys.HS256, "k", good, secret)
	header, payload, signature := split(raw)
	for _, bad := range []string{
		token(keys.HS256, "k", good, []byte("guess")), header + "." + payload + "." + flipped(signature), header + "." + payload, raw + ".", raw + "=", raw + "\n",
		mint(keys.HS256, `{"alg":"HS256","kid":"other"}`, good, secret), mint(keys.HS256, `{"alg":"none"}`, good, secret), mint(keys.HS256, `{"alg":"HS512","kid":"k"}`, good, secret),
		mint(keys.HS256, `{"alg":"HS256","typ":"x"}`, good, secret), token(keys.HS256, "k", `{"sub":"user-123","exp":1}`, secret), token(keys.HS256, "k", `{"exp":"`+string(secret)+`"}`, secret),
		"{" + raw, raw + ".a.b", "Bearer " + raw,
	} {
		_, err := v.Verify(t.Context(), bad)
		if err == nil {
			t.Fatalf("%s is accepted", bad)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Authorization"] = []string{"Bearer " + bad}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		said := fmt.Sprint(err, log.String(), v.Explain(context.Background(), bad), rec.Header(), rec.Body.String())
		for _, part := range append(strings.Split(bad, "."), signature, string(secret), b64(string(secret)), fmt.Sprintf("%x", secret), fmt.Sprint(secret)) {
			if len(part) > 16 && strings.Contains(said, part) {
				t.Errorf("%.20q… is in what is said of %.20q…", part, bad)
			}
		}
	}
	for _, said := range []string{mac.String(), fmt.Sprintf("%v %+v %#v %x", mac, mac, mac, mac)} {
		if strings.Contains(said, "0123456789") || strings.Contains(said, fmt.Sprintf("%x", secret[:8])) {
			t.Errorf("a key is printed as %s", said)
		}
	}
	_, errSecret := keys.NewSecret("k", keys.HS512, secret[:40])
	t.Setenv("CONFORMANCE_LEAK", string(secret[:20]))
	_, errEnv := keys.Open(t.Context(), "env:CONFORMANCE_LEAK")
	_, errRef := keys.Open(t.Context(), string(secret))
	path := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(path, secret[:20], 0o600); err != nil {
		t.Fatal(err)
	}
	_, errFile := keys.NewFile(path)
	for _, err := range []error{errSecret, errEnv, errRef, errFile} {
		if err == nil || strings.Contains(err.Error(), string(secret[:16])) {
			t.Errorf("the error is %v", err)
		}
	}
}
