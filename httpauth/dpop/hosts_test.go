package dpop_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// TestS01HostsAreAllowed: a proof for a host that is not allowed is refused,
// even if the request or a proxy names that host.
func TestS01HostsAreAllowed(t *testing.T) {
	peers := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	hosts := dpop.WithHosts("api.example", "API.example:8443", "[2001:DB8::1]", "[::1]:8443")
	base := dpop.WithBaseURL("https://api.example")
	bases := dpop.WithBaseURL("https://api.example", "https://b.example/v1", "https://[2001:db8::1]")
	through := func(f dpop.ProxyField) []dpop.Option { return []dpop.Option{hosts, dpop.WithProxy(peers, f)} }
	one := func(o dpop.Option) []dpop.Option { return []dpop.Option{o} }
	for _, test := range []struct {
		name  string
		opts  []dpop.Option
		host  string
		field string // of a proxy, "Name: value"
		htu   string
		want  int
	}{
		{"allowed", one(hosts), "api.example", "", "https://api.example/items", 200},
		{"in another case", one(hosts), "API.EXAMPLE", "", "https://Api.Example/items", 200},
		{"with the usual port", one(hosts), "api.example:443", "", "https://api.example/items", 200},
		{"with an allowed port", one(hosts), "api.example:8443", "", "https://api.example:8443/items", 200},
		{"IPv6", one(hosts), "[2001:db8:0::1]", "", "https://[2001:db8::1]/items", 200},
		{"IPv6 with a port", one(hosts), "[::1]:8443", "", "https://[0:0::1]:8443/items", 200},
		{"evil", one(hosts), "evil.example", "", "https://evil.example/items", 401},
		{"a part of it", one(hosts), "example", "", "https://example/items", 401},
		{"below it", one(hosts), "x.api.example", "", "https://x.api.example/items", 401},
		{"a dot at the end", one(hosts), "api.example.", "", "https://api.example./items", 401},
		{"a dot at the end of one", one(hosts), "api.example.", "", "https://api.example/items", 401},
		{"another port", one(hosts), "api.example:8444", "", "https://api.example:8444/items", 401},
		{"the port of the other scheme", one(hosts), "api.example:80", "", "https://api.example:80/items", 401},
		{"IPv6 with another port", one(hosts), "[::1]", "", "https://[::1]/items", 401},
		{"IPv4 in IPv6", one(hosts), "[::ffff:127.0.0.1]:8443", "", "https://[::ffff:127.0.0.1]:8443/items", 401},
		{"a letter that folds", one(dpop.WithHosts("key.example")), "\u212aey.example", "", "https://\u212aey.example/items", 401},
		{"no host", one(hosts), "", "", "https:///items", 401},
		{"a user", one(hosts), "api.example@evil.example", "", "https://evil.example/items", 401},

		{"of a proxy", through(dpop.XForwardedHost), "backend", "X-Forwarded-Host: api.example", "https://api.example/items", 200},
		{"of a proxy, evil", through(dpop.XForwardedHost), "backend", "X-Forwarded-Host: evil.example", "https://evil.example/items", 401},
		{"of a proxy, with a dot", through(dpop.XForwardedHost), "backend", "X-Forwarded-Host: api.example.", "https://api.example./items", 401},
		{"of a proxy that leaves it out", through(dpop.XForwardedHost), "evil.example", "", "https://evil.example/items", 401},
		{"of a proxy that leaves an allowed one", through(dpop.XForwardedProto), "api.example", "X-Forwarded-Proto: https", "https://api.example/items", 200},
		{"Forwarded", through(dpop.Forwarded), "backend", "Forwarded: host=api.example", "https://api.example/items", 200},
		{"Forwarded, evil", through(dpop.Forwarded), "api.example", "Forwarded: host=evil.example", "https://evil.example/items", 401},

		{"base", one(base), "backend", "", "https://api.example/items", 200},
		{"base, evil", one(base), "evil.example", "", "https://evil.example/items", 401},
		{"bases: the first", one(bases), "api.example", "", "https://api.example/items", 200},
		{"bases: the second", one(bases), "b.example:443", "", "https://b.example/v1/items", 200},
		{"bases: IPv6", one(bases), "[2001:DB8::1]", "", "https://[2001:db8::1]/items", 200},
		{"bases: without its path", one(bases), "b.example", "", "https://b.example/items", 401},
		{"bases: the one that the request does not name", one(bases), "b.example", "", "https://api.example/items", 401},
		{"bases: no host of them is named", one(bases), "backend:8080", "", "https://b.example/v1/items", 200},
		{"bases: evil", one(bases), "evil.example", "", "https://evil.example/items", 401},
		{"bases in two options", []dpop.Option{base, dpop.WithBaseURL("https://b.example")}, "b.example", "", "https://b.example/items", 200},
		{"hosts in two options", []dpop.Option{hosts, dpop.WithHosts("b.example")}, "api.example", "", "https://api.example/items", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			auth := s.guard(t, s.bare(t, test.opts...))
			r := s.request(s.proof(t, "1", map[string]any{"htu": test.htu}))
			r.Host, r.RemoteAddr = test.host, "10.0.0.1:5000"
			if name, value, ok := strings.Cut(test.field, ": "); ok {
				r.Header.Set(name, value)
			}
			_, err := auth.Authenticate(r)
			if got := httpauth.Status(err); got != test.want {
				t.Errorf("%d %v, want %d", got, err, test.want)
			}
		})
	}
}

