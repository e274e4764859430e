// Package fetch gets a small document from an https endpoint that may be slow,
// broken or hostile. It follows few redirects, and none to another host; it bounds
// every part of an answer; and its errors show no secret of the URL and little of
// what the endpoint said. It decides nothing about when to fetch: package refresh
// does.
//
// client.go hardens the HTTP client, fetch.go makes the request, and redact.go keeps
// secrets out of messages. What only some ask for: credentials.go has a CA and a
// token, public.go allows public addresses alone.
package fetch

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"

	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/message"
)

const (
	maxRedirects = 3
	maxHeader    = 256 << 10 // bytes of an answer before its body
)

// Settings say how a [Client] reaches its endpoints. The zero Settings are those of
// package http.
type Settings struct {
	Client    *http.Client // nil: a client with http.DefaultTransport
	CAFile    string       // PEM; endpoints must have a certificate of its authorities
	TokenFile string       // a bearer token for the host of Home
	Home      string       // the URL that the configuration names
	Public    bool         // endpoints must have public addresses
	Except    []string     // but for these host names
}

// transport returns the transport of the settings, or nil when it is of another
// type than *http.Transport.
func (s Settings) transport() *http.Transport {
	var rt = http.DefaultTransport
	if s.Client != nil {
		rt = cmp.Or(s.Client.Transport, rt)
	}
	t, _ := rt.(*http.Transport)
	return t
}

// Check returns an error for settings that cannot be kept together. It names them
// as package keys does.
func (s Settings) Check() error {
	t := s.transport()
	home, err := url.Parse(s.Home)
	if err != nil {
		home = &url.URL{}
	}
	var errs []error
	refuse := func(wrong bool, text string) {
		if wrong {
			errs = append(errs, errors.New(text))
		}
	}
	if s.CAFile != "" {
		refuse(home.Scheme == "http", "WithCAFile: plain http has no certificate; use https")
		refuse(t == nil, "WithCAFile: the transport of the client is not an *http.Transport, so its certificates cannot be checked")
		refuse(t != nil && dialsTLS(t), "WithCAFile: the transport has a DialTLSContext of its own, which checks certificates by itself; clear it")
		refuse(t != nil && unverified(t), "WithCAFile: the transport has InsecureSkipVerify; clear it")
	}
	if s.TokenFile != "" {
		refuse(home.Scheme == "http" && !isLoopback(home.Hostname()), "WithTokenFile: the token would go over plain http; use https")
		refuse(home.User != nil, "WithTokenFile: the URL has a user or password too; give one of them")
		refuse(s.CAFile == "" && t != nil && unverified(t), "WithTokenFile: the transport has InsecureSkipVerify, so that anyone could take the token; clear it")
	}
	if s.Public {
		refuse(t == nil, "WithPublicAddresses: the transport of the client is not an *http.Transport, so its addresses cannot be checked")
		own := t != nil && t != http.DefaultTransport
		refuse(own && (dials(t) || dialsTLS(t)), "WithPublicAddresses: the transport has a DialContext or DialTLSContext of its own; clear them, since this option dials by itself")
	}
	return message.Join("", errs...)
}

func unverified(t *http.Transport) bool {
	return t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify
}

func dialsTLS(t *http.Transport) bool {
	//lint:ignore SA1019 it still works, so it is looked for
	return t.DialTLSContext != nil || t.DialTLS != nil
}

func dials(t *http.Transport) bool {
	//lint:ignore SA1019 it still works, so it is looked for
	return t.DialContext != nil || t.Dial != nil
}

// A Client follows at most three redirects, none to another host or from https to
// http, and keeps no connection open. Goroutines may share it.
type Client struct {
	settings Settings
	client   *http.Client
	own      *http.Transport // our copy of the transport; nil when it is of another type

	mu      sync.Mutex
	trusted *http.Client // client with the authorities of the CA file; nil: not read yet
	sum     [32]byte     // SHA-256 of that file
}

// A refusal is why a redirect was not followed, or a connection not made. It holds
// no foreign text but what is quoted, so it may be shown whole.
type refusal string

func (r refusal) Error() string { return string(r) }

// NewClient returns a hardened copy of the client of s, which passed its Check. The
// caller's client is not changed.
func NewClient(s Settings) *Client {
	hard := &http.Client{Transport: http.DefaultTransport}
	if s.Client != nil {
		*hard = *s.Client
		hard.Transport = cmp.Or(s.Client.Transport, http.DefaultTransport)
	}
	c := &Client{client: hard, settings: s}
	if t := s.transport(); t != nil {
		c.own = t.Clone()
		s.harden(c.own)
		hard.Transport = c.own
	}
	hard.Jar = nil // an endpoint must not track the program
	hard.CheckRedirect = checkRedirect
	return c
}

// harden makes t, our copy of a transport, keep the settings and little else: the
// redirects are those of checkRedirect, and the caller bounds the time.
func (s Settings) harden(t *http.Transport) {
	// Fetches are minutes apart: an idle connection only costs. One less
	// goroutine, too, that outlives the fetch.
	t.DisableKeepAlives = true
	t.MaxResponseHeaderBytes = cmp.Or(t.MaxResponseHeaderBytes, maxHeader)
	if s.CAFile != "" && t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if s.Public {
		guard(t, s.Except)
	}
}

// checkRedirect implements http.Client.CheckRedirect. The host must stay the same:
// whoever controls the target of a redirect chooses the keys.
func checkRedirect(req *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return refusal(fmt.Sprintf("more than %d redirects", maxRedirects))
	case !sameHost(req.URL, from):
		return refusal("redirected to another host; configure the URL that it redirects to")
	case req.URL.Scheme != "https" && req.URL.Scheme != from.Scheme:
		return refusal("redirected from https to http")
	// Credentials of a redirect would be the endpoint's choice, and be logged.
	case req.URL.User != nil && (from.User == nil || req.URL.User.String() != from.User.String()):
		return refusal("redirected to a URL with a user or password of its own")
	}
	return nil
}

// sameHost reports whether both URLs name the same server. A default port may be
// written out (RFC 3986 §6.2.3), and the case of ASCII letters does not matter
// (§6.2.2.1). Other characters are not folded, since some fold to ASCII letters.
// From http to https the default port changes too.
func sameHost(a, b *url.URL) bool {
	if !ascii.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	pa, pb := port(a), port(b)
	return pa == pb || pa == defaultPort(a) && pb == defaultPort(b)
}

// port returns the port of u, written out or not.
func port(u *url.URL) string { return cmp.Or(u.Port(), defaultPort(u)) }

// defaultPort returns the port of a URL that names none (RFC 9110 §4.2).
func defaultPort(u *url.URL) string {
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

// Abandon ends a dial or handshake that is still under way although its request
// has ended. Package http keeps those for later requests; here there are none for
// minutes.
func (c *Client) Abandon() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trusted != nil {
		c.trusted.CloseIdleConnections()
	}
}

// CheckURL returns an error unless raw is an absolute https URL, or an http one on
// loopback, or insecure allows any http. what names the URL in the error, which
// does not show it: it may hold a password.
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
	return fmt.Errorf("%s is plain http beyond loopback, where anyone on the network path can add keys; use https, or WithInsecureHTTP", what)
}

// IsHTTPS reports whether raw is a URL with the scheme https.
func IsHTTPS(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https"
}

// isLoopback reports whether host never leaves the machine (RFC 6761 §6.3 for
// localhost). No name is resolved.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ascii.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
