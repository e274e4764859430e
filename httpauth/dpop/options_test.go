package dpop_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
)

// TestMistakes: New reports every mistake in one error.
func TestMistakes(t *testing.T) {
	peers := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	short := []byte("short")
	for _, test := range []struct {
		name string
		opt  dpop.Option
		want string
	}{
		{"nil", nil, "an option is nil"},
		{"no algorithm", dpop.WithAlgorithms(), "WithAlgorithms: no algorithm is given"},
		{"symmetric", dpop.WithAlgorithms(keys.HS256), "HS256"},
		{"none", dpop.WithAlgorithms("none"), "none"},
		{"no clock", dpop.WithClock(nil), "WithClock"},
		{"empty base", dpop.WithBaseURL(""), "WithBaseURL"},
		{"base without a scheme", dpop.WithBaseURL("api.example"), "WithBaseURL"},
		{"base with a query", dpop.WithBaseURL("https://api.example?"), "WithBaseURL"},
		{"base with a fragment", dpop.WithBaseURL("https://api.example#"), "WithBaseURL"},
		{"base with a user", dpop.WithBaseURL("https://user@api.example"), "WithBaseURL"},
		{"base of another scheme", dpop.WithBaseURL("ftp://api.example"), "WithBaseURL"},
		{"base that is no URL", dpop.WithBaseURL("https://api.example/%zz"), "WithBaseURL"},
		{"no proxy", dpop.WithProxy(nil, dpop.XForwardedProto), "no proxy is given"},
		{"no field", dpop.WithProxy(peers), "no field is given"},
		{"zero prefix", dpop.WithProxy([]netip.Prefix{{}}, dpop.XForwardedProto), "prefix is invalid"},
		{"unknown field", dpop.WithProxy(peers, "X-Real-Host"), "X-Real-Host"},
		{"two kinds of fields", dpop.WithProxy(peers, dpop.Forwarded, dpop.XForwardedHost), "contradict"},
		{"no period", dpop.WithNonces(0, secret), "period"},
		{"half a second", dpop.WithNonces(time.Second/2, secret), "period"},
		{"a second and a half", dpop.WithNonces(3*time.Second/2, secret), "period"},
		{"short secret", dpop.WithNonces(time.Minute, short), "5 bytes"},
		{"no secret", dpop.WithNonces(time.Minute, nil), "0 bytes"},
		{"short older secret", dpop.WithNonces(time.Minute, secret, short), "5 bytes"},
	} {
		c, err := dpop.New(test.opt, dpop.WithHosts("api.example"))
		if c != nil || err == nil || !strings.HasPrefix(err.Error(), "dpop: ") || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: New = %v, %v; want an error with %q", test.name, c, err, test.want)
		}
	}
	_, err := dpop.New(dpop.WithMaxAge(-1), dpop.WithBaseURL("https://api.example"), dpop.WithProxy(peers, dpop.Forwarded),
		dpop.WithAlgorithms(keys.ES256), dpop.WithAlgorithms(keys.RS256))
	for _, want := range []string{"WithMaxAge", "WithBaseURL and WithProxy contradict", "no algorithm in common"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
	for _, sizes := range [][2]int{{0, 0}, {100, 0}, {100, 7}, {15, 1}, {-1, -1}, {100, -1}} {
		if m, err := dpop.NewMemory(sizes[0], sizes[1]); m != nil || err == nil {
			t.Errorf("NewMemory(%d, %d) = %v, %v", sizes[0], sizes[1], m, err)
		}
	}
}

// TestScheme: member, scheme and challenge parameters are those of RFC 9449.
func TestScheme(t *testing.T) {
	c, err := dpop.New(dpop.WithHosts("api.example"), dpop.WithAlgorithms(keys.RS256, keys.ES256), dpop.WithAlgorithms(keys.ES256, keys.EdDSA, keys.RS256))
	if err != nil {
		t.Fatal(err)
	}
	want := httpauth.Scheme{Name: "DPoP", Parameters: []httpauth.Parameter{{Name: "algs", Value: "ES256 RS256"}}, Fields: []string{"DPoP"}}
	if diff := cmp.Diff(want, c.Scheme()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if c.Member() != "jkt" {
		t.Errorf("the member is %s", c.Member())
	}
	all, err := dpop.New(dpop.WithHosts("api.example"))
	if err != nil {
		t.Fatal(err)
	}
	if got := all.Algorithms(); len(got) != len(keys.Algorithms())-3 || strings.Contains(strings.Join(got, " "), "HS") {
		t.Errorf("the algorithms are %q: want all but the three of HMAC", got)
	}
}
