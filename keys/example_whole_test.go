package keys_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jwtverify/jwtverify/keys"
)

// publishedKeys is what the identity provider publishes. The second key is for
// encryption and is not used.
const publishedKeys = `{"keys":[
	{"kty":"OKP","crv":"Ed25519","kid":"2026-01","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
	{"kty":"OKP","crv":"X25519","kid":"enc-1","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}]}`

// serviceKeys returns the keys that a service accepts: those of the users' identity
// provider, which a reference in the configuration names, and the secret that the
// service shares with its own background jobs. Each source is bound to its issuer,
// so that one cannot sign for the other. Package verifier needs no more than this.
func serviceKeys(ctx context.Context, users string, jobs []byte) (keys.Provider, error) {
	fromUsers, err := keys.Open(ctx, users) // makes no request
	if err != nil {
		return nil, fmt.Errorf("the keys of the users: %w", err)
	}
	fromJobs, err := keys.HMAC(keys.HS256, jobs)
	if err != nil {
		return nil, fmt.Errorf("the secret of the jobs: %w", err)
	}
	return keys.Merge(
		keys.ForIssuer("https://login.example", fromUsers),
		keys.ForIssuer("https://jobs.example", fromJobs),
	), nil
}

func Example() {
	jwks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, publishedKeys)
	}))
	defer jwks.Close()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	src, err := serviceKeys(ctx, jwks.URL, []byte("32 random bytes, from a vault ..."))
	if err != nil {
		fmt.Println(err) // a mistake in the configuration
		return
	}

	// Optional: fetch now rather than at the first token, then keep the keys fresh.
	// The service may also start while the identity provider is down.
	if err := keys.Refresh(ctx, src); err != nil {
		fmt.Println("starting without the keys of the users:", err)
	}
	go keys.Run(ctx, src)

	// A verifier makes such a hint of each token. No keys and a nil error mean that
	// the token is bad; an error means that nobody knows yet.
	hint := keys.Hint{KeyID: "2026-01", Algorithm: keys.EdDSA, Issuer: "https://login.example"}
	found, err := src.Find(ctx, hint)
	if err != nil {
		fmt.Println("try again later:", err, errors.Is(err, keys.ErrUnavailable))
		return
	}
	for _, k := range found {
		if hint.Fits(k) {
			fmt.Println(k, "of", k.Issuer())
		}
	}

	// A health page shows how each source is doing, and which keys are not used.
	for _, status := range keys.Statuses(src) {
		fmt.Println("verifying:", len(status.Keys), "skipped:", status.Skipped, "error:", status.Err)
	}
	// Output:
	// key "2026-01" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k) of https://login.example
	// verifying: 1 skipped: ["enc-1": crv "X25519" is not used] error: <nil>
}
