package httpauth_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// exported lists all exported errors of the module, by package and name.
var exported = map[string]error{
	"keys.ErrUnavailable":         keys.ErrUnavailable,
	"keys.ErrConfiguration":       keys.ErrConfiguration,
	"claims.ErrMissing":           claims.ErrMissing,
	"claims.ErrExpired":           claims.ErrExpired,
	"claims.ErrNotYetValid":       claims.ErrNotYetValid,
	"claims.ErrMismatch":          claims.ErrMismatch,
	"claims.ErrMalformed":         claims.ErrMalformed,
	"claims.ErrInsufficientScope": claims.ErrInsufficientScope,
	"claims.ErrUnavailable":       claims.ErrUnavailable,
	"verifier.ErrInvalidToken":    verifier.ErrInvalidToken,
	"verifier.ErrMalformed":       verifier.ErrMalformed,
	"verifier.ErrAlgorithm":       verifier.ErrAlgorithm,
	"verifier.ErrType":            verifier.ErrType,
	"verifier.ErrUnknownKey":      verifier.ErrUnknownKey,
	"verifier.ErrSignature":       verifier.ErrSignature,
	"verifier.ErrUnproven":        verifier.ErrUnproven,
	"verifier.ErrUnavailable":     verifier.ErrUnavailable,
	"verifier.ErrNoTime":          verifier.ErrNoTime,
	"httpauth.ErrNoToken":         httpauth.ErrNoToken,
	"httpauth.ErrRequest":         httpauth.ErrRequest,
	"httpauth.ErrUnproven":        httpauth.ErrUnproven,
	"httpauth.ErrAuthLevel":       httpauth.ErrAuthLevel,
	"dpop.ErrProof":               dpop.ErrProof,
	"dpop.ErrReplay":              dpop.ErrReplay,
	"dpop.ErrNonce":               dpop.ErrNonce,
	"dpop.ErrFull":                dpop.ErrFull,
}

// words are all that verifier.Reason may return.
var words = regexp.MustCompile(`^(malformed|algorithm|type|unknown_key|signature|unproven|expired|not_yet_valid|insufficient_scope|` +
	`(iss|sub|aud|exp|nbf|iat|jti|claim)_(missing|mismatch|malformed)|invalid_token|unavailable|canceled|no_time|unknown|` +
	`no_token|bad_request|replay|nonce|auth_level|)$`)

// declared finds the exported errors of the module in its source.
func declared(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, nested := os.Stat(filepath.Join(path, "go.mod"))
			if skip := d.Name() == "internal" || d.Name() == "testdata" || nested == nil && path != ".."; skip {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, file.Name.Name+"."+name.Name)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestH02VerdictAndStatusAgree covers every exported error: alone, wrapped,
// within a claims.Error or a ProofError, and joined with every other.
func TestH02VerdictAndStatusAgree(t *testing.T) {
	names := declared(t)
	if len(names) < 20 {
		t.Fatalf("only %d exported errors were found: %q", len(names), names)
	}
	for _, name := range names {
		if exported[name] == nil {
			t.Errorf("%s is not in the table of this test", name)
		}
	}
	for name := range exported {
		if !slices.Contains(names, name) {
			t.Errorf("%s is in the table of this test, but not in the source", name)
		}
	}
	cases := maps.Clone(exported)
	cases["a claims.Error"] = &claims.Error{Claim: "exp", Err: claims.ErrExpired}
	cases["a ProofError"] = &httpauth.ProofError{}
	cases["a ProofError, worded"] = &httpauth.ProofError{Word: "replay"}
	cases["an unknown error"] = errors.New("what is this?")
	agree := func(name string, err error) {
		t.Helper()
		verdict, status, reason := verifier.Classify(err), httpauth.Status(err), verifier.Reason(err)
		want := map[verifier.Verdict][]int{
			verifier.Trusted: {200}, verifier.Forbidden: {403}, verifier.Undecided: {503}, verifier.Invalid: {400, 401},
		}[verdict]
		if !slices.Contains(want, status) {
			t.Errorf("%s: the verdict is %v, the status %d", name, verdict, status)
		}
		if !words.MatchString(reason) {
			t.Errorf("%s: the reason %q is not one of the words", name, reason)
		}
		if (reason == "insufficient_scope") != (verdict == verifier.Forbidden) || (reason == "") != (verdict == verifier.Trusted) {
			t.Errorf("%s: the verdict is %v, the reason %q", name, verdict, reason)
		}
	}
	agree("nil", nil)
	for name, err := range cases {
		agree(name, err)
		agree(name+", wrapped", fmt.Errorf("somewhere: %w", err))
		agree(name+", of a claim", &claims.Error{Claim: "x", Err: err})
		agree(name+", of a proof", &httpauth.ProofError{Err: err})
		for other, beside := range cases {
			agree(name+" and "+other, errors.Join(err, beside))
		}
	}
}

// TestH02ReasonWords checks status and reason of the errors of this package and
// dpop.
func TestH02ReasonWords(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		word   string
	}{
		{httpauth.ErrNoToken, 401, "no_token"},
		{httpauth.ErrRequest, 400, "bad_request"},
		{fmt.Errorf("%w: two tokens", httpauth.ErrRequest), 400, "bad_request"},
		{httpauth.ErrAuthLevel, 401, "auth_level"},
		{httpauth.ErrUnproven, 401, "unproven"},
		{fmt.Errorf("a proof: %w", verifier.ErrUnproven), 401, "unproven"},
		{&httpauth.ProofError{}, 401, "unproven"},
		{&httpauth.ProofError{Word: "replay"}, 401, "replay"},
		{&httpauth.ProofError{Word: "nonce", Err: errors.New("x")}, 401, "nonce"},
		{&httpauth.ProofError{Err: httpauth.ErrAuthLevel}, 401, "auth_level"},
		{&httpauth.ProofError{Word: "Not a word"}, 401, "unproven"},
		{fmt.Errorf("x: %w", &httpauth.ProofError{Word: "replay"}), 401, "replay"},
		{&httpauth.ProofError{Word: "replay", Err: verifier.ErrUnavailable}, 503, "unavailable"},
	} {
		if status, word := httpauth.Status(test.err), verifier.Reason(test.err); status != test.status || word != test.word {
			t.Errorf("%v: %d %q, want %d %q", test.err, status, word, test.status, test.word)
		}
	}
	if httpauth.ErrUnproven != verifier.ErrUnproven {
		t.Error("there are two ErrUnproven")
	}
}

