package httpauth_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

const (
	issuer   = "https://issuer.example"
	audience = "https://api.example"
)

var today = time.Unix(1_700_000_000, 0)

// A site has one key, a verifier with it, and a clock that stands still.
type site struct {
	*verifiertest.Signer
	*verifier.Keyed
}

func newSite(tb testing.TB, opts ...verifier.Option) site {
	tb.Helper()
	s := verifiertest.NewSigner(tb, keys.HS256, "key-1")
	return site{s, newVerifier(tb, keys.Static(s.Key()), opts...)}
}

func newVerifier(tb testing.TB, src keys.Provider, opts ...verifier.Option) *verifier.Keyed {
	tb.Helper()
	opts = append([]verifier.Option{
		verifier.WithIssuer(issuer), verifier.WithAudience(audience),
		verifier.WithClock(func() time.Time { return today }), verifier.WithPossessionProven(),
	}, opts...)
	v, err := verifier.New(src, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// with returns the claims of a good token with changes; nil removes one.
func with(changes map[string]any) map[string]any {
	all := map[string]any{"iss": issuer, "aud": audience, "sub": "user-1", "exp": today.Add(time.Hour).Unix()}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// page writes who is there.
var page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if tok, ok := httpauth.FromContext(r.Context()); ok {
		fmt.Fprintf(w, "hello %s", tok.Subject)
		return
	}
	fmt.Fprint(w, "hello nobody")
})

// serve starts a server that fails the test if it logs anything.
func serve(tb testing.TB, h http.Handler) *httptest.Server {
	tb.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(failing{tb}, "", 0)
	srv.Start()
	tb.Cleanup(srv.Close)
	return srv
}

type failing struct{ testing.TB }

func (f failing) Write(p []byte) (int, error) {
	f.Errorf("the server logs: %s", p)
	return len(p), nil
}

// An answer is everything that a client learns from a refusal.
type answer struct {
	Status                                      int
	Challenge                                   []string
	RetryAfter, CacheControl, ContentType, Body string
}

// do sends a request with these fields.
func do(tb testing.TB, srv *httptest.Server, method string, fields http.Header) answer {
	tb.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, srv.URL, nil)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header = fields
	res, err := srv.Client().Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	return read(tb, res, fmt.Sprint(fields))
}

func get(tb testing.TB, srv *httptest.Server, token string) answer {
	tb.Helper()
	fields := http.Header{}
	if token != "" {
		fields.Set("Authorization", "Bearer "+token)
	}
	return do(tb, srv, http.MethodGet, fields)
}

var secrets = regexp.MustCompile(`[A-Za-z0-9_-]{16,}`)

// read fails the test if the response holds part of a token that was sent.
func read(tb testing.TB, res *http.Response, sent string) answer {
	tb.Helper()
	defer res.Body.Close()
	dump, err := httputil.DumpResponse(res, true)
	if err != nil {
		tb.Fatal(err)
	}
	for _, part := range secrets.FindAllString(sent, -1) {
		if strings.Contains(string(dump), part) {
			tb.Errorf("the answer holds %.100s:\n%.2000s", part, dump)
		}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return answer{
		Status:       res.StatusCode,
		Challenge:    res.Header["Www-Authenticate"],
		RetryAfter:   strings.Join(res.Header["Retry-After"], "|"),
		CacheControl: strings.Join(res.Header["Cache-Control"], "|"),
		ContentType:  strings.Join(res.Header["Content-Type"], "|"),
		Body:         string(body),
	}
}

// A challenge without escapes, which none of our values needs.
var (
	wellFormed = regexp.MustCompile(`^Bearer( [a-z_]+="[ !#-\[\]-~]+"(, [a-z_]+="[ !#-\[\]-~]+")*)?$`)
	parameters = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
)

// challenge parses a WWW-Authenticate field (RFC 6750 §3).
func challenge(tb testing.TB, field string) map[string]string {
	tb.Helper()
	if !wellFormed.MatchString(field) {
		tb.Fatalf("the challenge %q is not well formed", field)
	}
	params := map[string]string{}
	for _, p := range parameters.FindAllStringSubmatch(field, -1) {
		if _, twice := params[p[1]]; twice {
			tb.Errorf("the challenge %q has %s twice", field, p[1])
		}
		params[p[1]] = p[2]
	}
	return params
}

// summary returns the status and the error code of an answer, such as
// "401 invalid_token", or "503 retry" and "400 net/http" for those without a
// challenge.
func (a answer) summary(tb testing.TB) string {
	tb.Helper()
	code := ""
	switch {
	case len(a.Challenge) == 1:
		code = challenge(tb, a.Challenge[0])["error"]
		if got := strings.Contains(a.Body, `"error":`); got != (code != "") {
			tb.Errorf("the challenge has the error code %q, the body is %s", code, a.Body)
		}
	case len(a.Challenge) > 1:
		tb.Errorf("%d challenges: %q", len(a.Challenge), a.Challenge)
	case a.RetryAfter != "":
		code = "retry"
	case a.Status == http.StatusBadRequest:
		code = "net/http"
	}
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", code))
}
