package issuers_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestWatcherFollowsAnIssuer: a stream ends when its issuer is no longer in force.
func TestWatcherFollowsAnIssuer(t *testing.T) {
	a, b := verifiertest.NewIssuer(t), verifiertest.NewIssuer(t)
	refs := []string{"oidc:" + a.URL + "?aud=api", "oidc:" + b.URL + "?aud=api"}
	v, err := issuers.Open(t.Context(), refs[0]+","+refs[1], issuers.WithKeys(keys.WithHTTPClient(trusting(a, b))))
	if err != nil {
		t.Fatal(err)
	}
	watch := func(i *verifiertest.Issuer) context.Context {
		raw := i.Sign(map[string]any{"iss": i.URL, "sub": "x", "aud": "api", "exp": time.Now().Add(time.Hour).Unix()})
		tok, err := v.Verify(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), tok)
		t.Cleanup(stop)
		return ctx
	}
	left, gone := watch(a), watch(b)
	if err := v.Replace(t.Context(), refs[0]); err != nil {
		t.Fatal(err)
	}
	<-gone.Done()
	if cause := context.Cause(gone); !errors.Is(cause, verifier.ErrInvalidToken) {
		t.Errorf("the stream of the issuer that was removed ended with %v", cause)
	}
	if left.Err() != nil {
		t.Errorf("the other stream ended with %v", context.Cause(left))
	}
	if (&issuers.Issuer{}).Unwrap() != nil {
		t.Error("a zero Issuer has a verifier")
	}
}

// trusting returns a client that trusts the certificates of all of them.
func trusting(all ...*verifiertest.Issuer) *http.Client {
	byHost := map[string]http.RoundTripper{}
	for _, i := range all {
		u, _ := url.Parse(i.URL)
		byHost[u.Host] = i.Client().Transport
	}
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return byHost[r.URL.Host].RoundTrip(r)
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
