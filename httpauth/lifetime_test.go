package httpauth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A stream is a site whose only key can be removed, and what its handlers saw at the
// end of their contexts.
type stream struct {
	site
	set  *keys.Set
	ends chan error
}

func newStream(t *testing.T) stream {
	s := verifiertest.NewSigner(t, keys.ES256, "key-1")
	set := keys.NewSet(s.Key())
	return stream{site{s, newVerifier(t, set)}, set, make(chan error, 10)}
}

// events sends Server-Sent Events until the context ends.
func (s stream) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: hello\n\n")
	if err := http.NewResponseController(w).Flush(); err != nil {
		s.ends <- err
		return
	}
	<-r.Context().Done()
	s.ends <- context.Cause(r.Context())
	fmt.Fprintf(w, "event: end\ndata: %s\n\n", verifier.Reason(context.Cause(r.Context())))
}

// TestLifetimeEndsEvents: Server-Sent Events end when the key of their token is
// removed, over both versions of HTTP, and the client reads them to their end.
func TestLifetimeEndsEvents(t *testing.T) {
	for _, major := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP/%d", major), func(t *testing.T) {
			s := newStream(t)
			auth := httpauth.New(s, httpauth.WithTokenLifetime())
			srv := httptest.NewUnstartedServer(auth.Handler(http.HandlerFunc(s.events)))
			srv.EnableHTTP2 = major == 2
			srv.StartTLS()
			defer srv.Close()
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
			req.Header.Set("Authorization", "Bearer "+s.Sign(with(nil)))
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.ProtoMajor != major || res.StatusCode != http.StatusOK {
				t.Fatalf("%s %s", res.Proto, res.Status)
			}
			lines := bufio.NewReader(res.Body)
			if first, err := lines.ReadString('\n'); first != "data: hello\n" || err != nil {
				t.Fatal(first, err)
			}
			s.set.Remove("key-1")
			removed := time.Now()
			rest, err := io.ReadAll(lines)
			if want := "\nevent: end\ndata: unknown_key\n\n"; string(rest) != want || err != nil {
				t.Errorf("the stream ends with %q, %v; want %q", rest, err, want)
			}
			if err := <-s.ends; !errors.Is(err, verifier.ErrUnknownKey) {
				t.Errorf("the cause is %v", err)
			}
			t.Logf("it ended %v after the key was removed", time.Since(removed))
		})
	}
}

// TestLifetimeClientGone: when the client hangs up, the cause says so.
func TestLifetimeClientGone(t *testing.T) {
	s := newStream(t)
	srv := serve(t, httpauth.New(s, httpauth.WithTokenLifetime()).Handler(http.HandlerFunc(s.events)))
	ctx, hangUp := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	req.Header.Set("Authorization", "Bearer "+s.Sign(with(nil)))
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	hangUp()
	res.Body.Close()
	if err := <-s.ends; err != context.Canceled {
		t.Errorf("the cause is %v", err)
	}
}

// TestLifetimeOfHijackedConnection: the context also ends where a handler has taken
// the connection over.
func TestLifetimeOfHijackedConnection(t *testing.T) {
	s := newStream(t)
	srv := serve(t, httpauth.New(s, httpauth.WithTokenLifetime()).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			s.ends <- err
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		wake := context.AfterFunc(r.Context(), func() { conn.SetDeadline(time.Unix(1, 0)) })
		defer wake()
		io.Copy(conn, conn)
		s.ends <- context.Cause(r.Context())
	})))
	conn := dial(t, strings.TrimPrefix(srv.URL, "http://"))
	conn.say(t, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n", s.Sign(with(nil)))
	if status, _, _ := conn.hear(t, http.MethodGet); status != http.StatusSwitchingProtocols {
		t.Fatal(status)
	}
	conn.say(t, "there\n")
	if line, err := conn.ReadString('\n'); line != "there\n" && line != "hello\n" || err != nil {
		t.Fatal(line, err)
	}
	s.set.Remove("key-1")
	if err := <-s.ends; !errors.Is(err, verifier.ErrUnknownKey) {
		t.Errorf("the cause is %v", err)
	}
}

