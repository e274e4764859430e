package resilience

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// document answers with doc.
func document(contentType string, doc []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(doc)
	}
}

// page is what a proxy or a login page answers, with status 200.
var page = document("text/html", []byte("<!doctype html><title>Sign in</title><p>Please sign in."))

// hang never answers.
func (s *site) hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.ended:
	}
}

// drip answers one byte at a time, and never ends.
func (s *site) drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	rest := []byte(`{"keys":[`)
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ended:
			return
		case <-tick.C:
			next := byte(' ')
			if len(rest) > 0 {
				next, rest = rest[0], rest[1:]
			}
			if _, err := w.Write([]byte{next}); err != nil {
				return
			}
			http.NewResponseController(w).Flush()
		}
	}
}

// endless answers with a key whose modulus does not end before limit bytes.
func (s *site) endless(limit int64) http.HandlerFunc {
	chunk := bytes.Repeat([]byte("A"), 64<<10)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"keys":[{"kty":"RSA","kid":"big","alg":"RS256","e":"AQAB","n":"`)
		for n := int64(0); n < limit; n += int64(len(chunk)) {
			select {
			case <-s.ended:
				return
			default:
			}
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		io.WriteString(w, `"}]}`)
	}
}

// pack is the same document, packed a thousandfold.
func pack(limit int64) []byte {
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is a valid one
	io.WriteString(z, `{"keys":[{"kty":"RSA","kid":"big","alg":"RS256","e":"AQAB","n":"`)
	chunk := bytes.Repeat([]byte("A"), 1<<20)
	for n := int64(0); n < limit; n += int64(len(chunk)) {
		z.Write(chunk)
	}
	io.WriteString(z, `"}]}`)
	z.Close()
	return packed.Bytes()
}

func bomb(packed []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed)
	}
}

// redirect sends to another place.
func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// trust makes the default client trust the certificates of httptest, once: a
// library is tried with the client that it uses when nobody gives it one.
var trust = sync.OnceFunc(func() {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
})
