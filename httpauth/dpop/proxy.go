package dpop

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// A ProxyField is a header field in which a proxy says how the client called
// it. Of each that is believed a request has one, with one value.
type ProxyField string

// The fields that [WithProxy] knows.
const (
	Forwarded        ProxyField = "Forwarded"          // proto and host of RFC 7239 §4
	XForwardedProto  ProxyField = "X-Forwarded-Proto"  // http or https; ws and wss are these
	XForwardedHost   ProxyField = "X-Forwarded-Host"   // host, and port if any
	XForwardedPrefix ProxyField = "X-Forwarded-Prefix" // what the proxy took off the front of the path
)

// A proxy is whose fields are believed.
type proxy struct {
	// sent reports whether r came from it; an error means that r does not say.
	sent   func(r *http.Request) (bool, error)
	fields []ProxyField
}

// proxyOf returns the first proxy that sent r, or nil.
func (t *target) proxyOf(r *http.Request) (*proxy, error) {
	var unknown error
	for i := range t.proxies {
		switch sent, err := t.proxies[i].sent(r); {
		case sent && err == nil:
			return &t.proxies[i], nil
		case err != nil:
			unknown = err
		}
	}
	if unknown != nil {
		return nil, undecided("the peer", unknown)
	}
	return nil, nil
}

var errPeer = errors.New("RemoteAddr is not the address of a connection, so WithProxy cannot tell whether a proxy has sent the request (see WithUnixProxy and WithProxyFunc)")

// fromAddress is by the address of the connection. Only net/http writes one
// with a port: one without comes from a handler that put the client's there, or
// from a socket that has none.
func fromAddress(prefixes []netip.Prefix) func(*http.Request) (bool, error) {
	return func(r *http.Request) (bool, error) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return false, errPeer
		}
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool {
			return p.Contains(peer.Addr().Unmap().WithZone(""))
		}), nil
	}
}

// fromUnixSocket is by the address of the listener, which no handler changes
// by accident.
func fromUnixSocket(r *http.Request) (bool, error) {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && strings.HasPrefix(at.Network(), "unix"), nil
}

var (
	errSeveral   = errors.New("it is there more than once, or has several values")
	errForwarded = errors.New("it is malformed")
	errScheme    = errors.New("it is not http or https")
	errAuthority = errors.New("it is not a host, or a host and a port")
	errPrefix    = errors.New("it is not a path")
)

// read takes over what the fields say. One that cannot be read is for the
// proxy's configuration: the client may be right.
func (p *proxy) read(r *http.Request, scheme, host, path *string) error {
	for _, f := range p.fields {
		if err := f.read(r, scheme, host, path); err != nil {
			return undecided("the proxy's field "+string(f), err)
		}
	}
	return nil
}

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
		return readScheme(value, scheme)
	case XForwardedHost:
		return readHost(value, host)
	case XForwardedPrefix:
		return readPrefix(value, path)
	default:
		return forwarded(value, scheme, host)
	}
}

func readScheme(value string, scheme *string) error {
	if _, _, ok := webScheme(value); !ok {
		return errScheme
	}
	*scheme = value
	return nil
}

func readHost(value string, host *string) error {
	if _, _, ok := splitHost(value); !ok {
		return errAuthority
	}
	*host = value
	return nil
}

func readPrefix(value string, path *string) error {
	value = strings.TrimSuffix(value, "/")
	if _, ok := plainEscapes(value); !ok || !isPrintable(value) || strings.ContainsAny(value, "?#") || value != "" && value[0] != '/' {
		return errPrefix
	}
	*path = value + *path
	return nil
}

// forwarded reads one forwarded-element (RFC 7239 §4).
func forwarded(element string, scheme, host *string) error {
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(element, ";") {
		name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
		name = lower(name)
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if !ok || seen[name] || value == "" || strings.ContainsAny(value, `"\`) {
			return errForwarded
		}
		seen[name] = true
		var err error
		switch name {
		case "proto":
			err = readScheme(value, scheme)
		case "host":
			err = readHost(value, host)
		}
		if err != nil {
			return of(message.Plain(name), err)
		}
	}
	return nil
}
