package keys_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

func dialNothing(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no") }

// TestPublicAddresses: the address is checked after the name was resolved, for
// metadata, keys and redirects; no request reaches a private one.
func TestPublicAddresses(t *testing.T) {
	good := edSigner(t, "a")
	s := newSite(t, jwks(good))
	port := mustURL(t, s.URL).Port()
	local, numeric := "http://localhost:"+port+"/", "http://127.0.0.1:"+port+"/"
	plain := keys.WithHTTPClient(&http.Client{Transport: new(http.Transport)})
	for _, test := range []struct {
		name string
		url  string
		opts []keys.Option
		want string // "": allowed
	}{
		{"a name", local, []keys.Option{keys.WithPublicAddresses()}, `the host "localhost" has the address 127.0.0.1, which is on loopback`},
		{"an address", numeric, []keys.Option{keys.WithPublicAddresses()}, "which is on loopback"},
		{"a transport of one's own", numeric, []keys.Option{keys.WithPublicAddresses(), plain}, "which is on loopback"},
		{"an excepted name", local, []keys.Option{keys.WithPublicAddresses("a.example", "localhost")}, ""},
		{"an excepted address", numeric, []keys.Option{keys.WithPublicAddresses("127.0.0.1"), plain}, ""},
		{"the address of an excepted name", numeric, []keys.Option{keys.WithPublicAddresses("localhost")}, "which is on loopback"},
		{"an excepted name in another case", "http://LOCALHOST:" + port + "/", []keys.Option{keys.WithPublicAddresses("localhost")}, "on loopback"},
		{"everything", "http://[::ffff:127.0.0.1]:" + port + "/", []keys.Option{keys.WithPublicAddresses(), keys.WithInsecureHTTP()}, "on loopback"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := s.fetches.Load()
			err := newRemote(t, test.url, test.opts...).Refresh(t.Context())
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.want) || s.fetches.Load() != before {
				t.Errorf("Refresh: %v, %d requests; want %q", err, s.fetches.Load()-before, test.want)
			}
		})
	}
	t.Run("jwks_uri", func(t *testing.T) {
		before := s.fetches.Load()
		o := newOIDCSite(t)
		issuer := "http://localhost:" + mustURL(t, o.URL).Port()
		o.serve(map[string]http.HandlerFunc{wellKnownOIDC: text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, numeric))})
		err := newOIDC(t, issuer, keys.WithPublicAddresses("localhost")).Refresh(t.Context())
		if err == nil || !strings.Contains(err.Error(), `the host "127.0.0.1"`) || s.fetches.Load() != before {
			t.Errorf("Refresh: %v", err)
		}
	})
	t.Run("a proxy", func(t *testing.T) {
		before := s.fetches.Load()
		tr := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + port})}
		err := newRemote(t, "http://keys.example/", keys.WithInsecureHTTP(), keys.WithHTTPClient(&http.Client{Transport: tr}), keys.WithPublicAddresses("127.0.0.1")).Refresh(t.Context())
		if err == nil || !strings.Contains(err.Error(), "a proxy would resolve the host") || s.fetches.Load() != before {
			t.Errorf("Refresh: %v", err)
		}
	})
}