// TestS01HostsOnTheWire sends what a client can send: another Host, and the
// absolute form, which overrides it.
func TestS01HostsOnTheWire(t *testing.T) {
	s := newSite(t)
	srv := httptest.NewUnstartedServer(nil)
	here := srv.Listener.Addr().String()
	srv.Config.Handler = s.guard(t, s.bare(t, dpop.WithHosts(here))).Handler(page)
	srv.Start()
	t.Cleanup(srv.Close)
	for i, test := range []struct {
		name, target, host, htu string
		want                    int
	}{
		{"as it is", "/items", here, "http://" + here + "/items", 200},
		{"absolute form", "http://" + here + "/items", "evil.example", "http://" + here + "/items", 200},
		{"another Host", "/items", "evil.example", "http://evil.example/items", 401},
		{"another Host in the absolute form", "http://evil.example/items", here, "http://evil.example/items", 401},
	} {
		c, err := net.Dial("tcp", here)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAuthorization: DPoP %s\r\nDPoP: %s\r\n\r\n",
			test.target, test.host, s.token, s.proof(t, fmt.Sprint(i), map[string]any{"htu": test.htu}))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.Close(); res.StatusCode != test.want {
			t.Errorf("%s: %d, want %d", test.name, res.StatusCode, test.want)
		}
	}
}

// TestS01NewNeedsHosts: New fails without hosts, and with one that no client
// calls.
func TestS01NewNeedsHosts(t *testing.T) {
	for name, opts := range map[string][]dpop.Option{
		"nothing":             nil,
		"a proxy alone":       {dpop.WithProxy([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, dpop.XForwardedHost)},
		"no base":             {dpop.WithBaseURL()},
		"an empty base":       {dpop.WithBaseURL("https://api.example", "")},
		"no host":             {dpop.WithHosts()},
		"an empty host":       {dpop.WithHosts("api.example", "")},
		"a blank host":        {dpop.WithHosts(" ")},
		"a space":             {dpop.WithHosts("api.example ")},
		"a URL":               {dpop.WithHosts("https://api.example")},
		"a path":              {dpop.WithHosts("api.example/")},
		"a user":              {dpop.WithHosts("user@api.example")},
		"a list":              {dpop.WithHosts("api.example,b.example")},
		"a dot at the end":    {dpop.WithHosts("api.example.")},
		"a dot before a port": {dpop.WithHosts("api.example.:8443")},
		"a dot of a base":     {dpop.WithBaseURL("https://api.example./")},
		"a pattern":           {dpop.WithHosts("*.example")},
		"a port alone":        {dpop.WithHosts(":8443")},
		"an empty port":       {dpop.WithHosts("api.example:")},
		"a name for a port":   {dpop.WithHosts("api.example:https")},
		"a port too large":    {dpop.WithHosts("api.example:65536")},
		"IPv6 bare":           {dpop.WithHosts("2001:db8::1")},
		"IPv6 with a zone":    {dpop.WithHosts("[fe80::1%25eth0]")},
		"not ASCII":           {dpop.WithHosts("b\u00fccher.example")},
		"both":                {dpop.WithHosts("api.example"), dpop.WithBaseURL("https://api.example")},
	} {
		c, err := dpop.New(opts...)
		if c != nil || err == nil || !strings.Contains(err.Error(), "With") {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

// TestH05UnixSocket: a proxy on a Unix socket is trusted only with the option
// for it, and the option trusts nothing else.
func TestH05UnixSocket(t *testing.T) {
	s := newSite(t)
	auth := s.guard(t, s.bare(t, dpop.WithHosts("api.example"), dpop.WithUnixProxy(dpop.XForwardedProto)))
	sock, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Skip("no Unix sockets here: ", err)
	}
	srv := httptest.NewUnstartedServer(auth.Handler(page))
	srv.Listener.Close()
	srv.Listener = sock
	srv.Start()
	t.Cleanup(srv.Close)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", sock.Addr().String())
	}}}
	t.Cleanup(client.CloseIdleConnections)
	r, err := http.NewRequest(http.MethodGet, "http://api.example/items", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.request(s.proof(t, "1", nil)).Header
	r.Header.Set("X-Forwarded-Proto", "https")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.StatusCode != 200 {
		t.Errorf("by the socket: %d", res.StatusCode)
	}

	for _, peer := range []string{"@", "", "10.0.0.1:5000"} {
		r := httptest.NewRequest(http.MethodGet, "http://api.example/items", nil)
		r.Header = s.request(s.proof(t, "at "+peer, nil)).Header
		r.Header.Set("X-Forwarded-Proto", "https")
		r.RemoteAddr = peer
		if _, err := auth.Authenticate(r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{}))); httpauth.Status(err) != 401 {
			t.Errorf("by TCP from %q: %v", peer, err)
		}
	}
}

