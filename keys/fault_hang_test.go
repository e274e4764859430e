package keys_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestFaultR3Hang is about servers that keep a fetch waiting until its timeout. It
// runs in synctest bubbles, where waiting takes no time. A bubble cannot wait for
// sockets, so client and server talk through pipes there.
func TestFaultR3Hang(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	goodToken, nextToken := sign(good), sign(next)
	doc := set(jwksOf(good, next)...)
	for _, test := range []struct {
		name, want string
		dial       func(ctx context.Context) (net.Conn, error) // nil: connections are good, answers are not
		answer     http.HandlerFunc
	}{
		{"no answer to SYN", "deadline exceeded", func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, nil},
		{"TLS handshake hangs", "deadline exceeded", func(context.Context) (net.Conn, error) {
			here, there := net.Pipe()
			go io.Copy(io.Discard, there)
			return here, nil
		}, nil},
		{"hang before headers", "deadline exceeded", nil, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"hang in the body", "response truncated: context deadline exceeded", nil, func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(doc[:20]))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // or the body would end as if it were whole
		}},
		{"slow body", "response truncated: context deadline exceeded", nil, func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for i := range len(doc) {
				w.Write([]byte{doc[i]})
				w.(http.Flusher).Flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					panic(http.ErrAbortHandler)
				}
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := begin(t)
			bubble(t, func(t *testing.T) {
				s := newPipeSite(t, jwks(good))
				outlast(t, o, fault{s.URL, s.Client(),
					func() {
						s.dialing = test.dial
						if test.answer != nil {
							s.answers(test.answer)
						}
					},
					func() {
						s.dialing = nil
						s.answers(jwks(good, next))
					},
					test.want,
				}, goodToken, nextToken)
			})
		})
	}
}

// A pipeSite is a faultySite that its Client reaches through pipes, over TLS.
type pipeSite struct {
	*faultySite
	dialing func(ctx context.Context) (net.Conn, error) // instead of a good connection
	conns   chan net.Conn
	closed  chan struct{}
	close   func()
}

func newPipeSite(t *testing.T, answer http.HandlerFunc) *pipeSite {
	t.Helper()
	p := &pipeSite{faultySite: newUnstartedSite(answer), conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	p.Listener.Close() // the loopback listener of package httptest
	p.Listener = pipes{p}
	p.StartTLS()
	p.Client().Transport.(*http.Transport).DialContext = p.dial
	t.Cleanup(p.Close)
	return p
}

func (p *pipeSite) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.dialing != nil {
		return p.dialing(ctx)
	}
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// pipes is a pipeSite as a net.Listener.
type pipes struct{ *pipeSite }

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { p.close(); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }
