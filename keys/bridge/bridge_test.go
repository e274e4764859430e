package bridge_test

import (
	"context"

	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/bridge"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestKeyfunc(t *testing.T) {
	one, two := verifiertest.NewSigner(t, keys.ES256, "one"), verifiertest.NewSigner(t, keys.HS256, "two")
	src := keys.Merge(keys.ForIssuer("https://one", keys.Static(one.Key())), keys.Static(two.Key()))
	expires := time.Now().Add(time.Hour).Unix()
	for _, test := range []struct {
		name string
		raw  string
		p    keys.Provider
		want error // nil: accepted
	}{
		{"bound, by its issuer", one.Sign(map[string]any{"iss": "https://one", "exp": expires}), src, nil},
		{"bound, by another", one.Sign(map[string]any{"iss": "https://two", "exp": expires}), src, jwt.ErrTokenUnverifiable},
		{"bound, by nobody", one.Sign(map[string]any{"exp": expires}), src, jwt.ErrTokenUnverifiable},
		{"not bound", two.Sign(map[string]any{"iss": "https://two", "exp": expires}), src, nil},
		{"unknown", verifiertest.NewSigner(t, keys.ES256, "three").Sign(map[string]any{}), src, jwt.ErrTokenUnverifiable},
		{"another key of that ID", verifiertest.NewSigner(t, keys.HS256, "two").Sign(map[string]any{}), src, jwt.ErrTokenSignatureInvalid},
		{"more than four keys", two.Sign(map[string]any{}), keys.Static(anonymous(t), anonymous(t), anonymous(t), anonymous(t), anonymous(t)), jwt.ErrTokenUnverifiable},
		{"provider down", two.Sign(map[string]any{}), keys.ProviderFunc(down), keys.ErrUnavailable},
	} {
		_, err := jwt.Parse(test.raw, bridge.Keyfunc(test.p))
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	bound := bridge.Keyfunc(keys.ForIssuer("https://one", keys.Static(one.Key())))
	if _, err := bound(&jwt.Token{Header: map[string]any{"alg": "ES256", "kid": "one"}}); err == nil {
		t.Error("a token without claims got a bound key")
	}
}

func anonymous(t *testing.T) *keys.Key {
	t.Helper()
	return verifiertest.NewSigner(t, keys.HS256, "").Key()
}

func TestFromKeyfunc(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "one")
	k, err := keyfunc.NewJWKSetJSON([]byte(`{"keys":[` + string(signer.JWK()) + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := bridge.FromKeyfunc(k)
	for _, h := range []keys.Hint{{KeyID: "one", Algorithm: keys.ES256}, {Algorithm: keys.ES256}} {
		ks := mustFind(t, p, h)
		if len(ks) != 1 || ks[0].Thumbprint() != signer.Key().Thumbprint() || !h.Fits(ks[0]) {
			t.Errorf("Find(%+v) = %v", h, ks)
		}
	}
	for _, h := range []keys.Hint{{KeyID: "two", Algorithm: keys.ES256}} {
		if ks := mustFind(t, p, h); len(ks) > 0 {
			t.Errorf("Find(%+v) = %v", h, ks)
		}
	}
	if ks := mustFind(t, p, keys.Hint{KeyID: "one", Algorithm: keys.RS256}); len(ks) != 1 || ks[0].Accepts(keys.RS256) {
		t.Errorf("a token that names another algorithm: Find = %v", ks)
	}
	down, err := keyfunc.New(keyfunc.Options{Storage: brokenStorage{}})
	if err != nil {
		t.Fatal(err)
	}
	broken := bridge.FromKeyfunc(down)
	for _, h := range []keys.Hint{{KeyID: "one"}, {}} {
		if _, err := broken.Find(t.Context(), h); !errors.Is(err, keys.ErrUnavailable) || !errors.Is(err, errDown) || strings.Contains(err.Error(), "\n") {
			t.Errorf("a storage that is down: Find(%+v): %v", h, err)
		}
	}
}

func TestFromKeyfuncTakesKeysAsParseDoes(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		key  any
		meta jwkset.JWKMetadataOptions
		alg  keys.Algorithm // "": left out
	}{
		{"EC without alg", &private.PublicKey, jwkset.JWKMetadataOptions{}, keys.ES256},
		{"private", private, jwkset.JWKMetadataOptions{}, keys.ES256},
		{"Ed25519 without alg", edPrivate.Public(), jwkset.JWKMetadataOptions{}, keys.EdDSA},
		{"secret without alg", secret, jwkset.JWKMetadataOptions{}, ""},
		{"short secret", secret[:8], jwkset.JWKMetadataOptions{ALG: jwkset.AlgHS256}, ""},
		{"for encryption", &private.PublicKey, jwkset.JWKMetadataOptions{USE: jwkset.UseEnc}, ""},
		{"not for verifying", &private.PublicKey, jwkset.JWKMetadataOptions{KEYOPS: []jwkset.KEYOPS{jwkset.KeyOpsDeriveKey}}, ""},
	} {
		test.meta.KID = "one"
		j, err := jwkset.NewJWKFromKey(test.key, jwkset.JWKOptions{Metadata: test.meta, Marshal: jwkset.JWKMarshalOptions{Private: true}})
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		store := jwkset.NewMemoryStorage()
		if err := store.KeyWrite(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		k, err := keyfunc.New(keyfunc.Options{Storage: store})
		if err != nil {
			t.Fatal(err)
		}
		ks, err := bridge.FromKeyfunc(k, bridge.AllowSecrets()).Find(t.Context(), keys.Hint{KeyID: "one"})
		switch {
		case test.alg == "" && !errors.Is(err, keys.ErrUnavailable):
			t.Errorf("%s: %v, %v, want none", test.name, ks, err)
		case test.alg != "" && (len(ks) != 1 || ks[0].Algorithm() != test.alg):
			t.Errorf("%s: %v, want one for %s", test.name, ks, test.alg)
		}
	}
}

// A brokenStorage always fails.
type brokenStorage struct{ jwkset.Storage }

func (brokenStorage) KeyRead(context.Context, string) (jwkset.JWK, error) {
	return jwkset.JWK{}, errors.Join(errDown, errors.New("again"))
}

func (brokenStorage) KeyReadAll(context.Context) ([]jwkset.JWK, error) {
	return nil, errors.Join(errDown, errors.New("again"))
}

var (
	errDown = errors.New("down")
	secret  = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
)

func down(context.Context, keys.Hint) ([]*keys.Key, error) {
	return nil, fmt.Errorf("%w: %w", keys.ErrUnavailable, errDown)
}

func mustFind(t *testing.T, p keys.Provider, h keys.Hint) []*keys.Key {
	t.Helper()
	ks, err := p.Find(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}
