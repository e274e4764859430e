package conformance_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// now is the time of all tests that do not say otherwise.
var now = time.Unix(1_700_000_000, 0)

func clock() time.Time { return now }

// good are claims that every verifier with default options accepts.
const good = `{"sub":"user-123","exp":1700000060}`

// newVerifier has the clock of the tests; opts can replace it.
func newVerifier(tb testing.TB, p keys.Provider, opts ...verifier.Option) *verifier.Keyed {
	tb.Helper()
	v, err := verifier.New(p, append([]verifier.Option{verifier.WithClock(clock)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// accepts fails the test when raw is refused.
func accepts(t *testing.T, v verifier.Verifier, raw string) *verifier.Token {
	t.Helper()
	note(raw)
	tok, err := v.Verify(t.Context(), raw)
	if err != nil || tok == nil {
		t.Fatalf("Verify = %v, %v; want the token", tok, err)
	}
	return tok
}

// refuses fails the test unless raw is refused for that reason, without a
// token and without text of raw in the message.
func refuses(t *testing.T, v verifier.Verifier, raw string, want error, reason string) {
	t.Helper()
	note(raw)
	tok, err := v.Verify(t.Context(), raw)
	switch {
	case tok != nil || err == nil:
		t.Fatalf("%.80q is accepted: %v, %v; want %v (%s)", raw, tok, err, want, reason)
	case !errors.Is(err, want) || verifier.Reason(err) != reason:
		t.Errorf("%.80q: %v (%s); want %v (%s)", raw, err, verifier.Reason(err), want, reason)
	case verifier.Classify(err) == verifier.Invalid != errors.Is(err, verifier.ErrInvalidToken):
		t.Errorf("%.80q: %v is classified as %v", raw, err, verifier.Classify(err))
	}
	if len(raw) > 4<<10 {
		return // to take it apart would cost more than what is measured
	}
	for _, part := range strings.Split(raw, ".") {
		if len(part) > 16 && strings.Contains(err.Error(), part) {
			t.Errorf("the message holds a part of the token: %v", err)
		}
	}
}

func malformed(t *testing.T, v verifier.Verifier, raw string) {
	t.Helper()
	refuses(t, v, raw, verifier.ErrMalformed, "malformed")
}

func wrongAlgorithm(t *testing.T, v verifier.Verifier, raw string) {
	t.Helper()
	refuses(t, v, raw, verifier.ErrAlgorithm, "algorithm")
}

func badSignature(t *testing.T, v verifier.Verifier, raw string) {
	t.Helper()
	refuses(t, v, raw, verifier.ErrSignature, "signature")
}

func unknownKey(t *testing.T, v verifier.Verifier, raw string) {
	t.Helper()
	refuses(t, v, raw, verifier.ErrUnknownKey, "unknown_key")
}

// newRemote provides what is published at url, and never by a proxy.
func newRemote(t *testing.T, url string, opts ...keys.Option) *keys.Remote {
	t.Helper()
	r, err := keys.NewRemote(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answers is an HTTP client without a network: it counts requests and answers
// each with f.
type answers func(r *http.Request) (*http.Response, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