// TestH05Proxies: a proxy can be recognized by other means than RemoteAddr, and
// a mistake in the configuration of the server is 503.
func TestH05Proxies(t *testing.T) {
	by := func(value string) dpop.Option {
		return dpop.WithProxyFunc(func(r *http.Request) bool { return r.Header.Get("X-Peer") == value }, dpop.XForwardedProto)
	}
	address := dpop.WithProxy([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, dpop.XForwardedProto)
	for _, test := range []struct {
		name  string
		opts  []dpop.Option
		peer  string
		proto string
		want  int
	}{
		{"by a function", []dpop.Option{by("proxy")}, "203.0.113.7", "https", 200},
		{"by a function, somebody else", []dpop.Option{by("other")}, "203.0.113.7", "https", 401},
		{"by the second option", []dpop.Option{address, by("proxy")}, "203.0.113.7", "https", 200},
		{"by address", []dpop.Option{address}, "10.0.0.1:5000", "https", 200},
		{"by another address", []dpop.Option{address}, "203.0.113.7:5000", "https", 401},
		{"an address without a port", []dpop.Option{address}, "10.0.0.1", "https", 503},
		{"an address of the client's", []dpop.Option{address}, "203.0.113.7", "https", 503},
		{"no address", []dpop.Option{address}, "", "https", 503},
		{"a Unix socket's", []dpop.Option{address}, "@", "https", 503},
		{"a Unix socket's, and no proxy", nil, "@", "https", 401},
		{"wss", []dpop.Option{address}, "10.0.0.1:5000", "wss", 200},
		{"WSS", []dpop.Option{address}, "10.0.0.1:5000", "WSS", 200},
		{"ws", []dpop.Option{address}, "10.0.0.1:5000", "ws", 401},
		{"unreadable", []dpop.Option{address}, "10.0.0.1:5000", "https, http", 503},
		{"unreadable, of somebody", []dpop.Option{address}, "203.0.113.7:5000", "https, http", 401},
	} {
		s := newSite(t, test.opts...)
		r := httptest.NewRequest(http.MethodGet, "http://api.example/items", nil)
		r.Header = s.request(s.proof(t, "1", nil)).Header
		r.Header.Set("X-Forwarded-Proto", test.proto)
		r.Header.Set("X-Peer", "proxy")
		r.RemoteAddr = test.peer
		_, err := s.auth.Authenticate(r)
		if got := httpauth.Status(err); got != test.want {
			t.Errorf("%s: %d %v, want %d", test.name, got, err, test.want)
		}
	}
	s := newSite(t)
	for i, htu := range []string{"wss://api.example/items", "WSS://api.example:443/items"} {
		if _, err := s.auth.Authenticate(s.request(s.proof(t, fmt.Sprint(i), map[string]any{"htu": htu}))); err != nil {
			t.Errorf("htu %s: %v", htu, err)
		}
	}
}
