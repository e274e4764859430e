package verifiertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"
)

// An authority issues certificates for the hosts of a World.
type authority struct {
	certificate *x509.Certificate
	private     crypto.Signer

	mu     sync.Mutex
	serial int64
	issued map[string]*tls.Certificate // by name
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	a := &authority{issued: map[string]*tls.Certificate{}}
	root, err := a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "verifiertest"},
		IsCA:    true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	})
	if err != nil {
		tb.Fatalf("verifiertest: %v", err)
	}
	a.certificate, a.private = root.Leaf, root.PrivateKey.(crypto.Signer)
	return a
}

// forHost returns the certificate of a host, which it makes at the first call.
func (a *authority) forHost(name string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if cert := a.issued[name]; cert != nil {
		return cert, nil
	}
	cert, err := a.issue(&x509.Certificate{
		DNSNames: []string{name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err == nil {
		a.issued[name] = cert
	}
	return cert, err
}

// issue signs a certificate with a new key. The first is that of the authority. It is
// valid at any time that a test may choose for its clock.
func (a *authority) issue(template *x509.Certificate) (*tls.Certificate, error) {
	a.serial++
	template.SerialNumber = big.NewInt(a.serial)
	template.NotBefore = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	template.NotAfter = time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	parent, signer := a.certificate, a.private
	if parent == nil {
		parent, signer = template, private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}, err
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}
