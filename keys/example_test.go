package keys_test

import (
	"context"
	"fmt"
	"net/url"
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
		_, err := keys.Open(context.Background(), ref)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// keys: the JWKS URL is plain http beyond loopback, where anybody on the path can put in keys; use https, or WithInsecureHTTP
}

func ExampleParse() {
	ks, skipped, err := keys.Parse([]byte(`{"keys":[
		{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty":"OKP","crv":"X25519","kid":"b","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}]}`))
	fmt.Println(ks, skipped, err)
	// Output: [key "a" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)] ["b": crv "X25519" is not used] <nil>
}

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

func ExampleMux() {
	m := keys.NewMux()
	m.Handle("vault", keys.OpenerFunc(func(_ context.Context, u *url.URL) (keys.Provider, error) {
		return keys.HMAC(keys.HS256, secret) // read from u
	}))
	_, err := m.Open(context.Background(), "vault:secret/jwt")
	fmt.Println(err)
	// Output: <nil>
}

// A provider of your own is one function.
func ExampleProviderFunc() {
	k, err := keys.NewSecret("tenant-1", keys.HS256, secret)
	if err != nil {
		panic(err)
	}
	src := keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.KeyID == "tenant-1" {
			return []*keys.Key{k}, nil
		}
		return nil, nil // looked, there is none
	})
	found, err := src.Find(context.Background(), keys.Hint{KeyID: "tenant-1", Algorithm: keys.HS256})
	fmt.Println(found, err)
	// Output: [key "tenant-1" (HS256)] <nil>
}

// A source of your own is one function that asks, say, a vault; when to ask it
// is the business of the provider.
func ExampleNewSource() {
	src, err := keys.NewSource("vault transit/jwt", func(ctx context.Context) (keys.Fetched, error) {
		doc := []byte(vaultPEM) // from the vault, within ctx
		return keys.Fetched{Document: doc, Fresh: 5 * time.Minute}, nil
	})
	if err != nil {
		panic(err)
	}
	found, err := src.Find(context.Background(), keys.Hint{Algorithm: keys.EdDSA})
	fmt.Println(src, found, err)
	// Output: keys from vault transit/jwt [key "" (EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)] <nil>
}

func ExampleBoundTo() {
	src, err := keys.Open(context.Background(), "oidc:https://a.example,oidc:https://b.example")
	if err != nil {
		panic(err)
	}
	fmt.Println(keys.BoundTo(src))
	// Output: [https://a.example https://b.example]
}
