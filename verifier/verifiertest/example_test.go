package verifiertest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// greet stands for the code under test.
func greet(ctx context.Context, v verifier.Verifier, raw string) string {
	tok, err := v.Verify(ctx, raw)
	if err != nil {
		return verifier.Classify(err).String()
	}
	return "Hello " + tok.Subject
}

// testGreet would be called TestGreet in your own test file.
func testGreet(t *testing.T) {
	iss := verifiertest.NewIssuer(t, verifiertest.WithAudience("https://api.example"))
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAudience("https://api.example"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(raw, want string) {
		t.Helper()
		if got := greet(t.Context(), v, raw); got != want {
			t.Errorf("greet = %q, want %q", got, want)
		}
	}

	// The issuer is down when the program starts. That is not the token's fault.
	iss.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	check(iss.Token("user-123", time.Hour), "undecided")
	iss.Break(nil)
	if err := src.Refresh(t.Context()); err != nil { // do not wait for the next attempt
		t.Fatal(err)
	}

	check(iss.Token("user-123", time.Hour), "Hello user-123")
	check(iss.Token("user-123", -time.Hour), "invalid") // expired

	iss.Rotate()
	check(iss.Token("user-123", time.Hour), "Hello user-123") // the new key is fetched

	forger := verifiertest.NewSigner(t, keys.ES256, "key-2") // claims the ID of the new key
	check(forger.Sign(map[string]any{"iss": iss.URL, "aud": "https://api.example", "sub": "admin"}), "invalid")
}

// A test of code that verifies tokens, with an issuer that starts, rotates its keys
// and goes down.
func Example() {
	var t *testing.T // what "go test" passes to a test
	testGreet(t)
}
