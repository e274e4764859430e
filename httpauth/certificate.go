package httpauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
)

// WithClientCertificate accepts tokens that are bound to a certificate of the
// client by "x5t#S256" in "cnf" (RFC 8705 §3.1). The client must have presented
// that certificate in the TLS handshake of this connection.
//
// The hash alone decides: who signed the certificate does not matter here.
// tls.Config.ClientAuth checks that, and must be set so that the server asks for
// a certificate. Behind a proxy that terminates TLS no such token passes, since
// no header field is trusted; see [WithProxyCertificate].
func WithClientCertificate() Option {
	return func(c *config) { c.certificate().direct = true }
}

// A clientCertificate proves "x5t#S256".
type clientCertificate struct {
	direct  bool // by the certificate of the connection
	proxies []certificateProxy
}

// certificate returns the proof that the options about certificates share.
func (c *config) certificate() *clientCertificate {
	for _, p := range c.given {
		if own, ok := p.(*clientCertificate); ok {
			return own
		}
	}
	own := new(clientCertificate)
	c.given = append(c.given, own)
	return own
}

func (*clientCertificate) Member() string { return "x5t#S256" }

var (
	errNoCertificate    = errors.New("the client presented no certificate")
	errOtherCertificate = errors.New("the client presented another certificate")
)

func (c *clientCertificate) Prove(_ http.Header, r *http.Request, b Binding) error {
	sum, ok, err := c.presented(r)
	switch {
	case err != nil:
		return err
	case !ok:
		return &ProofError{Err: errNoCertificate} // RFC 8705 §3: invalid_token
	}
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(b.Value), []byte(want)) != 1 {
		return &ProofError{Err: errOtherCertificate}
	}
	return nil
}

// presented returns the SHA-256 of the certificate that the client has presented.
// ok is false if there is none. A trusted proxy's own certificate never counts as
// the client's.
func (c *clientCertificate) presented(r *http.Request) (sum [sha256.Size]byte, ok bool, err error) {
	p, err := c.proxyOf(r)
	switch {
	case err != nil:
		return sum, false, err
	case p != nil:
		return p.read(r)
	case !c.direct || r.TLS == nil || len(r.TLS.PeerCertificates) == 0:
		return sum, false, nil
	}
	return sha256.Sum256(r.TLS.PeerCertificates[0].Raw), true, nil
}
