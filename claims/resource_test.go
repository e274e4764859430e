package claims_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// names reports whether a token for aud is for one of uris.
func names(tb testing.TB, aud any, uris ...string) bool {
	tb.Helper()
	doc, err := json.Marshal(map[string]any{"aud": aud})
	if err != nil {
		tb.Fatal(err)
	}
	err = claims.Resource(uris...).Validate(tb.Context(), parse(tb, string(doc)), time.Time{})
	if err != nil && !errors.Is(err, claims.ErrMismatch) {
		tb.Fatalf("%v: %v", aud, err)
	}
	return err == nil
}

func TestResourceIsCanonical(t *testing.T) {
	for _, test := range []struct {
		name, uri string
		same      []string
	}{
		{"no path", "https://api.example", []string{
			"https://api.example", "https://api.example/", "https://api.example:443", "https://api.example:443/", "HTTPS://API.Example", "hTTps://api.EXAMPLE:443/",
		}},
		{"slash", "https://api.example/", []string{"https://api.example", "https://api.example/", "https://API.example:443"}},
		{"path", "https://api.example/mcp", []string{"https://api.example/mcp", "https://api.example/mcp/", "https://API.example:443/mcp/"}},
		{"path and slash", "https://api.example/mcp/", []string{"https://api.example/mcp", "https://api.example/mcp/"}},
		{"http", "http://localhost:80/mcp", []string{"http://localhost/mcp", "http://LOCALHOST:80/mcp/"}},
		{"port", "https://api.example:8443", []string{"https://api.example:8443/", "https://API.example:8443"}},
		{"query", "https://api.example/?tenant=a", []string{"https://api.example?tenant=a", "https://api.example:443/?tenant=a"}},
		{"IPv6", "https://[2001:db8::1]", []string{"https://[2001:DB8::1]:443/", "https://[2001:db8::1]/"}},
		{"IPv4", "http://127.0.0.1:8080", []string{"http://127.0.0.1:8080/"}},
		{"percent", "https://api.example/%2f", []string{"https://api.example/%2f/"}},
		{"at in the path", "https://api.example/@me", []string{"https://api.example/@me/"}},
		{"another scheme", "custom+a.b-c://api.example:443", []string{"CUSTOM+a.b-c://api.example:443/"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, aud := range test.same {
				if !names(t, aud, test.uri) {
					t.Errorf("%q is not %q", aud, test.uri)
				}
				if !names(t, []string{"x", aud}, "https://other.example", test.uri) {
					t.Errorf("%q among others is not %q", aud, test.uri)
				}
			}
		})
	}
}

