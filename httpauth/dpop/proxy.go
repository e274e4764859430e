package dpop

import (
	"errors"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/peer"
)

// A ProxyField is a header field in which a proxy states how the client called
// it. A request may have each trusted field at most once, with one value.
type ProxyField string

// The fields that [WithProxy] supports.
const (
	Forwarded        ProxyField = "Forwarded"          // proto and host of RFC 7239 §4
	XForwardedProto  ProxyField = "X-Forwarded-Proto"  // http or https; ws and wss count as these
	XForwardedHost   ProxyField = "X-Forwarded-Host"   // host, and port if any
	XForwardedPrefix ProxyField = "X-Forwarded-Prefix" // what the proxy removed from the front of the path
)

// A proxy is a sender of requests that is trusted with some fields.
type proxy struct {
	sent   peer.Test
	fields []ProxyField
}

// proxyOf returns the first proxy that sent r, or nil if none did. An error of
// one proxy counts only if no other proxy claims r.
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

var errPeer = errors.New("RemoteAddr is not the address of a connection, so WithProxy cannot tell whether a proxy sent the request (see WithUnixProxy and WithProxyFunc)")

var (
	errSeveral   = errors.New("it occurs more than once, or has several values")
	errForwarded = errors.New("it is malformed")
	errScheme    = errors.New("it is not http or https")
	errAuthority = errors.New("it is not a host, or a host and a port")
	errPrefix    = errors.New("it is not a path")
)

// read replaces scheme, host and path by what the fields state. A field that
// cannot be read is the fault of the proxy's configuration, and the proof may be
// right: nothing is decided.
func (p *proxy) read(r *http.Request, scheme, host, path *string) error {
	for _, f := range p.fields {
		if err := f.read(r, scheme, host, path); err != nil {
			return undecided("the proxy's field "+string(f), err)
		}
	}
	return nil
}

// read replaces what the field states. An absent field changes nothing.
func (f ProxyField) read(r *http.Request, scheme, host, path *string) error {
	values := r.Header[http.CanonicalHeaderKey(string(f))]
	switch {
	case len(values) == 0:
		return nil
	case len(values) > 1 || strings.Contains(values[0], ","): // a client may have written one of them
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

// readPrefix puts back what the proxy removed from the front of the path.
func readPrefix(value string, path *string) error {
	value = strings.TrimSuffix(value, "/")
	if _, ok := plainEscapes(value); !ok || !isPrintable(value) || strings.ContainsAny(value, "?#") || value != "" && value[0] != '/' {
		return errPrefix
	}
	*path = value + *path
	return nil
}

// forwarded reads one forwarded-element (RFC 7239 §4). Parameters other than
// proto and host are ignored, but must be well-formed and occur once.
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
