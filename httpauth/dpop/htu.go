package dpop

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// A target knows the URIs by which clients call this server. It has either
// bases or hosts. The host that a request names is not enough: its sender chooses
// it, and could choose the host of another server, for which a proof was made.
type target struct {
	bases   []base
	hosts   map[string]bool // allowed origins, with either scheme
	proxies []proxy
}

// A base is a URL of [WithBaseURL].
type base struct {
	scheme string
	origin string // with the scheme, normalized
	path   string // without a slash at the end
}

func newBase(raw string) (base, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#") {
		return base{}, errBase
	}
	b := base{scheme: u.Scheme, path: strings.TrimSuffix(u.EscapedPath(), "/")}
	if b.origin, err = origin(u.Scheme, u.Host); err != nil {
		return base{}, errBase
	}
	if _, err = normalPath(b.path); err != nil {
		return base{}, errBase
	}
	if name, _, _ := splitHost(u.Host); !isHostName(name) {
		return base{}, errHostName
	}
	return b, nil
}

// allow adds a host of [WithHosts].
func (t *target) allow(host string) error {
	name, _, ok := splitHost(host)
	switch {
	case !ok || strings.HasSuffix(host, ":"):
		return errHost
	case !isHostName(name):
		return errHostName
	}
	if t.hosts == nil {
		t.hosts = map[string]bool{}
	}
	for _, scheme := range []string{"http", "https"} {
		at, err := origin(scheme, host)
		if err != nil {
			return errHost
		}
		t.hosts[at] = true
	}
	return nil
}

var (
	errBase     = errors.New("it is not https://HOST or https://HOST/PATH without user, query and fragment")
	errHost     = errors.New("it is not HOST or HOST:PORT, such as api.example or [2001:db8::1]:8443")
	errHostName = errors.New("its host is not a host name in ASCII without a dot at the end")
)

// matches returns an error unless htu is a URI by which r may have been called
// (RFC 9449 §4.3 (9)). The error is a refusal, or undecided if this server's
// configuration is at fault.
func (t *target) matches(r *http.Request, htu string) error {
	want, err := t.of(r)
	if err != nil {
		return err
	}
	got, err := normalize(htu)
	if err != nil {
		return invalid(of("htu", err))
	}
	if !slices.Contains(want, got) {
		return invalid(errors.New("htu is not the URI of the request, " + message.List(want...) + " (see WithBaseURL, WithHosts and WithProxy)"))
	}
	return nil
}

// of returns the normalized URIs by which a client may have called r. There is
// one, unless there are several base URLs.
func (t *target) of(r *http.Request) ([]string, error) {
	path, err := pathOf(r)
	if err != nil {
		return nil, invalid(of("the path of the request", err))
	}
	if len(t.bases) > 0 {
		return t.underBases(r.Host, path)
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	p, err := t.proxyOf(r)
	if err != nil {
		return nil, err
	}
	if p != nil {
		if err := p.read(r, &scheme, &host, &path); err != nil {
			return nil, err
		}
	}
	at, err := origin(scheme, host)
	if err != nil || !t.hosts[at] {
		return nil, invalid(fmt.Errorf("the request names the host %s, which is not allowed (see WithHosts)", message.Quote(host)))
	}
	path, err = normalPath(path)
	if err != nil {
		return nil, invalid(of("the path of the request", err))
	}
	return []string{at + path}, nil
}

// underBases puts the path under each base whose host the request names. A
// handler may decide by the host, so a proof for one of this server's names must
// not hold for another. If a proxy has put in a host that no base has, every base
// counts.
func (t *target) underBases(host, path string) ([]string, error) {
	named := slices.DeleteFunc(slices.Clone(t.bases), func(b base) bool {
		at, err := origin(b.scheme, host)
		return err != nil || at != b.origin
	})
	if len(named) == 0 {
		named = t.bases
	}
	var all []string
	for _, b := range named {
		full, err := normalPath(b.path + path)
		if err != nil {
			return nil, invalid(of("the path of the request", err))
		}
		all = append(all, b.origin+full)
	}
	return all, nil
}

var errNoPath = errors.New("there is none")

// pathOf returns the path as the client sent it. It does not use r.URL, since
// outer handlers, such as http.StripPrefix, may have cut it.
func pathOf(r *http.Request) (string, error) {
	at := r.RequestURI
	switch {
	case at == "" && r.URL != nil: // not from a server, as in a test
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
