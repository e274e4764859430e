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
// no header field is trusted.
func WithClientCertificate() Option { return WithProof(clientCertificate{}) }

type clientCertificate struct{}

func (clientCertificate) Member() string { return "x5t#S256" }

var (
	errNoCertificate    = errors.New("the client presented no certificate")
	errOtherCertificate = errors.New("the client presented another certificate")
)

func (clientCertificate) Prove(_ http.Header, r *http.Request, b Binding) error {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return &ProofError{Err: errNoCertificate} // RFC 8705 §3: invalid_token
	}
	sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(b.Value), []byte(want)) != 1 {
		return &ProofError{Err: errOtherCertificate}
	}
	return nil
}
