package keys_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A fault is one way in which an endpoint fails, and what the error says then.
type fault struct {
	url       string
	client    *http.Client
	fail, fix func()
	want      string
}

// outlast runs a service through the fault: warm, past the freshness of its keys,
// past the limit, and after the fix. A second service starts during the fault.
// The key of good is published from the start, that of next after the fix.
func outlast(t *testing.T, w *outcome, f fault, good, next string) {
	t.Helper()
	clock := newClock()
	g := newGuard(t, clock, f.url, keys.WithHTTPClient(f.client))
	start := clock.read()
	at := func(d time.Duration) string {
		clock.set(start.Add(d))
		return "after " + d.String()
	}
	g.accepts("before the fault", good)
	f.fail()
	for _, d := range []time.Duration{time.Minute, 5 * time.Minute, 9 * time.Minute, 11 * time.Minute, 30 * time.Minute, 70*time.Minute - time.Second} {
		when := at(d)
		g.accepts(when, good, good)
		g.undecided(when+", a key that may be there", next)
		g.accepts(when+", once more", good)
	}
	s := g.remote.Status()
	if !errors.Is(s.Err, keys.ErrUnavailable) || !strings.Contains(s.Err.Error(), f.want) || !s.Stale || len(s.Keys) == 0 {
		t.Errorf("the Status does not report the fault: %+v; want %q", s, f.want)
	}
	g.undecided(at(70*time.Minute), good)
	g.undecided(at(3*time.Hour), good)
	w.logf("%s for 70m, then 503", g.tally())

	cold := newGuard(t, clock, f.url, keys.WithHTTPClient(f.client))
	cold.undecided("cold start", good)

	f.fix()
	at(3*time.Hour + time.Minute)
	g.accepts("fixed", good, next)
	cold.accepts("fixed, after a cold start", good, next)
	w.logf("cold start 503; fixed: verified at the next try")
	if s := g.remote.Status(); s.Err != nil || s.Stale {
		t.Errorf("the Status after the fault: %+v", s)
	}
}

// A badAnswer is a fault of a server that can be reached.
type badAnswer struct {
	name   string
	answer http.HandlerFunc
	want   string // in the error
}

// outlastAnswers runs a scenario of outlast for each of answers.
func outlastAnswers(t *testing.T, good, next *verifiertest.Signer, answers []badAnswer) {
	t.Helper()
	goodToken, nextToken := sign(good), sign(next)
	for _, bad := range answers {
		t.Run(bad.name, func(t *testing.T) {
			o := begin(t)
			s := newSite(t, jwks(good))
			outlast(t, o, fault{s.URL, new(http.Client),
				func() { s.answers(bad.answer) },
				func() { s.answers(jwks(good, next)) },
				bad.want,
			}, goodToken, nextToken)
		})
	}
}

// TestFaultR3Answers is about servers that answer, but not with keys.
func TestFaultR3Answers(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	doc := set(jwksOf(good, next)...)
	outlastAnswers(t, good, next, []badAnswer{
		{"500 burst", status(500, doc), "answered 500"},
		{"502 with a page", status(502, "<html>Bad Gateway</html>"), "answered 502"},
		{"404", status(404, doc), "answered 404"},
		{"204", status(204, ""), "answered 204"},
		{"304 without If-None-Match", status(304, ""), "answered 304"},
		{"401", status(401, doc), "answered 401"},
		{"200 HTML", text("<html><body>maintenance</body></html>", "Content-Type: text/html"), "not a JSON object"},
		{"empty body", text(""), "not a JSON object"},
		{"{}", text(`{}`), `no "keys"`},
		{"null", text(`null`), "not a JSON object"},
		{"keys null", text(`{"keys":null}`), "not an array"},
		{"no keys", text(`{"keys":[]}`), "no key in it"},
		{"error object", text(`{"error":"temporarily_unavailable"}`), `no "keys"`},
		{"keys not an array", text(`{"keys":{"kty":"OKP"}}`), "not an array"},
		{"bare JWK", text(string(good.JWK())), `no "keys"`},
		{"only unusable keys", text(set(`{"kty":"XYZ","kid":"good"}`)), "the only key is unusable"},
		{"truncated JSON", text(doc[:len(doc)-20]), "not valid JSON"},
		{"trailing garbage", text(doc + "garbage"), "something follows"},
		{"two documents", text(doc + doc), "something follows"},
		{"UTF-16", text("\xff\xfe{\x00}\x00"), "not a JSON object"},
		{"binary", text("\x00\x01\x02\x03"), "not a JSON object"},
	})
}

// TestFaultR14Tag answers with an ETag and a bad body, and later with 304 for that
// ETag.
func TestFaultR14Tag(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	t.Run("bad body with ETag", func(t *testing.T) {
		w := begin(t)
		s := newSite(t, text(set(jwksOf(good)...), `ETag: "1"`))
		outlast(t, w, fault{s.URL, new(http.Client),
			func() { s.answers(text(`{"keys":[]}`, `ETag: "2"`)) },
			func() {
				s.answers(func(w http.ResponseWriter, r *http.Request) {
					if tag := r.Header.Get("If-None-Match"); tag != "" {
						status(http.StatusNotModified, "", "ETag: "+tag)(w, r)
						return
					}
					jwks(good, next)(w, r)
				})
			},
			"no key in it",
		}, sign(good), sign(next))
	})
}

// TestFaultR3BrokenOff is about servers that do not finish their answer.
func TestFaultR3BrokenOff(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	doc := set(jwksOf(good, next)...)
	outlastAnswers(t, good, next, []badAnswer{
		{"reset before headers", func(w http.ResponseWriter, _ *http.Request) { reset(t, w, "") }, "reset by peer"},
		{"reset mid-body", func(w http.ResponseWriter, _ *http.Request) {
			reset(t, w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(doc), doc[:len(doc)/2]))
		}, "response truncated"},
		{"body shorter than it says", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(doc)+1))
			w.Write([]byte(doc))
		}, "response truncated: unexpected EOF"},
		{"not HTTP", func(w http.ResponseWriter, _ *http.Request) { reset(t, w, "SSH-2.0-OpenSSH_9.9\r\n") }, "malformed HTTP"},
	})
}

// reset writes raw bytes and then breaks the connection.
func reset(t *testing.T, w http.ResponseWriter, raw string) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Errorf("Hijack: %v", err)
		return
	}
	defer conn.Close()
	buf.WriteString(raw)
	buf.Flush()
	if raw == "" || strings.HasPrefix(raw, "HTTP") {
		conn.(*net.TCPConn).SetLinger(0)
	}
}

// TestFaultR3Dial is about servers that cannot be reached at all.
func TestFaultR3Dial(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	goodToken, nextToken := sign(good), sign(next)
	noServer := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	for _, test := range []struct {
		name, want string
		dial       func(ctx context.Context) (net.Conn, error)
	}{
		{"connection refused", "connection refused", func(ctx context.Context) (net.Conn, error) {
			closed, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, err
			}
			closed.Close()
			return new(net.Dialer).DialContext(ctx, "tcp", closed.Addr().String())
		}},
		{"DNS failure", "lookup keys.invalid", func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{Resolver: noServer}).DialContext(ctx, "tcp", "keys.invalid:443")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			s := newSite(t, jwks(good))
			var broken atomic.Bool
			transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if broken.Load() {
					return test.dial(ctx)
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			}}
			outlast(t, w, fault{s.URL, &http.Client{Transport: transport},
				func() { broken.Store(true) },
				func() { broken.Store(false); s.answers(jwks(good, next)) },
				test.want,
			}, goodToken, nextToken)
		})
	}
}
