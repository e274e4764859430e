package dpop

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A target says how clients call what a request asks for.
type target struct {
	base    *url.URL // nil: the connection says it, or a proxy
	proxies []netip.Prefix
	fields  []ProxyField
}

// A ProxyField is a header field in which a proxy says how the client called
// it. Of each that is believed a request has one, with one value.
type ProxyField string

// The fields that [WithProxy] knows.
const (
	Forwarded        ProxyField = "Forwarded"          // proto and host of RFC 7239 §4
	XForwardedProto  ProxyField = "X-Forwarded-Proto"  // http or https
	XForwardedHost   ProxyField = "X-Forwarded-Host"   // host, and port if any
	XForwardedPrefix ProxyField = "X-Forwarded-Prefix" // what the proxy took off the front of the path
)

// of is the normalized URI that a client has called r by.
func (t target) of(r *http.Request) (string, error) {
	path, err := pathOf(r)
	if err != nil {
		return "", err
	}
	if t.base != nil {
		return normal(t.base.Scheme, t.base.Host, strings.TrimSuffix(t.base.EscapedPath(), "/")+path)
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if t.trusts(r) {
		for _, f := range t.fields {
			if err := f.read(r, &scheme, &host, &path); err != nil {
				return "", fmt.Errorf("the field %s: %w", f, err)
			}
		}
	}
	return normal(scheme, host, path)
}

var errNoPath = errors.New("it has no path")

// pathOf is the path as it came: handlers on the way may have cut r.URL.
func pathOf(r *http.Request) (string, error) {
	at := r.RequestURI
	switch {
	case at == "" && r.URL != nil: // a request that no server has read
		return r.URL.EscapedPath(), nil
	case at == "*": // RFC 9110 §7.1
		return "", nil
	case r.Method == http.MethodConnect:
		return "", errNoPath
	}
	u, err := url.ParseRequestURI(at) // origin-form or absolute-form, RFC 9112 §3.2
	if err != nil {
		return "", errNoPath
	}
	return u.EscapedPath(), nil
}

// trusts reports whether the peer is a proxy whose word counts.
func (t target) trusts(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(t.proxies, func(p netip.Prefix) bool {
		return p.Contains(peer.Addr().Unmap().WithZone(""))
	})
}

var (
	errSeveral   = errors.New("it is there more than once, or has several values")
	errForwarded = errors.New("it is malformed")
)

// read takes over what the field says. One that is absent says nothing.
func (f ProxyField) read(r *http.Request, scheme, host, path *string) error {
	values := r.Header[http.CanonicalHeaderKey(string(f))]
	switch {
	case len(values) == 0:
		return nil
	case len(values) > 1 || strings.Contains(values[0], ","): // which proxy says so is not known
		return errSeveral
	}
	switch value := strings.Trim(values[0], " \t"); f {
	case XForwardedProto:
		*scheme = value
	case XForwardedHost:
		*host = value
	case XForwardedPrefix:
		*path = strings.TrimSuffix(value, "/") + *path
	default:
		return forwarded(value, scheme, host)
	}
	return nil
}

// forwarded reads one forwarded-element (RFC 7239 §4).
func forwarded(element string, scheme, host *string) error {
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(element, ";") {
		name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
		name = strings.ToLower(name)
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if !ok || seen[name] || value == "" || strings.ContainsAny(value, `"\`) {
			return errForwarded
		}
		seen[name] = true
		switch name {
		case "proto":
			*scheme = value
		case "host":
			*host = value
		}
	}
	return nil
}
