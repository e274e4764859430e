package httpauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/message"
)

// wellKnown goes between the host and the path of the resource.
const wellKnown = "/.well-known/oauth-protected-resource"

// WellKnown returns the URL where clients look for the document of m (RFC 9728
// §3.1). Give it to [WithResourceMetadata], and register m at its Path.
//
// It fails if anything would make clients discard the document, and reports all
// of that in one error: a Resource that is not an https URL, or has a user or a
// fragment (§1.2); an authorization server that is not an https URL without
// query and fragment (RFC 8414 §2); and other members whose values §2 does not
// allow.
func (m Metadata) WellKnown() (*url.URL, error) { return m.wellKnown(isHTTPS) }

// WellKnownLoopback is [Metadata.WellKnown] for development: it allows http URLs
// whose host is localhost or a loopback address.
func (m Metadata) WellKnownLoopback() (*url.URL, error) {
	return m.wellKnown(func(u *url.URL) bool {
		return isHTTPS(u) || u.Scheme == "http" && isLoopback(u.Hostname())
	})
}

func isHTTPS(u *url.URL) bool { return u.Scheme == "https" }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ascii.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (m Metadata) wellKnown(isSafe func(*url.URL) bool) (*url.URL, error) {
	u, err := identifier(m.Resource, isSafe)
	if err != nil {
		err = fmt.Errorf("the resource %w", err)
	}
	if err := message.Join("httpauth: ", append([]error{err}, m.mistakes(isSafe)...)...); err != nil {
		return nil, err
	}
	path := u.EscapedPath()
	if path == "/" { // RFC 9728 §3.1: a slash directly after the host is removed
		path = ""
	}
	at, err := url.Parse(u.Scheme + "://" + u.Host + wellKnown + path)
	if err != nil {
		return nil, fmt.Errorf("httpauth: the resource: %w", message.Foreign(err))
	}
	at.RawQuery = u.RawQuery
	return at, nil
}

// mistakes returns what is wrong with each member except the resource (RFC 9728
// §2). They are sorted: maps are walked here, and a message should not change
// from one start to the next.
func (m Metadata) mistakes(isSafe func(*url.URL) bool) (errs []error) {
	fail := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %w", name, err))
		}
	}
	for _, s := range m.AuthorizationServers {
		fail("the authorization server", server(s, isSafe))
	}
	if m.JWKS != "" {
		_, err := identifier(m.JWKS, isSafe)
		fail("jwks_uri", err)
	}
	for name, text := range map[string]string{
		"resource_documentation": m.Documentation, "resource_policy_uri": m.Policy, "resource_tos_uri": m.Terms,
	} {
		if text != "" {
			fail(name, page(text))
		}
	}
	for name, list := range map[string][]string{
		"resource_signing_alg_values_supported": m.SigningAlgorithms, "dpop_signing_alg_values_supported": m.DPoPAlgorithms,
	} {
		if slices.Contains(list, "none") {
			fail(name, errors.New("holds none, which is not allowed"))
		}
	}
	for _, s := range m.Scopes {
		if !isScopeToken(s) {
			fail("scopes_supported", fmt.Errorf("holds %s, which is not a scope", message.Quote(s)))
		}
	}
	for _, s := range m.BearerMethods {
		if s != "header" && s != "body" && s != "query" {
			fail("bearer_methods_supported", fmt.Errorf("holds %s; use header, body or query", message.Quote(s)))
		}
	}
	for name, value := range m.Extra {
		if isMember(name) {
			fail("Extra", fmt.Errorf("holds %s, which has a field of its own", message.Quote(name)))
		} else if _, err := json.Marshal(value); err != nil {
			fail("Extra", fmt.Errorf("holds %s, which cannot be encoded", message.Quote(name)))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// identifier parses an https URL without user and fragment. Its errors, like
// those of server and page, go after the name of the member.
func identifier(text string, isSafe func(*url.URL) bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case !isSafe(u) && isLoopback(u.Hostname()) && u.Scheme == "http":
		return nil, errors.New("is not an https URL; see WellKnownLoopback")
	case !isSafe(u) || u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("is not an https URL")
	case u.User != nil:
		return nil, errors.New("has a user")
	case strings.Contains(text, "#"):
		return nil, errors.New("has a fragment")
	}
	return u, nil
}

// server reports what is wrong with the issuer URL of an authorization server.
func server(text string, isSafe func(*url.URL) bool) error {
	u, err := identifier(text, isSafe)
	if err == nil && (u.RawQuery != "" || u.ForceQuery) {
		return errors.New("has a query")
	}
	return err
}

// page reports what is wrong with the URL of a page for people.
func page(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return errors.New("is not the URL of a page")
	}
	return nil
}

// isMember reports whether Metadata has a field for that member.
func isMember(name string) bool {
	for f := range reflect.TypeFor[Metadata]().Fields() {
		if member, _, _ := strings.Cut(f.Tag.Get("json"), ","); member == name && name != "-" {
			return true
		}
	}
	return false
}
