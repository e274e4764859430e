package keys_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

func ExampleOpen() {
	// Such references come from the configuration.
	for _, ref := range []string{
		"https://issuer.example/jwks.json",
		"oidc:https://issuer.example",
		"oidc:https://a.example,oidc:https://b.example",
		"http://issuer.example/jwks.json",
	} {
		src, err := keys.Open(context.Background(), ref)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(src)
	}
	// Output:
	// keys from https://issuer.example/jwks.json
	// keys from https://issuer.example
	// keys from 2 providers
	// keys: the JWKS URL is plain http beyond loopback, where anyone on the network path can add keys; use https, or WithInsecureHTTP
}

func ExampleParse() {
	ks, skipped, err := keys.Parse([]byte(`{"keys":[
		{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty":"OKP","crv":"X25519","kid":"b","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}]}`))
	if err != nil { // no key is usable
		panic(err)
	}
	fmt.Println("used:", ks)
	fmt.Println("skipped:", skipped)
	// Output:
	// used: [key "a" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)]
	// skipped: ["b": crv "X25519" is not used]
}

// The old key verifies as long as a token signed with it may live.
func ExampleSet_Rotate() {
	old, err := keys.NewSecret("2025", keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	next, err := keys.NewSecret("2026", keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	set := keys.NewSet(old)
	set.Rotate(next, time.Hour) // for an hour both verify
	fmt.Println(set.Keys())
	// Output: [key "2025" (HS256) key "2026" (HS256)]
}

// A scheme of your own stands beside those of Open, in lists too.
func ExampleMux() {
	m := keys.NewMux()
	m.Handle("vault", keys.OpenerFunc(func(_ context.Context, u *url.URL) (keys.Provider, error) {
		return keys.HMAC(keys.HS256, secret) // read from the vault, at u.Opaque
	}))
	src, err := m.Open(context.Background(), "vault:secret/jwt")
	if err != nil {
		panic(err)
	}
	fmt.Println(src)
	// Output: 1 key
}

// A provider of your own is one function. Package keystest checks it.
func ExampleProviderFunc() {
	k, err := keys.NewSecret("tenant-1", keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	src := keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.KeyID == "tenant-1" {
			return []*keys.Key{k}, nil
		}
		return nil, nil // it looked, and there is no such key
	})
	found, err := src.Find(context.Background(), keys.Hint{KeyID: "tenant-1", Algorithm: keys.HS256})
	if err != nil {
		panic(err)
	}
	fmt.Println(found)
	// Output: [key "tenant-1" (HS256)]
}

// A source of your own is one function that gets the keys from, say, a vault. The
// provider decides when to call it, and what to do when it fails.
func ExampleNewSource() {
	src, err := keys.NewSource("vault transit/jwt", func(ctx context.Context) (keys.Fetched, error) {
		doc := []byte(vaultPEM) // from the vault, within ctx
		return keys.Fetched{Document: doc, Fresh: 5 * time.Minute}, nil
	})
	if err != nil {
		panic(err)
	}
	found, err := src.Find(context.Background(), keys.Hint{Algorithm: keys.EdDSA})
	if err != nil {
		panic(err)
	}
	fmt.Println(src)
	fmt.Println(found)
	// Output:
	// keys from vault transit/jwt
	// [key "" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)]
}

// A secret that is too short or public is an error, not a weak verifier.
func ExampleHMAC() {
	src, err := keys.HMAC(keys.HS256, []byte("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(src)
	// Output: keys: the secret has 6 bytes; HS256 needs at least 32 random ones
}

// NewOIDC makes no request: it succeeds while the identity provider is down. The
// first Find or Refresh fetches.
func ExampleNewOIDC() {
	src, err := keys.NewOIDC("https://login.example",
		keys.WithTimeout(2*time.Second),
		keys.WithMaxStale(4*time.Hour), // survive longer outages
	)
	if err != nil {
		panic(err)
	}
	fmt.Println(src, keys.BoundTo(src))
	// Output: keys from https://login.example [https://login.example]
}

// Constructors report every mistake in one error.
func ExampleNewRemote() {
	_, err := keys.NewRemote("http://login.example/jwks", keys.WithRefresh(300), keys.WithLogger(nil))
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", ";\n"))
	// Output:
	// keys: WithRefresh: 300ns is less than a second;
	// a bare number is in nanoseconds: write 300*time.Second;
	// WithLogger: the logger is nil;
	// the JWKS URL is plain http beyond loopback, where anyone on the network path can add keys;
	// use https, or WithInsecureHTTP
}

// A file is read again when it changes, so its keys can be rotated without a
// restart.
func ExampleNewFile() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "public.pem")
	if err := os.WriteFile(path, []byte(vaultPEM), 0o600); err != nil {
		panic(err)
	}
	src, err := keys.NewFile(path, keys.WithThumbprintIDs())
	if err != nil {
		panic(err)
	}
	fmt.Println(src.Status().Keys)
	// Output: [key "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)]
}

// One source that is down does not hide the keys of another, and a key that is
// not found while one is down is undecided, not unknown.
func ExampleMerge() {
	k, err := keys.NewSecret("jobs", keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	down := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		return nil, fmt.Errorf("%w: the vault is sealed", keys.ErrUnavailable)
	})
	src := keys.Merge(keys.Static(k), down)
	for _, id := range []string{"jobs", "users"} {
		found, err := src.Find(context.Background(), keys.Hint{KeyID: id, Algorithm: keys.HS256})
		if err != nil {
			fmt.Println(id, err)
			continue
		}
		fmt.Println(id, found)
	}
	// Output:
	// jobs [key "jobs" (HS256)]
	// users keys: unavailable: the vault is sealed
}

