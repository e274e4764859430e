package walk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/jwtverify/jwtverify/internal/fetch"
)

// Once is a transport that asks an endpoint once: whoever asks for a URL again gets the
// answer from before. So the Steps and package keys see the same answers, and a person
// who looks does not double the load. It is for one look; it keeps no answer fresh.
type Once struct {
	next http.RoundTripper

	mu      sync.Mutex
	answers map[string]*answer // by URL
}

// An answer is what an endpoint said, or why it said nothing.
type answer struct {
	resp *http.Response // its body is read
	body []byte         // at most one byte more than package keys reads
	end  error          // of the body; io.EOF if it is whole
	err  error          // instead of all that
}

// NewOnce returns a Once that asks with the transport of client, or with the default
// one.
func NewOnce(client *http.Client) *Once {
	var next http.RoundTripper
	if client != nil {
		next = client.Transport
	}
	next = cmp.Or(next, http.DefaultTransport)
	if t, ok := next.(*http.Transport); ok {
		t = t.Clone()
		t.DisableKeepAlives, t.MaxResponseHeaderBytes = true, maxHeader
		next = t
	}
	return &Once{next: next, answers: map[string]*answer{}}
}

// maxHeader is as in package fetch, which sets it only for transports that it knows.
const maxHeader = 256 << 10

// RoundTrip implements http.RoundTripper.
func (o *Once) RoundTrip(req *http.Request) (*http.Response, error) {
	at := req.URL.String()
	o.mu.Lock()
	known := o.answers[at]
	o.mu.Unlock()
	if known == nil {
		known = ask(o.next, req)
		if errors.Is(known.err, context.Canceled) || errors.Is(known.end, context.Canceled) {
			return known.again(req) // nobody waited for it
		}
		o.mu.Lock()
		o.answers[at] = known
		o.mu.Unlock()
	}
	return known.again(req)
}

func ask(next http.RoundTripper, req *http.Request) *answer {
	resp, err := next.RoundTrip(req)
	if err != nil {
		return &answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, fetch.MaxBody+1))
	return &answer{resp: resp, body: body, end: cmp.Or(err, io.EOF)}
}

// again is the answer for another request.
func (a *answer) again(req *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	resp := *a.resp
	resp.Request, resp.Header = req, a.resp.Header.Clone()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(a.body), broken{a.end}))
	return &resp, nil
}

// broken is the end of a body.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
