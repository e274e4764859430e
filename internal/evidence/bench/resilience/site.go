package resilience

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

const audience = "my-api"

// A site is where an issuer publishes its keys.
type site struct {
	Issuer
	fetches atomic.Int64 // requests for the key set
	written atomic.Int64 // bytes of key sets

	answer  atomic.Pointer[http.HandlerFunc] // to the request for the key set
	outage  atomic.Bool                      // answers 500 to everything
	latency time.Duration

	mu     sync.Mutex
	addr   string
	server *http.Server  // nil while connections are refused
	ended  chan struct{} // ends answers that would never end
	tls    *httptest.Server
}

// newSite serves set on host, which is an address of the loopback range.
func newSite(host string, set []byte) (*site, error) {
	s := &site{ended: make(chan struct{}), addr: host + ":0"}
	s.publish(set)
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.at("http://" + s.addr)
	return s, nil
}

// newTLSSite serves set over TLS.
func newTLSSite(set []byte) *site {
	s := &site{ended: make(chan struct{})}
	s.publish(set)
	s.tls = httptest.NewUnstartedServer(s)
	s.tls.Config.ErrorLog = quiet
	s.tls.StartTLS()
	s.at(s.tls.URL)
	return s
}

func (s *site) at(url string) {
	s.Issuer = Issuer{URL: url, JWKS: url + "/jwks", Audience: audience}
}

// publish serves set from now on.
func (s *site) publish(set []byte) { s.serve(document("application/json", set)) }

// serve answers requests for the key set with h from now on.
func (s *site) serve(h http.HandlerFunc) { s.answer.Store(&h) }

// refuse refuses connections until restore.
func (s *site) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		s.server.Close()
		s.server = nil
	}
}

// restore accepts connections again.
func (s *site) restore() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	return s.listen()
}

func (s *site) listen() error {
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	s.server = &http.Server{Handler: s, ErrorLog: quiet}
	go s.server.Serve(l)
	return nil
}

func (s *site) close() {
	close(s.ended)
	s.refuse()
	if s.tls != nil {
		s.tls.CloseClientConnections()
		s.tls.Close()
	}
}

// ServeHTTP answers with the discovery document or the key set.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	keys := r.URL.Path != "/.well-known/openid-configuration"
	if keys {
		s.fetches.Add(1)
	}
	select {
	case <-time.After(s.latency):
	case <-s.ended:
		return
	}
	switch {
	case s.outage.Load():
		http.Error(w, "down for maintenance", http.StatusInternalServerError)
	case keys:
		(*s.answer.Load())(&counting{w, &s.written}, r)
	default:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": s.URL, "jwks_uri": s.JWKS,
			"authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	}
}

// counting counts the bytes of a body.
type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// Unwrap lets http.ResponseController flush.
func (c *counting) Unwrap() http.ResponseWriter { return c.ResponseWriter }
