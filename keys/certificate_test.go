package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// A certified is a certificate and the key it is for.
type certified struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

var certTime = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// certify makes a certificate for subject, signed by by or, if that is nil, by
// itself.
func certify(t *testing.T, subject string, by *certified, edit ...func(*x509.Certificate)) *certified {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, BasicConstraintsValid: true,
		NotBefore: certTime.Add(-time.Hour), NotAfter: certTime.Add(time.Hour),
	}
	for _, e := range edit {
		e(template)
	}
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	c := &certified{key: key, pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	if c.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return c
}

func ca(c *x509.Certificate) { c.IsCA = true }
func withoutConstraints(c *x509.Certificate) {
	c.BasicConstraintsValid = false
}
func valid(from, to time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = certTime.Add(from), certTime.Add(to) }
}
func usage(u x509.KeyUsage) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.KeyUsage = u }
}

// TestS13OnlyTheFirstOfAChainIsAKey: nor is a CA's certificate, nor one that is not
// valid now.
func TestS13OnlyTheFirstOfAChainIsAKey(t *testing.T) {
	root := certify(t, "root", nil, ca)
	intermediate := certify(t, "intermediate", root, ca)
	leaf := certify(t, "leaf", intermediate)
	oldRoot := certify(t, "old root", nil, withoutConstraints)
	oldLeaf := certify(t, "old leaf", oldRoot)
	one, two := certify(t, "same", nil), certify(t, "same", nil)
	expired := certify(t, "expired", root, valid(-2*time.Hour, -time.Hour))
	later := certify(t, "later", root, valid(time.Minute, time.Hour))
	encrypts := certify(t, "encrypts", root, usage(x509.KeyUsageKeyEncipherment))
	signs := certify(t, "signs", root, usage(x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment))
	signsCerts := certify(t, "signs certificates", nil, usage(x509.KeyUsageCertSign))
	for _, test := range []struct {
		name    string
		doc     []*certified
		want    []*certified
		skipped []string // parts of the reasons
	}{
		{"fullchain.pem", []*certified{leaf, intermediate, root}, []*certified{leaf}, []string{`CA`, `subject "CN=root"`}},
		{"leaf and root", []*certified{leaf, root}, []*certified{leaf}, []string{"CA"}},
		{"root first", []*certified{root, intermediate, leaf}, []*certified{leaf}, []string{"CA", "CA"}},
		{"a root that does not say it is one", []*certified{oldLeaf, oldRoot}, []*certified{oldLeaf}, []string{"only the first certificate of a chain"}},
		{"two chains", []*certified{leaf, intermediate, signs, root}, []*certified{leaf, signs}, []string{"CA", "CA"}},
		{"self-signed", []*certified{one}, []*certified{one}, nil},
		{"self-signed, the next one too", []*certified{one, two}, []*certified{one, two}, nil},
		{"a CA alone", []*certified{root}, nil, []string{"give its public key: openssl x509"}},
		{"for certificates by its usage", []*certified{signsCerts}, nil, []string{"CA"}},
		{"expired", []*certified{expired, leaf}, []*certified{leaf}, []string{`it expired at 2026-05-31T23:00:00Z (subject "CN=expired")`}},
		{"expired, with its CA", []*certified{expired, root}, nil, []string{"expired", "CA"}},
		{"not yet valid", []*certified{later, leaf}, []*certified{leaf}, []string{"not valid before 2026-06-01T00:01:00Z"}},
		{"for encryption", []*certified{encrypts, signs}, []*certified{signs}, []string{"digitalSignature"}},
	} {
		var doc strings.Builder
		for _, c := range test.doc {
			doc.WriteString(c.pem)
		}
		path := filepath.Join(t.TempDir(), "chain.pem")
		if err := os.WriteFile(path, []byte(doc.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := keys.NewFile(path, keys.WithClock(func() time.Time { return certTime }))
		if len(test.want) == 0 {
			if err == nil || !strings.Contains(err.Error(), test.skipped[0]) {
				t.Errorf("%s: %v; want an error with %q", test.name, err, test.skipped[0])
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var want []string
		for _, c := range test.want {
			k, err := keys.NewPublic("", keys.ES256, &c.key.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, k.Thumbprint())
		}
		s := f.Status()
		if diff := cmp.Diff(want, thumbprints(s.Keys)); diff != "" || len(s.Skipped) != len(test.doc)-len(want) {
			t.Errorf("%s: skipped %v, keys (-want +got)\n%s", test.name, s.Skipped, diff)
		}
		reasons := ""
		for _, skipped := range s.Skipped {
			reasons += skipped.String() + "\n"
		}
		for _, part := range test.skipped {
			if !strings.Contains(reasons, part) {
				t.Errorf("%s: skipped %s, want %q", test.name, reasons, part)
			}
		}
	}
}

func thumbprints(ks []*keys.Key) []string {
	var all []string
	for _, k := range ks {
		all = append(all, k.Thumbprint())
	}
	return all
}

// TestS13SubjectIsCut: whoever asks for a certificate chooses its subject.
func TestS13SubjectIsCut(t *testing.T) {
	long := certify(t, "a\n"+strings.Repeat("b", 200), nil, ca)
	_, skipped, err := keys.Parse([]byte(long.pem))
	if err == nil || len(skipped) != 1 || len(skipped[0].Reason) > 350 || strings.ContainsAny(skipped[0].Reason, "\r\n") {
		t.Errorf("%v, %v", skipped, err)
	}
}
