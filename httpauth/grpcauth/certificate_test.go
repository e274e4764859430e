package grpcauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// certificate returns one that has signed itself.
func certificate(t testing.TB, name string) tls.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}
}

// boundTo are the claims of a token that is bound to a certificate (RFC 8705 §3.1).
func boundTo(cert tls.Certificate) map[string]any {
	sum := sha256.Sum256(cert.Leaf.Raw)
	return map[string]any{"cnf": map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}}
}

var unproven = result{Code: codes.Unauthenticated, Says: "proof of possession is missing or invalid", Reason: "unproven"}

// TestBoundTokenNeedsItsCertificate: of the connection that the call came by.
func TestBoundTokenNeedsItsCertificate(t *testing.T) {
	s := newSite(t, verifier.WithPossessionProven())
	own, others := certificate(t, "client"), certificate(t, "client")
	connect := serve(t, s.auth(t, grpcauth.WithClientCertificate()).ServerOptions())
	without := serve(t, s.auth(t).ServerOptions())
	bound := s.token(boundTo(own))
	two := boundTo(own)
	two["cnf"].(map[string]any)["jkt"] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	for method, call := range shapes {
		by := func(token string, certs ...tls.Certificate) result {
			return call(sending(t, "Bearer "+token), connect(certs...))
		}
		for _, test := range []struct {
			name      string
			got, want result
		}{
			{"the matching certificate", by(bound, own), hello("user-1")},
			{"another certificate", by(bound, others), unproven},
			{"no certificate", by(bound), unproven},
			{"a further member of cnf", by(s.token(two), own), unproven},
			{"an empty cnf", by(s.token(map[string]any{"cnf": map[string]any{}}), own), result{Code: codes.Unauthenticated, Says: "the token is not valid", Reason: "claim_malformed"}},
			{"not bound, with a certificate", by(s.token(nil), own), hello("user-1")},
			{"without the option", call(sending(t, "Bearer "+bound), without(own)), unproven},
		} {
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", method, test.name, diff)
			}
		}
	}
}

// TestVerifierRefusesBoundTokens, also with the certificate, unless it was told that
// possession is proven.
func TestVerifierRefusesBoundTokens(t *testing.T) {
	s := newSite(t)
	own := certificate(t, "client")
	connect := serve(t, s.auth(t, grpcauth.WithClientCertificate()).ServerOptions())
	got := unary(sending(t, "Bearer "+s.token(boundTo(own))), connect(own))
	if diff := cmp.Diff(unproven, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
