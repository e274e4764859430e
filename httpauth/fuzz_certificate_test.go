package httpauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// FuzzCertificateField: a field lets a bound token through only if it really states
// the certificate, by its hash or in full. The oracle searches the text for either.
func FuzzCertificateField(f *testing.F) {
	der := []byte{0x30, 0x03, 0x02, 0x01, 0x07}
	sum := sha256.Sum256(der)
	hash, full := hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(der)
	pem := "-----BEGIN CERTIFICATE-----%0A" + full + "%0A-----END CERTIFICATE-----%0A"
	for _, value := range []string{
		":" + full + ":", "Hash=" + hash, `Subject="a,b\"";hash="` + hash + `"`, `Cert="` + pem + `"`,
		"Hash=" + hash + ";Cert=" + pem, "Hash=" + hash + ",Hash=" + hash, "::", "", ";", `"`, "By=x",
	} {
		f.Add(true, value)
		f.Add(false, value)
	}
	s := newSite(f)
	raw := s.Sign(with(map[string]any{"cnf": map[string]string{"x5t#S256": thumbprint(sum)}}))
	f.Fuzz(func(t *testing.T, envoy bool, value string) {
		field := httpauth.ClientCert
		if envoy {
			field = httpauth.ForwardedClientCert
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Authorization", "Bearer "+raw)
		r.Header[string(field)] = []string{value}
		w := httptest.NewRecorder()
		httpauth.New(s, httpauth.WithProxyCertificate(loopback, field)).Handler(page).ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK:
		case http.StatusUnauthorized, http.StatusServiceUnavailable:
			return
		default:
			t.Fatalf("%q: %d", value, w.Code)
		}
		text := strings.ReplaceAll(value, `\`, "")
		plain, err := url.PathUnescape(text)
		if err != nil {
			plain = text
		}
		plain = strings.NewReplacer("\r", "", "\n", "", " ", "", "\t", "").Replace(plain)
		if !strings.Contains(strings.ToLower(text), hash) && !strings.Contains(plain, full) {
			t.Fatalf("%q was accepted", value)
		}
	})
}
