package dpop_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

var (
	secret      = bytes.Repeat([]byte("s"), 32)
	otherSecret = bytes.Repeat([]byte("o"), 32)
)

const useNonce = `DPoP realm="api", error="use_dpop_nonce", error_description="The DPoP proof needs the nonce of this response.", algs="ES256"`

// ask sends a proof with a nonce, or without one if nonce is "".
func (s *site) ask(t *testing.T, jti, nonce string) *http.Response {
	t.Helper()
	changes := map[string]any{}
	if nonce != "" {
		changes["nonce"] = nonce
	}
	return serve(s.auth.Handler(page), s.request(s.proof(t, jti, changes)))
}

// TestNonce follows one client through RFC 9449 §9 and §8.2.
func TestNonce(t *testing.T) {
	s := newSite(t, dpop.WithNonces(time.Minute, secret), dpop.WithAlgorithms("ES256"))
	challenged := func(when string, res *http.Response) (nonce string) {
		t.Helper()
		want := []string{`Bearer realm="api"`, useNonce}
		if diff := cmp.Diff(want, res.Header["Www-Authenticate"]); diff != "" || res.StatusCode != 401 {
			t.Errorf("%s: %d (-want +got)\n%s", when, res.StatusCode, diff)
		}
		if got := res.Header["Dpop-Nonce"]; len(got) != 1 || len(got[0]) < 22 || strings.ContainsAny(got[0], "\"\\ ") {
			t.Fatalf("%s: the nonce is %q", when, got)
		}
		if got := res.Header["Cache-Control"]; len(got) != 1 || got[0] != "no-store" {
			t.Errorf("%s: Cache-Control is %q", when, got)
		}
		return res.Header.Get("DPoP-Nonce")
	}
	passes := func(when string, res *http.Response, renewed bool) (nonce string) {
		t.Helper()
		if res.StatusCode != 200 || (len(res.Header["Dpop-Nonce"]) == 1) != renewed {
			t.Errorf("%s: %d with the nonce %q", when, res.StatusCode, res.Header["Dpop-Nonce"])
		}
		if renewed && res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the answer with a nonce may be cached", when)
		}
		return res.Header.Get("DPoP-Nonce")
	}
	first := challenged("no nonce", s.ask(t, "1", ""))
	passes("the nonce", s.ask(t, "2", first), false)
	passes("the nonce again", s.ask(t, "3", first), false)
	challenged("no nonce after one was given", s.ask(t, "4", ""))
	challenged("an empty nonce", serve(s.auth.Handler(page), s.request(s.proof(t, "4b", map[string]any{"nonce": ""}))))
	challenged("a made-up nonce", s.ask(t, "5", "made-up"))
	challenged("a nonce with a letter changed", s.ask(t, "6", "A"+first[1:]+"A"))
	challenged("half a nonce", s.ask(t, "7", first[:11]))

	s.now = today.Add(time.Minute)
	second := passes("the nonce of before", s.ask(t, "8", first), true)
	if second == first {
		t.Error("the new nonce is the old one")
	}
	passes("the new nonce", s.ask(t, "9", second), false)
	s.now = today.Add(2 * time.Minute)
	if third := challenged("a nonce that is too old", s.ask(t, "10", first)); third == first || third == second {
		t.Error("the third nonce is one of those before")
	}
	passes("the second one", s.ask(t, "11", second), true)
	if res := s.ask(t, "11", second); res.StatusCode != 401 || res.Header.Get("DPoP-Nonce") == "" ||
		!strings.Contains(res.Header["Www-Authenticate"][1], "invalid_dpop_proof") {
		t.Errorf("a replay: %d %q, nonce %q", res.StatusCode, res.Header["Www-Authenticate"], res.Header.Get("DPoP-Nonce"))
	}
	behind := newSite(t, dpop.WithNonces(time.Minute, secret))
	passes("a nonce by a clock that is ahead", behind.ask(t, "1", second), false)
}

// TestNonceError: Authenticate returns ErrNonce.
func TestNonceError(t *testing.T) {
	s := newSite(t, dpop.WithNonces(time.Minute, secret))
	_, err := s.auth.Authenticate(s.request(s.proof(t, "1", nil)))
	if !errors.Is(err, dpop.ErrNonce) || errors.Is(err, dpop.ErrProof) || httpauth.Status(err) != 401 {
		t.Errorf("the error is %v", err)
	}
}

// TestNonceOnlyForProofs: an outage, or a request that does not use DPoP, gets
// no nonce.
func TestNonceOnlyForProofs(t *testing.T) {
	s := newSite(t, dpop.WithNonces(time.Minute, secret))
	for name, authorization := range map[string]string{"none": "", "Bearer": "Bearer " + s.tokenFor(nil), "bad token": "DPoP bad"} {
		r := s.request()
		r.Header.Set("Authorization", authorization)
		if got := serve(s.auth.Handler(page), r).Header["Dpop-Nonce"]; got != nil {
			t.Errorf("%s: the nonce is %q", name, got)
		}
	}
}

// TestNonceSecrets: servers with the same secret accept each other's nonces, and
// those of an older secret.
func TestNonceSecrets(t *testing.T) {
	nonceOf := func(opt dpop.Option) string {
		s := newSite(t, opt)
		return s.ask(t, "1", "").Header.Get("DPoP-Nonce")
	}
	nonce := nonceOf(dpop.WithNonces(time.Minute, secret))
	for name, test := range map[string]struct {
		opt     dpop.Option
		status  int
		renewed bool
	}{
		"the same secret":      {dpop.WithNonces(time.Minute, secret), 200, false},
		"an older secret":      {dpop.WithNonces(time.Minute, otherSecret, secret), 200, true},
		"another secret":       {dpop.WithNonces(time.Minute, otherSecret), 401, true},
		"another, and a newer": {dpop.WithNonces(time.Minute, secret, otherSecret), 200, false},
	} {
		res := newSite(t, test.opt).ask(t, "1", nonce)
		if res.StatusCode != test.status || (res.Header.Get("DPoP-Nonce") != "") != test.renewed {
			t.Errorf("%s: %d, nonce %q", name, res.StatusCode, res.Header.Get("DPoP-Nonce"))
		}
	}
	if nonceOf(dpop.WithNonces(time.Minute, secret)) != nonce {
		t.Error("two servers with one secret give two nonces")
	}
	if nonceOf(dpop.WithNonces(time.Minute, otherSecret)) == nonce {
		t.Error("two secrets give one nonce")
	}
}
