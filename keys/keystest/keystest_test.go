package keystest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/keystest"
)

// TestK10RemoteAgainstAFakeServer: the server publishes the JWKs of the keys.
func TestK10RemoteAgainstAFakeServer(t *testing.T) {
	keystest.RunSource(t, func(t *testing.T, ks ...*keys.Key) (keys.Provider, func(bool)) {
		var down atomic.Bool
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if down.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			json.NewEncoder(w).Encode(map[string]any{"keys": ks})
		}))
		t.Cleanup(server.Close)
		r, err := keys.NewRemote(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		return r, down.Store
	})
}

// A source is a provider of keys that can be down.
type source struct {
	ks   []*keys.Key
	down *atomic.Bool
}

var errDown = fmt.Errorf("%w: down", keys.ErrUnavailable)

// find keeps the contract of a provider.
func (s source) find(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
	if s.down.Load() || ctx.Err() != nil {
		return nil, errDown
	}
	return slices.DeleteFunc(slices.Clone(s.ks), func(k *keys.Key) bool { return !h.Fits(k) }), nil
}

// finds lists providers, all but one broken, and what the suite reports for each.
var finds = map[string]struct {
	find func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error)
	want string
}{
	"good": {source.find, ""},
	"an outage is none": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		ks, err := s.find(ctx, h)
		if ctx.Err() == nil {
			err = nil
		}
		return ks, err
	}, "an outage is not an answer"},
	"an outage is none where a key is known": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.KeyID == "two" && ctx.Err() == nil && s.down.Load() {
			return nil, nil
		}
		return s.find(ctx, h)
	}, "or an error that wraps keys.ErrUnavailable"},
	"keys come with an error": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		if s.down.Load() {
			return s.ks, errDown
		}
		return s.find(ctx, h)
	}, "keys must not come with an error"},
	"another error": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		ks, err := s.find(ctx, h)
		if err != nil {
			err = errors.New("down")
		}
		return ks, err
	}, "does not wrap keys.ErrUnavailable"},
	"an ended context is none": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		if ctx.Err() != nil {
			return nil, nil
		}
		return s.find(ctx, h)
	}, "it must say that it could not look"},
	"the issuer matters": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.Issuer != "" {
			return nil, nil
		}
		return s.find(ctx, h)
	}, "iss \"https://issuer.example/keystest\""},
	"panics": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		if h.KeyID == "" {
			panic("boom")
		}
		return s.find(ctx, h)
	}, "panicked: boom"},
	"panics when down": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		if s.down.Load() {
			panic("boom")
		}
		return s.find(ctx, h)
	}, "panicked: boom"},
	"keys of other IDs": {func(s source, ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		ks, err := s.find(ctx, h)
		if h.KeyID == "three" && len(ks) == 0 && err == nil {
			return nil, errDown
		}
		return ks, err
	}, "a provider that has looked returns no error"},
}

const childVariable = "KEYSTEST_PROVIDER"

// TestChild runs the suite on the provider that the parent process names.
func TestChild(t *testing.T) {
	name := os.Getenv(childVariable)
	if name == "" {
		t.Skip("it is for TestK10BrokenProvidersFail")
	}
	keystest.RunSource(t, func(_ *testing.T, ks ...*keys.Key) (keys.Provider, func(bool)) {
		s := source{ks, new(atomic.Bool)}
		return keys.ProviderFunc(func(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
			return finds[name].find(s, ctx, h)
		}), s.down.Store
	})
}

// TestK10BrokenProvidersFail: each in its own process.
func TestK10BrokenProvidersFail(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range finds {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestChild$")
			cmd.Env = append(os.Environ(), childVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if (err == nil) != (test.want == "") || !strings.Contains(string(out), test.want) {
				t.Errorf("%v; want %q in\n%s", err, test.want, out)
			}
		})
	}
}
