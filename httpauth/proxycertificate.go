package httpauth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/peer"
	"github.com/jwtverify/jwtverify/verifier"
)

// A CertificateField is a header field in which a proxy states the certificate of
// the client.
type CertificateField string

// The fields that [WithProxyCertificate] supports.
const (
	// ClientCert is the field of RFC 9440 §2.2, which holds the certificate. Its
	// companion Client-Cert-Chain is not read.
	ClientCert CertificateField = "Client-Cert"
	// ForwardedClientCert is the field of Envoy, with one element. Hash or Cert of it
	// counts; if both are there, they must agree.
	ForwardedClientCert CertificateField = "X-Forwarded-Client-Cert"
)

// WithProxyCertificate is [WithClientCertificate] behind a proxy that terminates
// TLS and states the certificate of the client in field. It believes the field only
// in requests that come from one of the proxies, by the address of the connection;
// in those of other peers it is ignored, and a bound token is refused with 401.
//
// The proxy must have verified that the client holds the key of the certificate, as
// mutual TLS does, and it must set the field in every request, or remove it from
// what the client sent. This is the trap: through a proxy that passes the field on,
// any client that has seen a certificate, which is no secret, passes for its owner.
// For Envoy, forward_client_cert_details must be SANITIZE_SET; for others, try it: a
// request with a field of your own and without a certificate must be refused.
//
// A field that is absent or empty means that the client presented no certificate:
// 401. One that occurs twice, has several elements or cannot be read is 503, since
// the configuration of the server is wrong and not the client; see [WithLogger].
//
// The address is taken from RemoteAddr. No outer handler may replace it, as
// middlewares for X-Real-IP do; an address without a port is 503. Use
// [WithProxyCertificateFunc] for such servers, and [WithUnixProxyCertificate] for a
// proxy on a Unix socket. Several of these options go together, the first that
// recognizes the proxy counts. With [WithClientCertificate] besides, clients that
// come without a proxy may prove their certificate in TLS; the certificate of the
// proxy itself never counts.
//
// It panics if there is no proxy, if a prefix is invalid, or for another field.
func WithProxyCertificate(proxies []netip.Prefix, field CertificateField) Option {
	if len(proxies) == 0 {
		panic("httpauth: WithProxyCertificate: no proxy is given")
	}
	for _, p := range proxies {
		if !p.IsValid() {
			panic("httpauth: WithProxyCertificate: a prefix is invalid; make it with netip.ParsePrefix, and check its error")
		}
	}
	return trustCertificate("WithProxyCertificate", peer.Address(proxies, errPeer), field)
}

// WithUnixProxyCertificate is [WithProxyCertificate] for a proxy at the other end of
// a Unix socket: everybody who can open the socket is trusted. Whether a request
// came by one is known from http.LocalAddrContextKey, which http.Server sets.
func WithUnixProxyCertificate(field CertificateField) Option {
	return trustCertificate("WithUnixProxyCertificate", peer.Unix, field)
}

// WithProxyCertificateFunc is [WithProxyCertificate] for proxies that are recognized
// in another way, such as by their own certificate. from reports whether a proxy
// sent the request. Goroutines share it. It panics if from is nil.
func WithProxyCertificateFunc(from func(r *http.Request) bool, field CertificateField) Option {
	if from == nil {
		panic("httpauth: WithProxyCertificateFunc: the function is nil; give one that recognizes the proxy")
	}
	return trustCertificate("WithProxyCertificateFunc", peer.Func(from), field)
}

func trustCertificate(option string, sent peer.Test, field CertificateField) Option {
	if field != ClientCert && field != ForwardedClientCert {
		panic("httpauth: " + option + ": the field " + message.Quote(string(field)) + " is not supported")
	}
	return func(c *config) {
		own := c.certificate()
		own.proxies = append(own.proxies, certificateProxy{sent, field})
	}
}

// A certificateProxy is a sender of requests that is trusted with one field.
type certificateProxy struct {
	sent  peer.Test
	field CertificateField
}

var errPeer = errors.New("RemoteAddr is not the address of a connection, so WithProxyCertificate cannot tell whether a proxy sent the request (see WithUnixProxyCertificate and WithProxyCertificateFunc)")

// proxyOf returns the first proxy that sent r, or nil if none did. An error of one
// proxy counts only if no other proxy claims r.
func (c *clientCertificate) proxyOf(r *http.Request) (*certificateProxy, error) {
	var unknown error
	for i := range c.proxies {
		switch sent, err := c.proxies[i].sent(r); {
		case sent && err == nil:
			return &c.proxies[i], nil
		case err != nil:
			unknown = err
		}
	}
	if unknown != nil {
		return nil, fmt.Errorf("%w: the peer: %w", verifier.ErrUnavailable, unknown)
	}
	return nil, nil
}

// maxCertificateField bounds what is parsed, in bytes.
const maxCertificateField = 32 << 10

var (
	errTwoFields   = errors.New("it occurs more than once")
	errLargeField  = fmt.Errorf("it is larger than %d bytes", maxCertificateField)
	errSeveral     = errors.New("it has several elements; the proxy must replace what the client sent")
	errUnreadable  = errors.New("it is malformed")
	errNeither     = errors.New("it has neither Hash nor Cert")
	errContradicts = errors.New("its Hash is not that of its Cert")
)

// read returns the SHA-256 of the certificate that the field states. A field that
// cannot be read is the fault of the proxy's configuration, and the client may be
// right: nothing is decided.
func (p *certificateProxy) read(r *http.Request) (sum [sha256.Size]byte, ok bool, err error) {
	values := r.Header[string(p.field)]
	if len(values) == 1 && strings.Trim(values[0], " \t") == "" {
		values = nil
	}
	switch {
	case len(values) == 0:
		return sum, false, nil
	case len(values) > 1: // a client may have written one of them
		err = errTwoFields
	case len(values[0]) > maxCertificateField:
		err = errLargeField
	case p.field == ClientCert:
		sum, ok, err = readClientCert(strings.Trim(values[0], " \t"))
	default:
		sum, err = readForwarded(strings.Trim(values[0], " \t"))
		ok = err == nil
	}
	if err != nil {
		return sum, false, fmt.Errorf("%w: the proxy's field %s: %w", verifier.ErrUnavailable, p.field, err)
	}
	return sum, ok, nil
}