// TestLifetimeExpiry: every kind of route gives its handler such a context, once,
// and it ends with exp.
func TestLifetimeExpiry(t *testing.T) {
	for _, test := range []struct {
		name  string
		opts  []httpauth.Option
		guard func(m *httpauth.Middleware, h http.Handler) http.Handler
		token bool
		ends  string // "": it stays
	}{
		{"Handler", nil, (*httpauth.Middleware).Handler, true, "expired"},
		{"RequireScope", nil, func(m *httpauth.Middleware, h http.Handler) http.Handler { return m.RequireScope("read")(h) }, true, "expired"},
		{"two of them", nil, func(m *httpauth.Middleware, h http.Handler) http.Handler {
			return m.Handler(m.RequireScope("read")(h))
		}, true, "expired"},
		{"another inside", nil, func(m *httpauth.Middleware, h http.Handler) http.Handler {
			return m.Handler(httpauth.New(says(&verifier.Token{Set: mustParse(t, `{"sub":"x"}`)}, nil)).Handler(m.Handler(h)))
		}, true, "expired"},
		{"without the credential", []httpauth.Option{httpauth.WithoutCredential()}, (*httpauth.Middleware).Handler, true, "expired"},
		{"anonymous", nil, (*httpauth.Middleware).Optional, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := verifiertest.NewSigner(t, keys.HS256, "key-1")
				v, err := verifier.New(keys.Static(s.Key()))
				if err != nil {
					t.Fatal(err)
				}
				m := httpauth.New(v, append(test.opts, httpauth.WithTokenLifetime())...)
				var inside context.Context
				h := test.guard(m, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					inside = r.Context()
					_, ok := httpauth.FromContext(inside)
					if ok != test.token {
						t.Errorf("the handler finds a token: %v", ok)
					}
					<-time.After(90*time.Second - time.Millisecond)
					synctest.Wait()
					if inside.Err() != nil {
						t.Errorf("it ends early: %v", context.Cause(inside))
					}
					<-time.After(time.Second)
					synctest.Wait()
					if got := verifier.Reason(context.Cause(inside)); got != test.ends {
						t.Errorf("it ends for %q, want %q", got, test.ends)
					}
				}))
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
				if test.token {
					r.Header.Set("Authorization", "Bearer "+s.Sign(map[string]any{"sub": "x", "scope": "read", "exp": time.Now().Add(time.Minute).Unix()}))
				}
				h.ServeHTTP(httptest.NewRecorder(), r)
				if inside == nil {
					t.Fatal("refused")
				}
				if r.Context().Err() != nil {
					t.Error("the context of the outer request has ended")
				}
			})
		})
	}
}

// TestLifetimeEndsWithTheHandler: when the handler has returned, so has the stream,
// even if it panicked.
func TestLifetimeEndsWithTheHandler(t *testing.T) {
	s := newSite(t)
	var inside context.Context
	h := httpauth.New(s, httpauth.WithTokenLifetime()).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inside = r.Context()
		panic(http.ErrAbortHandler)
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+s.Sign(with(nil)))
	func() {
		defer func() { recover() }()
		h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	if inside == nil || context.Cause(inside) != context.Canceled {
		t.Errorf("the context of a handler that has returned: %v", inside)
	}
}

// TestLifetimeOfOuterHandler: a route inside another of the same Middleware does not
// end the context of the outer handler.
func TestLifetimeOfOuterHandler(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s, httpauth.WithTokenLifetime())
	inner := m.RequireScope("read")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		if r.Context().Err() != nil {
			t.Errorf("the inner handler has ended the context of the outer: %v", context.Cause(r.Context()))
		}
		fmt.Fprint(w, "outer")
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+s.Sign(with(map[string]any{"scope": "read"})))
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Body.String() != "outer" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
