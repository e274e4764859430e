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

// A target says how clients call what a request asks for. It has bases or
// hosts, since the sender chooses what a request says of its host: a proof made
// for another server would fit.
type target struct {
	bases   []base
	hosts   map[string]bool // allowed origins, by either scheme
	proxies []proxy
}

// A base is a URL of [WithBaseURL].
type base struct {
	scheme string
	origin string // with the scheme, normalized
	path   string // without a slash at its end
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
	errBase     = errors.New("it is not https://HOST or https://HOST/PATH, without user, query and fragment")
	errHost     = errors.New("it is not HOST or HOST:PORT, such as api.example or [2001:db8::1]:8443")
	errHostName = errors.New("its host is not a name that clients call, in ASCII and without a dot at the end")
)

// matches reports how htu is not the URI that r was called by. An error that is
// not a refusal is one of this server's configuration.
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

// of are the normalized URIs by which a client may have called r; one, unless
// there are several base URLs.
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

// underBases puts the path under each base whose host the request names, so that
// a proof for one of this server's names is not good for another one by which a
// handler would decide differently. A proxy may have put a host there that no
// base has; then every base counts.
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