// TestResourceRefusesLookalikes: an attacker who may choose an audience gets none
// that counts as another service's.
func TestResourceRefusesLookalikes(t *testing.T) {
	const api = "https://api.example/mcp"
	for _, test := range []struct{ name, uri, aud string }{
		{"another host", api, "https://evil.example/mcp"},
		{"another scheme", api, "http://api.example/mcp"},
		{"the port of another scheme", "http://api.example", "http://api.example:443"},
		{"the port of this scheme, of another", "https://api.example", "https://api.example:80"},
		{"a default port has only http and https", "ws://api.example", "ws://api.example:80"},
		{"another port", api, "https://api.example:444/mcp"},
		{"another path", api, "https://api.example/other"},
		{"no path", api, "https://api.example"},
		{"a path below", api, "https://api.example/mcp/x"},
		{"a path above", "https://api.example/mcp/x", api},
		{"path in another case", api, "https://api.example/MCP"},
		{"two slashes at the end", api, "https://api.example/mcp//"},
		{"two slashes at the end of no path", "https://api.example", "https://api.example//"},
		{"two slashes before", api, "https://api.example//mcp"},
		{"a query", api, "https://api.example/mcp?"},
		{"another query", "https://api.example?a", "https://api.example?b"},
		{"a slash at the end of a query", "https://api.example?a", "https://api.example?a/"},
		{"a fragment", api, "https://api.example/mcp#"},
		{"a fragment hides a host", "https://api.example", "https://api.example#@evil.example"},
		{"dot segments", api, "https://api.example/x/../mcp"},
		{"a dot segment", api, "https://api.example/./mcp"},
		{"percent-encoded letter", api, "https://api.example/%6dcp"},
		{"percent-encoded slash", "https://api.example/a/b", "https://api.example/a%2fb"},
		{"percent-encoding in another case", "https://api.example/%2f", "https://api.example/%2F"},
		{"percent at the end", "https://api.example/", "https://api.example/%"},
		{"percent before one digit", "https://api.example/", "https://api.example/%4"},
		{"percent before no digit", "https://api.example/", "https://api.example/%zz"},
		{"percent-encoded host", "https://api.example", "https://%61pi.example"},

		{"user name", api, "https://api.example@evil.example/mcp"},
		{"user name and password", api, "https://api.example:443@evil.example/mcp"},
		{"user name before the host", api, "https://x@api.example/mcp"},
		{"empty user name", api, "https://@api.example/mcp"},
		{"two user names", api, "https://x@evil.example@api.example/mcp"},
		{"backslash before a user name", "https://api.example", `https://evil.example\@api.example`},
		{"backslash as a slash", "https://api.example/mcp", `https://api.example\mcp`},
		{"backslashes after the scheme", "https://api.example", `https:\\api.example`},
		{"backslash at the end", "https://api.example", `https://api.example\`},
		{"one slash", "https://api.example", "https:/api.example"},
		{"three slashes", "https://api.example", "https:///api.example"},
		{"no scheme", "https://api.example", "//api.example"},
		{"only a host", "https://api.example", "api.example"},
		{"empty scheme", "https://api.example", "://api.example"},
		{"scheme with a digit first", "https://api.example", "1https://api.example"},

		{"kelvin sign in the host", "https://kapi.example", "https://\u212aapi.example"},
		{"long s in the host", "https://sapi.example", "https://\u017fapi.example"},
		{"long s in the scheme", "https://api.example", "http\u017f://api.example"},
		{"full-width letter", "https://api.example", "https://\uff41pi.example"},
		{"ideographic full stop", "https://api.example", "https://api\u3002example"},
		{"full-width slash", api, "https://api.example\uff0fmcp"},
		{"soft hyphen", "https://api.example", "https://a\u00adpi.example"},
		{"dot at the end of the host", "https://api.example", "https://api.example."},
		{"host as a prefix", "https://api.example", "https://api.example.evil.example"},
		{"host as a suffix", "https://api.example", "https://x.api.example"},

		{"empty port", "https://api.example", "https://api.example:"},
		{"empty port before a path", api, "https://api.example:/mcp"},
		{"port with a leading zero", "https://api.example", "https://api.example:0443"},
		{"port with a sign", "https://api.example", "https://api.example:+443"},
		{"port in other digits", "https://api.example", "https://api.example:\u0664\u0664\u0663"},
		{"port wraps around", "https://api.example", "https://api.example:65979"},
		{"port wraps around 32 bits", "https://api.example", "https://api.example:4294967739"},
		{"port with a space", "https://api.example", "https://api.example: 443"},
		{"two ports", "https://api.example", "https://api.example:443:443"},
		{"port only", "https://api.example", "https://:443"},

		{"IPv6 in long form", "https://[::1]", "https://[0:0:0:0:0:0:0:1]"},
		{"IPv6 without brackets", "https://[::1]", "https://::1"},
		{"IPv6 with a zone", "https://[fe80::1]", "https://[fe80::1%25eth0]"},
		{"IPv6 and a name", "https://[::1]", "https://[::1]evil.example"},
		{"IPv6 after a name", "https://[::1]", "https://x[::1]"},
		{"IPv6 not closed", "https://[::1]", "https://[::1"},
		{"IPv6 closed twice", "https://[::1]", "https://[::1]]"},
		{"IPv6 with an empty port", "https://[::1]", "https://[::1]:"},
		{"IPv4 in brackets", "https://127.0.0.1", "https://[127.0.0.1]"},
		{"IPv4 as a number", "https://127.0.0.1", "https://2130706433"},
		{"IPv4 as mapped", "https://127.0.0.1", "https://[::ffff:127.0.0.1]"},
		{"brackets in the path", "https://api.example/a", "https://api.example/a[]"},

		{"space before", "https://api.example", " https://api.example"},
		{"space after", "https://api.example", "https://api.example "},
		{"line feed", "https://api.example", "https://api.example\n"},
		{"tab in the host", "https://api.example", "https://api\t.example"},
		{"NUL", "https://api.example", "https://api.example\x00"},
		{"NUL before another host", "https://api.example", "https://api.example\x00.evil.example"},
		{"quote", "https://api.example", `https://api.example"`},
		{"caret", "https://api.example/a", "https://api.example/a^"},
		{"empty", "https://api.example", ""},
		{"two URIs in one", "https://api.example", "https://api.example,https://api.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if names(t, test.aud, test.uri) {
				t.Errorf("%q counts as %q", test.aud, test.uri)
			}
			if !names(t, []string{test.aud, test.uri}, test.uri) {
				t.Errorf("%q hides %q", test.aud, test.uri)
			}
		})
	}
}

