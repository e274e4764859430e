package dpop_test

import (
	"bufio"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestTarget: the connection says how the client called the server, unless a
// base URL or a trusted proxy says otherwise. Every host is allowed here;
// TestS01HostsAreAllowed is about those that are not.
func TestTarget(t *testing.T) {
	peers := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	all := []dpop.ProxyField{dpop.XForwardedProto, dpop.XForwardedHost, dpop.XForwardedPrefix}
	xfp, xfh, prefix := dpop.WithProxy(peers, dpop.XForwardedProto), dpop.WithProxy(peers, dpop.XForwardedHost), dpop.WithProxy(peers, all...)
	fwd := dpop.WithProxy(peers, dpop.Forwarded)
	const proxy, other = "10.1.2.3:5000", "203.0.113.7:5000"
	const plain, secure = "http://backend:8080/items", "https://api.example/items"
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, test := range []struct {
		name   string
		opt    dpop.Option
		peer   string
		fields http.Header
		target string // what the server gets
		htu    string // what passes; "" if nothing does, "503" if that is the server's fault
	}{
		{"the connection", nil, other, nil, plain, plain},
		{"TLS", nil, other, nil, secure, secure},
		{"nobody is trusted", nil, proxy, header("X-Forwarded-Proto", "https", "X-Forwarded-Host", "api.example", "Forwarded", "proto=https;host=api.example"), plain, plain},
		{"base URL", dpop.WithBaseURL("https://api.example"), other, nil, plain, secure},
		{"base URL with a slash", dpop.WithBaseURL("https://api.example/"), other, nil, plain, secure},
		{"base URL with a path", dpop.WithBaseURL("HTTPS://API.example:443/v1/"), other, nil, plain, "https://api.example/v1/items"},
		{"base URL, regardless of the fields", dpop.WithBaseURL("https://api.example"), proxy, header("Host", "evil.example", "X-Forwarded-Host", "evil.example"), plain, secure},

		{"proto of a proxy", xfp, proxy, header("X-Forwarded-Proto", "https"), "http://api.example/items", secure},
		{"proto of a proxy on IPv6", xfp, "[fd00::1]:5000", header("X-Forwarded-Proto", "https"), "http://api.example/items", secure},
		{"proto of a proxy on IPv4 in IPv6", xfp, "[::ffff:10.0.0.1]:5000", header("X-Forwarded-Proto", "https"), "http://api.example/items", secure},
		{"proto in upper case", xfp, proxy, header("X-Forwarded-Proto", " HTTPS "), "http://api.example/items", secure},
		{"proto of somebody", xfp, other, header("X-Forwarded-Proto", "https"), plain, plain},
		{"proto of an unknown peer", xfp, "@", header("X-Forwarded-Proto", "https"), plain, "503"},
		{"a proxy that sets no field", xfp, proxy, nil, plain, plain},
		{"a field that is not trusted", xfp, proxy, header("X-Forwarded-Host", "evil.example"), plain, plain},
		{"two fields", xfp, proxy, header("X-Forwarded-Proto", "https", "X-Forwarded-Proto", "https"), "http://api.example/items", "503"},
		{"two values", xfp, proxy, header("X-Forwarded-Proto", "https, https"), "http://api.example/items", "503"},
		{"another scheme", xfp, proxy, header("X-Forwarded-Proto", "ftp"), "http://api.example/items", "503"},
		{"empty proto", xfp, proxy, header("X-Forwarded-Proto", ""), "http://api.example/items", "503"},
		{"host of a proxy", xfh, proxy, header("X-Forwarded-Host", "api.example:8080"), plain, "http://api.example:8080/items"},
		{"two hosts", xfh, proxy, header("X-Forwarded-Host", "api.example,evil.example"), plain, "503"},
		{"host with a path", xfh, proxy, header("X-Forwarded-Host", "api.example/items"), plain, "503"},
		{"host with a user", xfh, proxy, header("X-Forwarded-Host", "a@api.example"), plain, "503"},
		{"empty host", xfh, proxy, header("X-Forwarded-Host", ""), plain, "503"},
		{"all of a proxy", prefix, proxy, header("X-Forwarded-Proto", "https", "X-Forwarded-Host", "api.example", "X-Forwarded-Prefix", "/v1/"), plain, "https://api.example/v1/items"},
		{"prefix without a slash", prefix, proxy, header("X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "v1"), plain, "503"},

		{"Forwarded", fwd, proxy, header("Forwarded", "for=192.0.2.60;proto=https;by=203.0.113.43; Host=api.example"), plain, secure},
		{"Forwarded in quotes", fwd, proxy, header("Forwarded", `for="[2001:db8::1]";proto="https";host="api.example:443"`), plain, secure},
		{"Forwarded with the half", fwd, proxy, header("Forwarded", `proto=https`), "http://api.example/items", secure},
		{"Forwarded of somebody", fwd, other, header("Forwarded", "proto=https;host=evil.example"), plain, plain},
		{"Forwarded by two", fwd, proxy, header("Forwarded", "proto=https;host=api.example, for=10.0.0.1"), plain, "503"},
		{"Forwarded twice", fwd, proxy, header("Forwarded", "proto=https;host=api.example", "Forwarded", "for=10.0.0.1"), plain, "503"},
		{"Forwarded with two hosts", fwd, proxy, header("Forwarded", "host=api.example;host=evil.example"), plain, "503"},
		{"Forwarded with escapes", fwd, proxy, header("Forwarded", `host="api\.example"`), plain, "503"},
		{"Forwarded without a value", fwd, proxy, header("Forwarded", "host=;proto=https"), plain, "503"},
		{"Forwarded that is none", fwd, proxy, header("Forwarded", "https"), plain, "503"},
		{"empty Forwarded", fwd, proxy, header("Forwarded", ""), plain, "503"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := []dpop.Option{dpop.WithHosts("backend:8080", "api.example", "api.example:8080", "evil.example")}
			switch {
			case strings.HasPrefix(test.name, "base"):
				opts = []dpop.Option{test.opt}
			case test.opt != nil:
				opts = append(opts, test.opt)
			}
			s := newSite(t)
			s.auth = s.guard(t, s.bare(t, opts...))
			broken := test.htu == "503"
			for i, htu := range []string{plain, secure, "http://api.example/items", "https://backend:8080/items", "https://evil.example/items", "http://evil.example/items", "http://api.example,evil.example/items", test.htu} {
				if htu == "" || htu == "503" {
					continue
				}
				r := httptest.NewRequest(http.MethodGet, test.target, nil)
				r.Header = test.fields.Clone()
				if r.Header == nil {
					r.Header = http.Header{}
				}
				r.RemoteAddr = test.peer
				r.Header.Set("Authorization", "DPoP "+s.token)
				r.Header.Set("DPoP", s.proof(t, string(rune('a'+i)), map[string]any{"htu": htu}))
				_, err := s.auth.Authenticate(r)
				if (err == nil) != (htu == test.htu) {
					t.Errorf("htu %s: %v", htu, err)
				}
				if status := httpauth.Status(err); err != nil && (status == 503) != broken || err != nil && errors.Is(err, verifier.ErrInvalidToken) == broken {
					t.Errorf("htu %s: %d, %v", htu, status, err)
				}
			}
		})
	}
}

// TestRequestTarget reads requests as a server does: in each form of RFC 9112
// §3.2, and behind handlers that change the path.
func TestRequestTarget(t *testing.T) {
	s := newSite(t, dpop.WithHosts("api.example:443"))
	guarded := s.auth.Handler(page)
	for _, test := range []struct {
		name, line, htu string
		h               http.Handler
	}{
		{"origin-form", "GET /items?page=1", "http://api.example/items", guarded},
		{"absolute-form", "GET http://api.example/items?page=1", "http://api.example/items", guarded},
		{"asterisk-form", "OPTIONS *", "http://api.example", guarded},
		{"authority-form", "CONNECT api.example:443", "", guarded},
		{"escapes", "GET /a%2fb%20c/%7e", "http://api.example/a%2Fb%20c/~", guarded},
		{"what should have been escaped", "GET /a|b^\u00e9", "http://api.example/a|b^\u00e9", guarded},
		{"what should have been escaped, and is in htu", "GET /a|b", "http://api.example/a%7Cb", guarded},
		{"dots", "GET /a/../items", "http://api.example/items", guarded},
		{"two slashes", "GET //items", "http://api.example//items", guarded},
		{"StripPrefix before", "GET /v1/items", "http://api.example/v1/items", http.StripPrefix("/v1", guarded)},
		{"ServeMux before", "GET /items/7", "http://api.example/items/7", func() http.Handler {
			mux := http.NewServeMux()
			mux.Handle("GET /items/{id}", guarded)
			return mux
		}()},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(test.line + " HTTP/1.1\r\nHost: api.example\r\n\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			method, _, _ := strings.Cut(test.line, " ")
			htu := test.htu
			if htu == "" {
				htu = "http://api.example:443/"
			}
			r.Header.Set("Authorization", "DPoP "+s.token)
			r.Header.Set("DPoP", s.proof(t, test.name, map[string]any{"htm": method, "htu": htu}))
			res := serve(test.h, r)
			if want := test.htu != ""; (res.StatusCode == 200) != want {
				t.Errorf("the answer is %d %q", res.StatusCode, res.Header["Www-Authenticate"])
			}
		})
	}
	r, err := http.NewRequest(http.MethodGet, "http://api.example/items", nil) // not from a server
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "DPoP "+s.token)
	r.Header.Set("DPoP", s.proof(t, "none", map[string]any{"htu": "http://api.example/items"}))
	if _, err := s.auth.Authenticate(r); err != nil {
		t.Error(err)
	}
}