// TestS04OutageOutranks: an error that includes an outage is an outage,
// wherever it comes from, and also beside no token or a malformed request.
func TestS04OutageOutranks(t *testing.T) {
	s := newSite(t)
	good := "Bearer " + s.Sign(with(nil))
	outages := map[string]error{
		"verifier": verifier.ErrUnavailable, "keys": keys.ErrUnavailable, "claims": claims.ErrUnavailable,
	}
	for name, outage := range outages {
		for _, beside := range []error{httpauth.ErrNoToken, httpauth.ErrRequest, httpauth.ErrAuthLevel, verifier.ErrInvalidToken, claims.ErrInsufficientScope} {
			both := fmt.Errorf("%w: the session store: %w", beside, outage)
			extract := func(*http.Request) (string, error) { return "", both }
			malformed := func(*http.Request) (string, error) { return "", httpauth.ErrRequest }
			for how, m := range map[string]*httpauth.Middleware{
				"from an extractor":           httpauth.New(s, httpauth.WithOptional(), httpauth.WithExtractor(extract)),
				"after a good token":          httpauth.New(s, httpauth.WithOptional(), httpauth.WithExtractor(httpauth.Bearer(), extract)),
				"before a good token":         httpauth.New(s, httpauth.WithOptional(), httpauth.WithExtractor(extract, httpauth.Bearer())),
				"after a malformed request":   httpauth.New(s, httpauth.WithOptional(), httpauth.WithExtractor(malformed, extract)),
				"after the same token twice":  httpauth.New(s, httpauth.WithOptional(), httpauth.WithExtractor(httpauth.Bearer(), httpauth.Bearer(), extract)),
				"from a verifier":             httpauth.New(says(nil, both), httpauth.WithOptional()),
				"from a verifier of sessions": httpauth.New(says(nil, both), httpauth.WithOptional(), httpauth.WithExpiredAsAnonymous(), httpauth.WithPreflight()),
			} {
				for route, h := range map[string]http.Handler{"Handler": m.Handler(unreachable(t)), "Optional": m.Optional(unreachable(t)), "RequireScope": m.RequireScope("a")(unreachable(t))} {
					got := do(t, serve(t, h), http.MethodGet, http.Header{"Authorization": {good}})
					if got.Status != 503 || got.Challenge != nil || got.RetryAfter == "" {
						t.Errorf("%s and %v, %s, %s: %+v", name, beside, how, route, got)
					}
				}
			}
		}
	}
	// No token beside any other error does not count as no token.
	for _, beside := range []error{httpauth.ErrRequest, httpauth.ErrAuthLevel, httpauth.ErrUnproven, verifier.ErrInvalidToken} {
		extract := func(*http.Request) (string, error) { return "", errors.Join(httpauth.ErrNoToken, beside) }
		m := httpauth.New(s, httpauth.WithOptional(), httpauth.WithExtractor(extract))
		if got := get(t, serve(t, m.Handler(unreachable(t))), ""); got.Status/100 != 4 {
			t.Errorf("no token beside %v: %d", beside, got.Status)
		}
	}
}