// Two tenants may even have keys with the same ID: a key verifies only the tokens
// of its own tenant.
func ExampleForIssuer() {
	var tenants []keys.Provider
	for _, name := range []string{"a", "b"} {
		k, err := keys.NewSecret("1", keys.HS256, []byte("the random secret of the tenant "+name))
		if err != nil {
			panic(err)
		}
		tenants = append(tenants, keys.ForIssuer("https://"+name+".example", keys.Static(k)))
	}
	src := keys.Merge(tenants...)
	hint := keys.Hint{KeyID: "1", Algorithm: keys.HS256, Issuer: "https://b.example"}
	found, err := src.Find(context.Background(), hint)
	if err != nil {
		panic(err)
	}
	for _, k := range found {
		if hint.Fits(k) {
			fmt.Println(k.Issuer())
		}
	}
	// Output: https://b.example
}

// A health page lists the sources, each with its last error. Their JSON holds no
// secret.
func ExampleStatuses() {
	src, err := keys.NewSource("vault transit/jwt", func(context.Context) (keys.Fetched, error) {
		return keys.Fetched{}, errors.New("permission denied")
	})
	if err != nil {
		panic(err)
	}
	if err := keys.Refresh(context.Background(), src); err != nil {
		fmt.Println("not ready")
	}
	for _, status := range keys.Statuses(src) {
		fmt.Println(status.Source, len(status.Keys))
		fmt.Println(status.Err)
	}
	// Output:
	// not ready
	// vault transit/jwt 0
	// keys: unavailable: vault transit/jwt: permission denied
}

// An observer learns of each fetch, and of what it changed.
func ExampleWithObserver() {
	src, err := keys.NewSource("vault transit/jwt", func(context.Context) (keys.Fetched, error) {
		k, err := keys.NewSecret("2026-01", keys.HS256, []byte("for examples only: 32 bytes or more"))
		return keys.Fetched{Keys: []*keys.Key{k}}, err
	}, keys.WithObserver(func(e keys.RefreshEvent) {
		for _, k := range e.Added {
			fmt.Println(e.Source, "has a new key:", k.ID(), k.Algorithm())
		}
		fmt.Println(e.Keys, e.Skipped, e.Misconfigured(), e.Err)
	}))
	if err != nil {
		panic(err)
	}
	if err := keys.Refresh(context.Background(), src); err != nil {
		fmt.Println("not ready")
	}
	// Output:
	// vault transit/jwt has a new key: 2026-01 HS256
	// 1 0 false <nil>
}

// The issuers are known before any request.
func ExampleBoundTo() {
	src, err := keys.Open(context.Background(), "oidc:https://a.example,oidc:https://b.example")
	if err != nil {
		panic(err)
	}
	fmt.Println(keys.BoundTo(src))
	// Output: [https://a.example https://b.example]
}

// Kubernetes signs the tokens of its service accounts. Its API server has a CA of
// its own and wants a token, which goes nowhere else.
func ExampleWithTokenFile() {
	const account = "/var/run/secrets/kubernetes.io/serviceaccount"
	src, err := keys.NewOIDC("https://kubernetes.default.svc.cluster.local",
		keys.WithCAFile(account+"/ca.crt"), keys.WithTokenFile(account+"/token"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(src)
	// Output: keys from https://kubernetes.default.svc.cluster.local
}

// The load balancers of AWS have a URL for each key.
func ExampleNewPerID() {
	src, err := keys.NewPerID("https://public-keys.auth.elb.eu-west-1.amazonaws.com/{kid}")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(src)
	// Output: keys from https://public-keys.auth.elb.eu-west-1.amazonaws.com/{kid}
}

// At start a mistake in the settings ends the program, and an outage does not.
func ExampleRefresh_configuration() {
	ctx := context.Background()
	site := httptest.NewServer(http.NotFoundHandler())
	defer site.Close()
	src, err := keys.NewOIDC(site.URL)
	if err != nil {
		log.Fatal(err)
	}
	switch err := keys.Refresh(ctx, src); {
	case errors.Is(err, keys.ErrConfiguration):
		fmt.Println("wrong settings")
	case err != nil:
		fmt.Println("down; trying again later")
	}
	// Output: wrong settings
}
