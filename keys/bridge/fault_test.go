package bridge_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/bridge"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// An endpoint publishes a set, or is down.
type endpoint struct {
	*httptest.Server
	down atomic.Bool
}

func newEndpoint(t *testing.T, jwks string) *endpoint {
	e := new(endpoint)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if e.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte(jwks))
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) keyfunc(t *testing.T) keyfunc.Keyfunc {
	t.Helper()
	k, err := keyfunc.NewDefaultOverrideCtx(t.Context(), []string{e.URL}, keyfunc.Override{
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) { return func(context.Context, error) {} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func octJWK(id string) string {
	return `{"kty":"oct","kid":"` + id + `","alg":"HS256","k":"` + base64.RawURLEncoding.EncodeToString(secret) + `"}`
}

// stored returns a keyfunc with a secret, filled as a program would do it.
func stored(t *testing.T, signers ...*verifiertest.Signer) keyfunc.Keyfunc {
	t.Helper()
	var all []string
	for _, s := range signers {
		all = append(all, string(s.JWK()))
	}
	k, err := keyfunc.NewJWKSetJSON([]byte(`{"keys":[` + strings.Join(all, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestS05PublishedSecretIsRefused: anyone who can read the endpoint could sign.
func TestS05PublishedSecretIsRefused(t *testing.T) {
	mine := verifiertest.NewSigner(t, keys.HS256, "secret")
	ec := verifiertest.NewSigner(t, keys.ES256, "ec")
	raw := mine.Sign(map[string]any{"sub": "user-123", "exp": time.Now().Add(time.Hour).Unix()})
	verify := func(p keys.Provider) error {
		v, err := verifier.New(p, verifier.WithAnyIssuer(), verifier.WithAnyAudience())
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), raw)
		return err
	}
	if err := verify(bridge.FromKeyfunc(stored(t, mine, ec))); !errors.Is(err, verifier.ErrUnknownKey) {
		t.Errorf("a secret beside a public key: %v", err)
	}
	err := verify(bridge.FromKeyfunc(stored(t, mine)))
	if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), "AllowSecrets") {
		t.Errorf("a secret alone: %v", err)
	}
	if err := verify(bridge.FromKeyfunc(stored(t, mine, ec), bridge.AllowSecrets())); err != nil {
		t.Errorf("AllowSecrets: %v", err)
	}
	fetched := bridge.FromKeyfunc(newEndpoint(t, `{"keys":[`+octJWK("secret")+`,`+string(ec.JWK())+`]}`).keyfunc(t))
	for _, h := range []keys.Hint{{KeyID: "ec", Algorithm: keys.HS256}, {Algorithm: keys.HS256}} {
		for _, k := range mustFind(t, fetched, h) {
			if k.Accepts(keys.HS256) {
				t.Errorf("Find(%+v) has the published secret", h)
			}
		}
	}
}

// TestS05EndpointDownAtStartIsUndecided: until it answers.
func TestS05EndpointDownAtStartIsUndecided(t *testing.T) {
	ec := verifiertest.NewSigner(t, keys.ES256, "ec")
	e := newEndpoint(t, `{"keys":[`+string(ec.JWK())+`]}`)
	e.down.Store(true)
	k, known := e.keyfunc(t), keys.Hint{KeyID: "ec", Algorithm: keys.ES256}
	p := bridge.FromKeyfunc(k)
	for _, h := range []keys.Hint{{Algorithm: keys.ES256}, known} {
		if ks, err := p.Find(t.Context(), h); !errors.Is(err, keys.ErrUnavailable) || ks != nil {
			t.Errorf("Find(%+v) = %v, %v", h, ks, err)
		}
	}
	e.down.Store(false)
	if ks := mustFind(t, bridge.FromKeyfunc(e.keyfunc(t)), known); len(ks) != 1 {
		t.Errorf("up again: %v", ks)
	}
	for name, odd := range map[string]keyfunc.Keyfunc{
		"an empty storage": stored(t), "no storage": noStorage{}, "a typed nil": (*noStorage)(nil), "nil": nil,
	} {
		if ks, err := bridge.FromKeyfunc(odd).Find(t.Context(), known); !errors.Is(err, keys.ErrUnavailable) || ks != nil {
			t.Errorf("%s: %v, %v", name, ks, err)
		}
	}
}

type noStorage struct{ other }

type other interface{ keyfunc.Keyfunc }

func (noStorage) Storage() jwkset.Storage { return nil }

// TestS05EveryKeyOfAnIDIsFound: and those without an ID.
func TestS05EveryKeyOfAnIDIsFound(t *testing.T) {
	first, second := verifiertest.NewSigner(t, keys.ES256, "same"), verifiertest.NewSigner(t, keys.ES256, "same")
	anonymous := verifiertest.NewSigner(t, keys.ES256, "")
	p := bridge.FromKeyfunc(stored(t, first, verifiertest.NewSigner(t, keys.ES256, "other"), second, anonymous))
	ks := mustFind(t, p, keys.Hint{KeyID: "same", Algorithm: keys.ES256})
	if len(ks) != 3 || !ks[0].Equal(first.Key()) || !ks[1].Equal(second.Key()) || !ks[2].Equal(anonymous.Key()) {
		t.Errorf("Find = %v", ks)
	}
}

// TestS05KeyfuncPassesTheIssuer: the iss of the token narrows the search.
func TestS05KeyfuncPassesTheIssuer(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "one")
	var asked keys.Hint
	p := keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		asked = h
		return []*keys.Key{signer.Key()}, nil
	})
	if _, err := jwt.Parse(signer.Sign(map[string]any{"iss": "https://one"}), bridge.Keyfunc(p)); err != nil {
		t.Fatal(err)
	}
	if want := (keys.Hint{KeyID: "one", Algorithm: keys.ES256, Issuer: "https://one"}); asked != want {
		t.Errorf("asked for %+v, want %+v", asked, want)
	}
	for name, p := range map[string]keys.Provider{"nil": nil, "typed nil": (*keys.Set)(nil), "nil function": keys.ProviderFunc(nil)} {
		if _, err := jwt.Parse(signer.Sign(map[string]any{}), bridge.Keyfunc(p)); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestS05SecretStaysInItsKey: golang-jwt verifies with the secret and cannot read it.
func TestS05SecretStaysInItsKey(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.HS256, "one")
	var given any
	tok, err := jwt.Parse(signer.Sign(map[string]any{"sub": "a"}), func(t *jwt.Token) (any, error) {
		var err error
		given, err = bridge.Keyfunc(keys.Static(signer.Key()))(t)
		return given, err
	}, jwt.WithValidMethods([]string{"HS256"}))
	if err != nil || tok.Method.Alg() != "HS256" {
		t.Fatalf("%v, %v", tok, err)
	}
	for _, k := range given.(jwt.VerificationKeySet).Keys {
		if _, ok := k.(*keys.Key); !ok {
			t.Errorf("golang-jwt was given a %T", k)
		}
	}
	if err := tok.Method.Verify("a.b", []byte("c"), secret); err == nil {
		t.Error("the method verifies anything")
	}
}