func TestResourceNeedsAnAudience(t *testing.T) {
	v := claims.Resource("https://api.example")
	verdict(t, v, parse(t, `{}`), time.Time{}, claims.ErrMissing)
	verdict(t, v, parse(t, `{"aud":[]}`), time.Time{}, claims.ErrMismatch)
	verdict(t, v, &claims.Set{Audience: []string{"https://api.example/"}}, time.Time{}, nil)
	err := v.Validate(t.Context(), parse(t, `{"aud":"http://api.example/"}`), time.Time{})
	if want := `claims: aud: not the expected value: it is "http://api.example/", expected "https://api.example"`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// TestResourcePanics at a URI that it could not compare, and never shows it: it may
// hold a password.
func TestResourcePanics(t *testing.T) {
	for _, test := range []struct {
		name string
		uris []string
		want string
	}{
		{"none", nil, "claims: Resource: no URI is given"},
		{"empty", []string{""}, "claims: Resource: URI 1 is empty; is a variable unset?"},
		{"fragment", []string{"https://api.example#s3cret"}, "claims: Resource: URI 1 has a fragment, which RFC 8707 §2 forbids"},
		{"user name", []string{"https://api.example", "https://a:s3cret@api.example"}, "claims: Resource: URI 2 has a user name or password before its host"},
		{"no scheme", []string{"api.example/s3cret"}, "claims: Resource: URI 1 has no scheme; write it like https://api.example"},
		{"a name", []string{"urn:s3cret:api"}, "claims: Resource: URI 1 has no scheme; write it like https://api.example"},
		{"no host", []string{"https:///s3cret"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"port", []string{"https://api.example:0443"}, "claims: Resource: URI 1 has a port that is not a number from 1 to 65535 without leading zeros"},
		{"Unicode", []string{"https://\u212aapi.example"}, "claims: Resource: URI 1 has a byte that is not allowed in a URI (RFC 3986 §2)"},
		{"port too large", []string{"https://api.example:65536"}, "claims: Resource: URI 1 has a port that is not a number from 1 to 65535 without leading zeros"},
		{"empty port", []string{"https://api.example:/"}, "claims: Resource: URI 1 has a port that is not a number from 1 to 65535 without leading zeros"},
		{"backslash", []string{`https://api.example\s3cret`}, "claims: Resource: URI 1 has a byte that is not allowed in a URI (RFC 3986 §2)"},
		{"percent", []string{"https://api.example/%s3cret"}, "claims: Resource: URI 1 has a byte that is not allowed in a URI (RFC 3986 §2)"},
		{"percent at the end", []string{"https://api.example/%4"}, "claims: Resource: URI 1 has a byte that is not allowed in a URI (RFC 3986 §2)"},
		{"brackets in the path", []string{"https://api.example/[s3cret]"}, "claims: Resource: URI 1 has a byte that is not allowed in a URI (RFC 3986 §2)"},
		{"percent in the host", []string{"https://%61pi.example"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"comma in the host", []string{"https://a,b"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"zone", []string{"https://[fe80::1%25eth0]"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"IPv4 in brackets", []string{"https://[127.0.0.1]"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"a name in brackets", []string{"https://[v1.x]"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"IPv6 without brackets", []string{"https://::1"}, "claims: Resource: URI 1 has no host, or one that is not a name or address"},
		{"digit first", []string{"1https://api.example"}, "claims: Resource: URI 1 has no scheme; write it like https://api.example"},
		{"user in the scheme", []string{"a@b://api.example"}, "claims: Resource: URI 1 has no scheme; write it like https://api.example"},
		{"all", []string{"", "https://api.example/", "a"}, "claims: Resource: URI 1 is empty; is a variable unset?; URI 3 has no scheme; write it like https://api.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panic: %v\nwant %s", got, test.want)
				}
			}()
			claims.Resource(test.uris...)
		})
	}
}

// FuzzResource compares with net/url: what Resource takes for the same is the same
// to net/url, apart from what Resource ignores.
func FuzzResource(f *testing.F) {
	f.Add("https://api.example/mcp", "HTTPS://API.example:443/mcp/")
	f.Add("https://[::1]:8080", "https://[::1]:8080/")
	f.Add("https://api.example", `https://evil.example\@api.example`)
	f.Add("http://a?x=%20", "http://A:80/?x=%20")
	f.Fuzz(func(t *testing.T, uri, aud string) {
		v := resource(uri)
		if v == nil {
			return
		}
		accepts := func(aud string) bool {
			return v.Validate(t.Context(), &claims.Set{Audience: []string{aud}}, time.Time{}) == nil
		}
		if !accepts(uri) {
			t.Fatalf("%q is not itself", uri)
		}
		if !accepts(aud) {
			return
		}
		if other := resource(aud); other == nil || other.Validate(t.Context(), &claims.Set{Audience: []string{uri}}, time.Time{}) != nil {
			t.Fatalf("%q is %q, and not the other way round", aud, uri)
		}
		if a, b := canonical(t, uri), canonical(t, aud); a != b {
			t.Fatalf("%q counts as %q; net/url reads %s and %s", aud, uri, b, a)
		}
	})
}

// resource is nil where Resource panics.
func resource(uri string) (v claims.Validator) {
	defer func() { _ = recover() }()
	return claims.Resource(uri)
}

func canonical(t *testing.T, uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatalf("%q is accepted, and net/url says %v", uri, err)
	}
	if u.User != nil || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" {
		t.Fatalf("%q is accepted: %+v", uri, u)
	}
	port := u.Port()
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		port = ""
	}
	query := u.RawQuery
	if u.ForceQuery {
		query = "?"
	}
	return strings.Join([]string{u.Scheme, strings.ToLower(u.Hostname()), port, strings.TrimSuffix(u.EscapedPath(), "/"), query}, "\n")
}
