package keys_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestK02R14RedirectToTheSameHost: an explicit default port and the case of ASCII
// letters do not make it another host; everything else does.
func TestK02R14RedirectToTheSameHost(t *testing.T) {
	good := set(jwksOf(edSigner(t, "a"))...)
	for _, test := range []struct {
		from, to string
		want     string // "": followed
	}{
		{"https://keys.example/jwks", "https://keys.example:443/x", ""},
		{"https://keys.example:443/jwks", "https://keys.example/x", ""},
		{"https://keys.example/jwks", "https://KEYS.example/x", ""},
		{"https://keys.example/jwks", "/x", ""},
		{"https://keys.example:/jwks", "https://keys.example:443/x", ""},
		{"http://localhost/jwks", "http://localhost:80/x", ""},
		{"http://localhost/jwks", "https://localhost/x", ""},
		{"http://localhost/jwks", "https://localhost:443/x", ""},
		{"https://user:secret@keys.example/jwks", "/x", ""},
		{"https://keys.example/jwks", "https://keys.example:8443/x", "another host"},
		{"https://keys.example:80/jwks", "https://keys.example/x", "another host"},
		{"https://keys.example:8443/jwks", "https://keys.example:443/x", "another host"},
		{"http://localhost:8080/jwks", "https://localhost/x", "another host"},
		{"https://keys.example/jwks", "https://\u212aeys.example/x", "another host"}, // the Kelvin sign
		{"https://keys.example/jwks", "https://keys.example./x", "another host"},
		{"https://keys.example/jwks", "https://keys.example@evil.example/x", "another host"},
		{"https://keys.example/jwks", "https://user:secret@keys.example/x", "user or password"},
		{"https://user:secret@keys.example/jwks", "https://user:other@keys.example/x", "user or password"},
		{"https://localhost/jwks", "http://localhost/x", "from https to http"},
		{"https://localhost:80/jwks", "http://localhost:80/x", "from https to http"},
	} {
		t.Run(test.from+" to "+test.to, func(t *testing.T) {
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == "/x" {
					return answered(200, good), nil
				}
				a := answered(302, "")
				a.Header.Set("Location", test.to)
				return a, nil
			})}
			err := newRemote(t, test.from, keys.WithHTTPClient(client), keys.WithInsecureHTTP()).Refresh(t.Context())
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Refresh: %v; want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the message holds the password: %v", err)
			}
		})
	}
}

// TestS25LoopbackIsASCII: a name that only Unicode case folding turns into localhost
// may not be asked over http.
func TestS25LoopbackIsASCII(t *testing.T) {
	for _, url := range []string{"http://localho\u017ft/", "http://loca\u2113host/"} {
		if err := remoteError(url, keys.WithTimeout(time.Second)); err == nil || !strings.Contains(err.Error(), "plain http") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if err := remoteError("http://LocalHost/", keys.WithTimeout(time.Second)); err != nil {
		t.Error(err)
	}
}

// TestS25SecretsInMessages: secrets of a URL are redacted in any form, and a short one
// does not garble the words of a message.
func TestS25SecretsInMessages(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("admin:tr0ub4dor"))
	for _, test := range []struct{ url, says, want string }{
		{"https://u:p@keys.example/", "unable to reach an upstream: unexpected reply", "unable to reach an upstream: unexpected reply"},
		{"https://u:p@keys.example/", "GET https://u:p@keys.example/ failed for u", "GET https://keys.example/ failed for xxxxx"},
		{"https://u:p@keys.example/", "user u:p@keys.example", "user keys.example"},
		{"https://a@keys.example/?e", "a bad answer, see page 3", "xxxxx bad answer, see page 3"},
		{"https://admin:tr0ub4dor@keys.example/", "login of admin with tr0ub4dor failed", "login of xxxxx with xxxxx failed"},
		{"https://admin:tr0ub4dor@keys.example/", "sent Basic " + basic, "sent Basic xxxxx"},
		{"https://admin:tr0ub4dor@keys.example/", "xtr0ub4dorx", "xxxxxxx"},
		{"https://keys.example/?code=hunter2", "code hunter2 is wrong", "code xxxxx is wrong"},
		{"https://keys.example/?code=hunter2&x=1", "/?code=hunter2&x=1 is wrong", "/ is wrong"},
		{"https://keys.example/?code=a%2Fb%2Fc%2Fd%2Fe", "code a/b/c/d/e is wrong", "code xxxxx is wrong"},
		{"https://keys:pw@keys.example/jwks", "https://keys:pw@keys.example/jwks: timeout", "https://keys.example/jwks: timeout"},
		{"https://u:p%40ssword@keys.example/", "wrong: p@ssword", "wrong: xxxxx"},
		{"https://u:p%40ssword@keys.example/", "wrong: p%40ssword", "wrong: xxxxx"},
	} {
		client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New(test.says) })}
		err := newRemote(t, test.url, keys.WithHTTPClient(client)).Refresh(t.Context())
		_, got, _ := strings.Cut(fmt.Sprint(err), "https://keys.example")
		if _, got, _ = strings.Cut(got, ": "); got != test.want {
			t.Errorf("%s: %q reads %q, want %q", test.url, test.says, got, test.want)
		}
	}
}

// TestS25Durations: a bare number means nanoseconds, which is hardly ever intended.
func TestS25Durations(t *testing.T) {
	const url = "https://keys.example/"
	for want, opt := range map[string]keys.Option{
		"WithTimeout: 30ns is less than a millisecond; a bare number is in nanoseconds: write 30*time.Second":     keys.WithTimeout(30),
		"WithMaxStale: 3.6µs is less than a millisecond; a bare number is in nanoseconds: write 3600*time.Second": keys.WithMaxStale(3600),
		"WithRefresh: 600ns is less than a second; a bare number is in nanoseconds: write 600*time.Second":        keys.WithRefresh(600),
		"WithRefresh: 5ms is less than a second": keys.WithRefresh(5 * time.Millisecond),
		"WithTimeout: 0s is not positive":        keys.WithTimeout(0),
		"WithMaxStale: -1s is negative":          keys.WithMaxStale(-time.Second),
	} {
		if err := remoteError(url, opt); err == nil || err.Error() != "keys: "+want {
			t.Errorf("%v; want %s", err, want)
		}
	}
	for _, opt := range []keys.Option{keys.WithMaxStale(0), keys.WithMaxStale(time.Millisecond), keys.WithTimeout(time.Millisecond), keys.WithTimeout(1<<63 - 1), keys.WithRefresh(time.Second)} {
		if err := remoteError(url, opt); err != nil {
			t.Error(err)
		}
	}
}

// TestS25LongestTimeout: the longest Duration does not overflow into the past.
func TestS25LongestTimeout(t *testing.T) {
	r := newRemote(t, serve(t, []byte(set(jwksOf(edSigner(t, "a"))...))), keys.WithTimeout(1<<63-1))
	if err := r.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestS25R4RetryAfterOfAColdStart: one Retry-After of a day does not cause an hour of
// 503.
func TestS25R4RetryAfterOfAColdStart(t *testing.T) {
	clock := newClock()
	good := edSigner(t, "good")
	s := newSite(t, status(503, "", "Retry-After: 86400"))
	g := newGuard(t, clock, s.URL)
	g.undecided("cold start", sign(good))
	s.answers(jwks(good))
	clock.advance(59 * time.Second)
	g.undecided("a little later", sign(good))
	clock.advance(time.Second)
	g.accepts("after a minute", sign(good))
}
