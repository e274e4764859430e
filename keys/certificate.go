package keys

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// chains finds out which certificates of a document vouch for the others: what
// stands before each.
type chains struct{ last *x509.Certificate }

// follows reports whether cert goes on with the chain of the one before it,
// and makes cert the last one (RFC 8446 §4.4.2: each certifies the one before
// it).
func (c *chains) follows(cert *x509.Certificate) bool {
	child := c.last
	c.last = cert
	// Of self-signed certificates with one name each is a key of its own, as
	// when the first is to be replaced by the second.
	return child != nil && string(child.RawIssuer) == string(cert.RawSubject) && string(child.RawIssuer) != string(child.RawSubject)
}

// certificate is the key of a certificate that may sign tokens now. The trust
// in it comes from the document: no chain is verified.
func (r reading) certificate(der []byte, certs *chains) (crypto.PublicKey, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, unreadable(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	follows := certs.follows(cert)
	if err := r.mayVerify(cert, follows); err != nil {
		return nil, fmt.Errorf("%w (subject %s)", err, message.Quote(cert.Subject.String()))
	}
	return cert.PublicKey, nil
}

func (r reading) mayVerify(cert *x509.Certificate, follows bool) error {
	now := r.now()
	switch {
	case cert.BasicConstraintsValid && cert.IsCA, cert.KeyUsage&x509.KeyUsageCertSign != 0: // RFC 5280 §4.2.1.9
		return errors.New("it is the certificate of a CA, which signs certificates and not tokens; if tokens are signed with it, give its public key: openssl x509 -in FILE -noout -pubkey")
	case follows:
		return errors.New("it vouches for the certificate before it; only the first certificate of a chain is a key")
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0: // RFC 5280 §4.2.1.3
		return errors.New("its key usage is without digitalSignature")
	case now.Before(cert.NotBefore): // RFC 5280 §4.1.2.5
		return fmt.Errorf("it is not valid before %s", cert.NotBefore.UTC().Format(time.RFC3339))
	case now.After(cert.NotAfter):
		return fmt.Errorf("it expired at %s", cert.NotAfter.UTC().Format(time.RFC3339))
	case cert.PublicKey == nil:
		if kind, known := kindOf(cert.RawSubjectPublicKeyInfo); known {
			return kind
		}
		return errors.New("its key is of a kind that is not used")
	}
	return nil
}
