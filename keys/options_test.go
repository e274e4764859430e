package keys_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

func TestConstructorsRefuse(t *testing.T) {
	const good = "https://keys.example/jwks.json"
	for _, test := range []struct {
		name, url string
		opt       keys.Option
		want      string
	}{
		{"nil option", good, nil, "an option is nil"},
		{"nil client", good, keys.WithHTTPClient(nil), "the client is nil"},
		{"refresh too often", good, keys.WithRefresh(time.Millisecond), "less than a second"},
		{"negative staleness", good, keys.WithMaxStale(-1), "negative"},
		{"no timeout", good, keys.WithTimeout(0), "not positive"},
		{"empty seed", good, keys.WithSeed(nil), "the set is empty"},
		{"seed without keys", good, keys.WithSeed([]byte(`{"keys":[]}`)), "WithSeed: there is no key in it"},
		{"seed that is not a set", good, keys.WithSeed([]byte(ecJWK + "}")), "WithSeed: not a JWK Set"},
		{"empty path", good, keys.WithSnapshotFile(""), "the path is empty"},
		{"default algorithm of another kind", good, keys.WithDefaultAlgorithm(keys.ES256), "not an RSA algorithm"},
		{"default algorithm of a secret", good, keys.WithDefaultAlgorithm(keys.HS256), "not an RSA algorithm"},
		{"secret algorithm", good, keys.WithSecretAlgorithm(keys.RS256), "not HS256, HS384 or HS512"},
		{"nil logger", good, keys.WithLogger(nil), "the logger is nil"},
		{"nil clock", good, keys.WithClock(nil), "the clock is nil"},
		{"empty URL", "", keys.WithInsecureHTTP(), "is empty"},
		{"no URL", "keys.example/jwks.json", keys.WithInsecureHTTP(), "not an absolute https URL"},
		{"another scheme", "ftp://keys.example/", keys.WithInsecureHTTP(), "must use https"},
		{"fragment", good + "#x", keys.WithInsecureHTTP(), "fragment"},
		{"plain http", "http://keys.example/", keys.WithTimeout(time.Second), "use https, or WithInsecureHTTP"},
		{"plain http by address", "http://192.0.2.1/", keys.WithTimeout(time.Second), "use https, or WithInsecureHTTP"},
		{"not quite loopback", "http://127.0.0.1.example/", keys.WithTimeout(time.Second), "use https, or WithInsecureHTTP"},
		{"a user like loopback", "http://localhost@keys.example/", keys.WithTimeout(time.Second), "use https, or WithInsecureHTTP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for of, err := range map[string]error{"NewRemote": remoteError(test.url, test.opt), "NewOIDC": oidcError(test.url, test.opt)} {
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "keys: ") {
					t.Errorf("%s: %v; want an error with %q", of, err, test.want)
				}
			}
		})
	}
	for _, url := range []string{"https://issuer.example/?a=b", "https://user@issuer.example/"} {
		if err := oidcError(url, keys.WithTimeout(time.Second)); err == nil || !strings.Contains(err.Error(), "RFC 8414") {
			t.Errorf("NewOIDC(%s): %v", url, err)
		}
	}
	for _, url := range []string{"http://localhost:1/", "http://127.9.9.9/", "http://[::1]:80/", "https://keys.example", "https://user:password@keys.example/?a=b"} {
		if err := remoteError(url, keys.WithTimeout(time.Second)); err != nil {
			t.Errorf("NewRemote(%s): %v", url, err)
		}
	}
	if err := remoteError("http://keys.example/", keys.WithInsecureHTTP()); err != nil {
		t.Errorf("WithInsecureHTTP: %v", err)
	}
}

func remoteError(url string, opts ...keys.Option) error {
	_, err := keys.NewRemote(url, opts...)
	return err
}

func oidcError(url string, opts ...keys.Option) error {
	_, err := keys.NewOIDC(url, opts...)
	return err
}

func TestConstructorReportsAllMistakesTogether(t *testing.T) {
	err := remoteError("ftp://x/", keys.WithTimeout(-1), keys.WithClock(nil))
	want := `keys: WithTimeout: -1ns is not positive; WithClock: the clock is nil; the JWKS URL must use https`
	if err == nil || err.Error() != want {
		t.Errorf("NewRemote: %v\nwant %s", err, want)
	}
	if _, err := keys.NewFile("/no/such/file", keys.WithClock(nil), keys.WithLogger(nil)); err == nil || !strings.Contains(err.Error(), "clock") || !strings.Contains(err.Error(), "logger") {
		t.Errorf("NewFile: %v", err)
	}
	if _, err := keys.Open(t.Context(), "env:PATH", keys.WithClock(nil)); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("Open: %v", err)
	}
}

// TestClientIsNotChanged: the caller's client is copied, not changed.
func TestClientIsNotChanged(t *testing.T) {
	client := &http.Client{Timeout: time.Minute}
	if err := remoteError("https://keys.example/", keys.WithHTTPClient(client)); err != nil {
		t.Fatal(err)
	}
	if client.CheckRedirect != nil || client.Transport != nil || client.Timeout != time.Minute {
		t.Errorf("the client is now %+v", client)
	}
}
