package conformance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// A publisher is a real server on loopback that publishes one document and
// counts how often it is asked.
type publisher struct {
	*httptest.Server
	doc      atomic.Pointer[string]
	requests atomic.Int64
}

func newPublisher(tb testing.TB, doc string) *publisher {
	tb.Helper()
	p := &publisher{}
	p.publish(doc)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.requests.Add(1)
		w.Header().Set("Content-Type", "application/jwk-set+json")
		fmt.Fprint(w, *p.doc.Load())
	}))
	tb.Cleanup(p.Close)
	return p
}

func (p *publisher) publish(doc string) { p.doc.Store(&doc) }

// An issuer is a real OpenID issuer on loopback.
type issuer struct {
	*httptest.Server
	jwks     atomic.Pointer[string]
	metadata atomic.Pointer[string]
	requests atomic.Int64
}

func newIssuer(t *testing.T, set string) *issuer {
	t.Helper()
	i := &issuer{}
	i.jwks.Store(&set)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.requests.Add(1)
		doc := i.jwks.Load()
		if strings.HasPrefix(r.URL.Path, "/.well-known/") {
			doc = i.metadata.Load()
		}
		fmt.Fprint(w, *doc)
	}))
	t.Cleanup(i.Close)
	metadata := `{"issuer":"` + i.URL + `","jwks_uri":"` + i.URL + `/jwks"}`
	i.metadata.Store(&metadata)
	return i
}
