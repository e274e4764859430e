// Package fetch gets a small document from an https endpoint that may be hostile:
// few redirects, none to another host, bounded answers, and errors that show no
// secret of the URL and little of what the endpoint said.
package fetch

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

const (
	maxRedirects = 3
	maxHeader    = 256 << 10 // bytes of an answer before its body
)

// A Client follows few redirects, and none to another host or from https to
// http, and keeps no connection open. Goroutines may share it.
type Client struct {
	client *http.Client
	own    *http.Transport // nil: the transport is of a kind of its own
}

// A refusal is a redirect that is not followed, in our words.
type refusal string

func (r refusal) Error() string { return string(r) }

// NewClient returns a hardened copy of client, which may be nil.
func NewClient(client *http.Client) *Client {
	hard := &http.Client{Transport: http.DefaultTransport}
	if client != nil {
		*hard = *client
		hard.Transport = cmp.Or(client.Transport, http.DefaultTransport)
	}
	c := &Client{client: hard}
	if t, ok := hard.Transport.(*http.Transport); ok {
		// Between two fetches lie minutes: an idle connection only costs.
		c.own = t.Clone()
		c.own.DisableKeepAlives = true
		c.own.MaxResponseHeaderBytes = cmp.Or(c.own.MaxResponseHeaderBytes, maxHeader)
		hard.Transport = c.own
	}
	hard.Jar = nil
	hard.CheckRedirect = checkRedirect
	return c
}

// checkRedirect is a policy of http.Client.
func checkRedirect(req *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return refusal(fmt.Sprintf("more than %d redirects", maxRedirects))
	case !sameHost(req.URL, from):
		return refusal("redirected to another host; configure the URL that it redirects to")
	case req.URL.Scheme != "https" && req.URL.Scheme != from.Scheme:
		return refusal("redirected from https to http")
	case req.URL.User != nil && (from.User == nil || req.URL.User.String() != from.User.String()):
		return refusal("redirected to a URL with a user or password of its own")
	}
	return nil
}

// sameHost reports whether both URLs name one server: a default port may be
// written out (RFC 3986 §6.2.3), and the case of ASCII letters does not matter.
// Other characters are not folded, since some fold to ASCII letters.
func sameHost(a, b *url.URL) bool {
	if !ascii.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	pa, pb := port(a), port(b)
	return pa == pb || pa == defaultPort(a) && pb == defaultPort(b)
}

func port(u *url.URL) string { return cmp.Or(u.Port(), defaultPort(u)) }

func defaultPort(u *url.URL) string {
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

// Abandon ends a dial or handshake that goes on although its request has
// ended, which package http allows for the sake of other requests.
func (c *Client) Abandon() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// CheckURL reports what is wrong with a URL to fetch from.
func CheckURL(what, raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return fmt.Errorf("%s is empty", what)
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("%s is not an absolute https URL", what)
	case u.Fragment != "":
		return fmt.Errorf("%s has a fragment", what)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("%s must use https", what)
	case insecure || isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s is plain http beyond loopback, where anybody on the path can put in keys; use https, or WithInsecureHTTP", what)
}

// IsHTTPS reports whether raw is an https URL.
func IsHTTPS(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ascii.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
