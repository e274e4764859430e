package keys_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// TestS14ForeignTextIsCut: text from an endpoint, a transport or the user's own
// provider is cut in every error, log line and Status.
func TestS14ForeignTextIsCut(t *testing.T) {
	long := strings.Repeat("evil\x1b[31m", 100<<10)
	plain := strings.Repeat("x", 900<<10)
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		raw    string
		broken roundTrip
	}{
		{name: "a header line of 900 kB", raw: "HTTP/1.1 200 OK\r\nX-Filler: " + plain + "\r\n\r\n{}"},
		{name: "a header line without a colon", raw: "HTTP/1.1 200 OK\r\n" + plain[:100<<10] + "\r\n\r\n{}"},
		{name: "a status text", raw: "HTTP/1.1 503 " + plain[:100<<10] + "\r\n\r\n"},
		{name: "a status that is not a number", raw: "HTTP/1.1 " + plain[:100<<10] + " OK\r\n\r\n"},
		{name: "Retry-After", raw: "HTTP/1.1 503 x\r\nRetry-After: " + plain[:100<<10] + "\r\n\r\n"},
		{name: "a chunk size", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + plain[:100<<10]},
		{name: "a transfer encoding", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + plain[:100<<10] + "\r\n\r\n"},
		{name: "a content length", raw: "HTTP/1.1 200 OK\r\nContent-Length: " + plain[:100<<10] + "\r\n\r\n"},
		{name: "a redirect target", answer: status(302, "", "Location: https://"+plain[:60<<10]+".example/")},
		{name: "a redirect target that cannot be read", answer: status(302, "", "Location: https://%zz"+plain[:60<<10])},
		{name: "a kid", answer: text(set(`{"kty":"EC","kid":"` + plain[:100<<10] + `"}`))},
		{name: "a kty", answer: text(set(`{"kty":"` + plain[:100<<10] + `"}`))},
		{name: "a body", answer: text(plain[:100<<10])},
		{name: "a transport", broken: func(*http.Request) (*http.Response, error) { return nil, errors.New(long) }},
		{name: "a transport that panics", broken: func(*http.Request) (*http.Response, error) { panic(long) }},
		{name: "a body that breaks", broken: func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: brokenBody{func() { panic(long) }}}, nil
		}},
		{name: "a certificate", broken: func(*http.Request) (*http.Response, error) {
			return nil, &tls.CertificateVerificationError{Err: errors.New(long)}
		}},
		{name: "an alert", broken: func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("remote error: %w", errors.New(long))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := new(http.Client)
			if test.broken != nil {
				client.Transport = test.broken
			}
			answer := test.answer
			if test.raw != "" {
				answer = func(w http.ResponseWriter, _ *http.Request) { reset(t, w, test.raw) }
			}
			if answer == nil {
				answer = text("")
			}
			url := newSite(t, answer).URL
			j := new(journal)
			client2 := keys.WithHTTPClient(client)
			remote := newRemote(t, url, j.option(), client2, keys.WithSnapshotFile(filepath.Join(t.TempDir(), "keys.json")))
			oidc := newOIDC(t, url, j.option(), client2)
			for _, p := range []keys.Provider{remote, oidc, keys.Merge(remote, oidc), keys.ForIssuer(url, remote)} {
				_, err := p.Find(t.Context(), hint("a"))
				if err == nil {
					t.Fatalf("%v: no error", p)
				}
				most := 700
				if p == oidc {
					most = 1100
				}
				if _, merged := p.(fmt.Stringer); merged && strings.Contains(fmt.Sprint(p), "providers") {
					most = 2000
				}
				isShort(t, fmt.Sprint(p), err.Error(), most)
				for _, s := range keys.Statuses(p) {
					isShort(t, "Status", s.String(), 1600)
					isShort(t, "Status.Err", s.Err.Error(), 1400)
				}
			}
			isShort(t, "the log", strings.ReplaceAll(j.String(), "\n", ""), 4000)
		})
	}
	t.Run("a provider of the user's", func(t *testing.T) {
		for name, p := range map[string]keys.Provider{
			"error": keys.Merge(answers(errors.New(long)), keys.Static(edKey(t, "b"))),
			"panic": keys.Merge(keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { panic(long) }), keys.Static(edKey(t, "b"))),
		} {
			_, err := p.Find(t.Context(), hint("a"))
			isShort(t, name, fmt.Sprint(err), 1600)
		}
	})
	t.Run("a source of the user's", func(t *testing.T) {
		for name, fetch := range map[string]func(context.Context) (keys.Fetched, error){
			"error": func(context.Context) (keys.Fetched, error) { return keys.Fetched{}, errors.New(long) },
			"panic": func(context.Context) (keys.Fetched, error) { panic(long) },
		} {
			_, err := newSource(t, long, fetch).Find(t.Context(), hint("a"))
			isShort(t, name, fmt.Sprint(err), 1600)
		}
	})
}

// isShort fails the test unless text is short and printable.
func isShort(t *testing.T, what, text string, most int) {
	t.Helper()
	if len(text) > most {
		t.Errorf("%s has %d bytes, want at most %d: %.200s", what, len(text), most, text)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		t.Errorf("%s has a control character: %q", what, text)
	}
}

// TestS14HeaderLimit: response headers take little memory, unless the transport sets
// its own limit.
func TestS14HeaderLimit(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Filler", strings.Repeat("x", 300<<10))
		jwks(edSigner(t, "a"))(w, r)
	})
	if err := newRemote(t, s.URL).Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "headers exceeded") {
		t.Errorf("300 KiB: %v", err)
	}
	client := &http.Client{Transport: &http.Transport{MaxResponseHeaderBytes: 1 << 20, DialContext: new(net.Dialer).DialContext}}
	if err := newRemote(t, s.URL, keys.WithHTTPClient(client)).Refresh(t.Context()); err != nil {
		t.Errorf("300 KiB with a limit of its own: %v", err)
	}
}

// TestM04DeadURLIsLogged: the first fetch of a dead or mistyped URL is logged, although
// there never were keys.
func TestM04DeadURLIsLogged(t *testing.T) {
	closed := newSite(t, nil)
	closed.Close()
	for name, start := range map[string]func(r *keys.Remote){
		"Find":    func(r *keys.Remote) { r.Find(t.Context(), hint("a")) },
		"Refresh": func(r *keys.Remote) { r.Refresh(t.Context()) },
		"Run": func(r *keys.Remote) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go r.Run(ctx)
			r.Refresh(ctx)
		},
	} {
		j := new(journal)
		start(newRemote(t, closed.URL, j.option()))
		if lines := j.take(); len(lines) != 1 || lines[0] != logUnavailable || !strings.Contains(j.String(), closed.URL) {
			t.Errorf("%s: log %q", name, lines)
		}
	}
}
