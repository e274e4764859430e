package dpop_test

import (
	"net/netip"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// TestNormalize checks the normalizations of RFC 3986 §6.2.2 and §6.2.3, and
// URIs that must stay different. "" means refused.
func TestNormalize(t *testing.T) {
	for _, test := range []struct{ name, uri, want string }{
		{"as it is", "https://api.example/items", "https://api.example/items"},
		{"scheme in upper case", "HTTPS://api.example/items", "https://api.example/items"},
		{"host in upper case", "https://API.Example/items", "https://api.example/items"},
		{"path keeps its case", "https://api.example/Items", "https://api.example/Items"},
		{"default port", "https://api.example:443/items", "https://api.example/items"},
		{"default port of http", "http://api.example:80/items", "http://api.example/items"},
		{"port of the other scheme", "https://api.example:80/items", "https://api.example:80/items"},
		{"port", "https://api.example:8443/items", "https://api.example:8443/items"},
		{"port that begins alike", "https://api.example:4430/items", "https://api.example:4430/items"},
		{"empty port", "https://api.example:/items", "https://api.example/items"},
		{"IPv6", "https://[2001:DB8::1]:443/items", "https://[2001:db8::1]/items"},
		{"IPv6 in another spelling", "https://[2001:db8:0:0:0:0:0:1]/items", "https://[2001:db8::1]/items"},
		{"IPv6 with a port", "https://[::1]:8443/items", "https://[::1]:8443/items"},
		{"IPv6 that ends like a port", "https://[::443]/items", "https://[::443]/items"},
		{"WebSocket", "wss://api.example:443/items", "https://api.example/items"},
		{"WebSocket without TLS", "WS://api.example:80/items", "http://api.example/items"},
		{"empty path", "https://api.example", "https://api.example/"},
		{"empty path and query", "https://api.example?a", "https://api.example/"},
		{"root", "https://api.example/", "https://api.example/"},
		{"slash at the end", "https://api.example/items/", "https://api.example/items/"},
		{"two slashes", "https://api.example//items//1", "https://api.example//items//1"},
		{"query", "https://api.example/items?a=/../b", "https://api.example/items"},
		{"empty query", "https://api.example/items?", "https://api.example/items"},
		{"fragment", "https://api.example/items#a?b", "https://api.example/items"},
		{"escape in lower case", "https://api.example/%c3%a9%2f", "https://api.example/%C3%A9%2F"},
		{"escape that is not needed", "https://api.example/%69%74%65%6D%73%2D%2e%5f%7E%30", "https://api.example/items-._~0"},
		{"escapes that are", "https://api.example/a%2Fb%3Fc%25d%20e%2B", "https://api.example/a%2Fb%3Fc%25d%20e%2B"},
		{"escape of an escape", "https://api.example/%2569", "https://api.example/%2569"},
		{"reserved letters", "https://api.example/a;b=c,d!e$f&g'(h)*i+j:k@l", "https://api.example/a;b=c,d!e$f&g'(h)*i+j:k@l"},
		{"dot", "https://api.example/./a/./b/.", "https://api.example/a/b/"},
		{"two dots", "https://api.example/a/../b/c/..", "https://api.example/b/"},
		{"two dots beyond the root", "https://api.example/../../a", "https://api.example/a"},
		{"nothing but dots", "https://api.example/a/..", "https://api.example/"},
		{"one dot alone", "https://api.example/.", "https://api.example/"},
		{"escaped dots", "https://api.example/a/%2E%2e/b", "https://api.example/b"},
		{"example of RFC 3986 §5.2.4", "https://x.example/a/b/c/./../../g", "https://x.example/a/g"},
		{"example of RFC 3986 §6.2.2", "https://x.example/b/c/%7Bfoo%7D/../%7bfoo%7d", "https://x.example/b/c/%7Bfoo%7D"},
		{"dots and empty segments", "https://api.example/a//../b", "https://api.example/a/b"},
		{"three dots", "https://api.example/.../a", "https://api.example/.../a"},

		{"empty", "", ""},
		{"path", "/items", ""},
		{"no scheme", "//api.example/items", ""},
		{"another scheme", "ftp://api.example/items", ""},
		{"opaque", "https:api.example/items", ""},
		{"no host", "https:///items", ""},
		{"port alone", "https://:443/items", ""},
		{"user", "https://user@api.example/items", ""},
		{"empty user", "https://@api.example/items", ""},
		{"user and password", "https://a:b@api.example/items", ""},
		{"bad escape", "https://api.example/%zz", ""},
		{"cut escape", "https://api.example/%2", ""},
		{"escape in the host", "https://api%2eexample/items", ""},
		{"backslash in the host", `https://api.example\@evil.example/`, ""},
		{"host beyond ASCII", "https://\u0430pi.example/", ""},
		{"host with a letter that folds to k", "https://\u212aey.example/", ""},
		{"host with a letter that folds to s", "https://\u017fite.example/", ""},
		{"IPv6 with a zone", "https://[fe80::1%25eth0]/", ""},
		{"port too large", "https://api.example:65536/", ""},
		{"port with a zero", "https://api.example:0443/", ""},
		{"path beyond ASCII", "https://api.example/\u00e9", "https://api.example/%C3%A9"},
		{"space", "https://api.example/a b", "https://api.example/a%20b"},
		{"line break", "https://api.example/a\r\nb", ""},
		{"NUL", "https://api.example/\x00", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := dpop.Normalize(test.uri)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("%q is %q, %v; want %q", test.uri, got, err, test.want)
			}
		})
	}
}

// FuzzNormalize: a normal form stays as it is, and net/url and path read it as the
// same scheme, host and path.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{items, "HTTP://A:80/%7e/./../b?c#d", "https://[::1]:443", "https://a//..", "https://a/%2e%2E/%2F", "https://a/\u00e9", "https://a/%2e%2E/52F"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		got, err := dpop.Normalize(uri)
		if err != nil {
			if got != "" {
				t.Fatalf("%q and an error", got)
			}
			return
		}
		if again, err := dpop.Normalize(got); again != got || err != nil {
			t.Fatalf("%q is %q, and that %q, %v", uri, got, again, err)
		}
		was, err := url.Parse(uri)
		is, err2 := url.Parse(got)
		if err != nil || err2 != nil {
			t.Fatalf("%q: %v; %q: %v", uri, err, got, err2)
		}
		sameHost := strings.EqualFold(was.Hostname(), is.Hostname())
		if a, err := netip.ParseAddr(was.Hostname()); err == nil {
			b, err := netip.ParseAddr(is.Hostname())
			sameHost = err == nil && a == b
		}
		if !strings.EqualFold(strings.Replace(strings.ToLower(was.Scheme), "ws", "http", 1), is.Scheme) || !sameHost || is.RawQuery+is.Fragment != "" || is.User != nil {
			t.Fatalf("%q is %q", uri, got)
		}
		if strings.Contains(was.Path, "//") || strings.Contains(strings.ToUpper(was.EscapedPath()), "%2F") {
			return // path.Clean would join what is apart
		}
		if want := path.Clean("/" + was.Path); strings.TrimSuffix(is.Path, "/") != strings.TrimSuffix(want, "/") {
			t.Fatalf("the path of %q is %q, package path says %q", uri, is.Path, want)
		}
	})
}
