package providers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"time"
)

// perKey serves each key as PEM at a URL that ends with its ID, and no set.
func (r *Running) perKey(t *testing.T) http.Handler {
	t.Helper()
	key := r.signers[""].Signer().Key()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	doc := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+key.ID(), func(w http.ResponseWriter, _ *http.Request) { w.Write(doc) })
	return mux
}

// certificates serves the newest key as a certificate by key ID, and no set.
func (r *Running) certificates(t *testing.T) func(http.ResponseWriter, *http.Request) {
	t.Helper()
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		key := r.signers[""].Signer().Key()
		leaf := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		root := &x509.Certificate{Subject: pkix.Name{CommonName: "providers"}}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), ca)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		doc := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		json.NewEncoder(w).Encode(map[string]string{key.ID(): string(doc)})
	}
}
