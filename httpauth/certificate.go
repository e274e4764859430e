package httpauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
)

// WithClientCertificate accepts tokens that are bound to a certificate of the
// client by "x5t#S256" in "cnf" (RFC 8705 §3.1): it must be the one that the
// client has shown in the TLS handshake of this connection. Who signed it is
// for tls.Config.ClientAuth, which has to ask for one, to decide. A proxy that
// ends TLS ends this too: no header field is believed.
func WithClientCertificate() Option { return WithProof(clientCertificate{}) }

type clientCertificate struct{}

func (clientCertificate) Member() string { return "x5t#S256" }

var (
	errNoCertificate    = errors.New("the client has shown no certificate")
	errOtherCertificate = errors.New("the client has shown another certificate")
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
