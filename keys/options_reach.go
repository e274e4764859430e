package keys

import (
	"net/netip"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// WithCAFile makes the endpoints present a certificate that one of the authorities
// in this PEM file has signed; the authorities of the system do not count. The file
// is read again for each fetch, since the CA of a cluster changes. A file that is
// missing or has no certificate is a failed fetch, with [ErrConfiguration] while
// none has succeeded.
//
// It goes together with [WithHTTPClient] only where the transport is an
// *http.Transport that has no DialTLSContext and no InsecureSkipVerify, and not with
// plain http: everything else is an error of the constructor, as the certificates
// could not be checked.
func WithCAFile(path string) Option {
	return func(c *config) {
		if path == "" {
			c.fail("WithCAFile: the path is empty")
		}
		c.reach.CAFile = path
	}
}

// WithTokenFile sends the bearer token in this file to the endpoint, such as that of
// a Kubernetes service account. The file holds one token (RFC 6750 §2.1) of at most
// 16 KiB, perhaps with a line end, and is read again for each request. The token
// is in no message.
//
// The token goes to the host and port of the URL that the configuration names: the
// metadata URL of an issuer, else the issuer itself, or the JWKS URL. A host that
// only the metadata names, as Kubernetes names its API server, gets it only together
// with [WithCAFile], whose certificate such a host must have; otherwise it is asked
// without. The token never goes over plain http beyond loopback, or with a redirect
// to another host. With [Open], prefer the parameter token of a reference: an option
// sends the token to every endpoint of the list.
func WithTokenFile(path string) Option {
	return func(c *config) {
		if path == "" {
			c.fail("WithTokenFile: the path is empty")
		}
		c.reach.TokenFile = path
	}
}

// WithPublicAddresses makes fetches connect to public addresses only, for URLs that
// others may choose (RFC 8725bis §3.10). Refused are loopback, link-local, private,
// shared, multicast, reserved and metadata addresses, also where they are written
// as IPv6 ones. The address is checked when it is dialled, after the name was
// resolved, for metadata, keys and redirects alike. A refused one is a failed fetch.
//
// The hosts in except may have any address. Each is a host name or IP address as it
// is in the URL, byte for byte, without a port.
//
// The option dials by itself: a transport of [WithHTTPClient] that is not an
// *http.Transport or has a DialContext or DialTLSContext of its own is an error of
// the constructor. A proxy would resolve names out of sight: where the transport has
// one for the host, also from the environment, the fetch fails.
func WithPublicAddresses(except ...string) Option {
	return func(c *config) {
		for _, host := range except {
			if _, err := netip.ParseAddr(host); host == "" || err != nil && strings.ContainsAny(host, ":/[]@?# ") {
				c.fail("WithPublicAddresses: %s is not a host name without a port", message.Quote(host))
			}
		}
		c.reach.Public, c.reach.Except = true, append([]string(nil), except...)
	}
}
