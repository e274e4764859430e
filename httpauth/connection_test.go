package httpauth_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
)

// A wire is a client that speaks HTTP/1.1 line by line.
type wire struct {
	net.Conn
	*bufio.Reader
}

func dial(t *testing.T, addr string) wire {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return wire{conn, bufio.NewReader(conn)}
}

func (w wire) say(t *testing.T, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(w.Conn, format, args...); err != nil {
		t.Fatal(err)
	}
}

// hear reads one response, and its body if it is final.
func (w wire) hear(t *testing.T, method string) (status int, header http.Header, body string) {
	t.Helper()
	res, err := http.ReadResponse(w.Reader, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode < 200 {
		return res.StatusCode, res.Header, ""
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// asker returns a function that sends a request to h on a new connection: the
// head, and one more field line or "".
func asker(t *testing.T, h http.Handler, head string) func(line string) wire {
	t.Helper()
	addr := serve(t, h).Listener.Addr().String()
	return func(line string) wire {
		w := dial(t, addr)
		w.say(t, "%s%s\r\n", head, line)
		return w
	}
}

// TestExpectContinue: a client that waits for 100 Continue is refused before it
// sends its body.
func TestExpectContinue(t *testing.T) {
	s := newSite(t)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Write(body)
	})
	ask := asker(t, httpauth.New(s).Handler(echo), "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n")
	for name, test := range map[string]struct {
		line   string
		status int
	}{
		"no token":  {"", 401},
		"bad token": {"Authorization: Bearer bad\r\n", 401},
		"malformed": {"Authorization: Bearer a b\r\n", 400},
	} {
		if status, header, _ := ask(test.line).hear(t, "POST"); status != test.status || header.Get("Www-Authenticate") == "" {
			t.Errorf("%s: the first response is %d %v, want %d with a challenge", name, status, header, test.status)
		}
	}
	w := ask("Authorization: Bearer " + s.Sign(with(nil)) + "\r\n")
	if status, _, _ := w.hear(t, "POST"); status != http.StatusContinue {
		t.Fatalf("with a good token the first response is %d, want 100", status)
	}
	w.say(t, "hello")
	if status, _, body := w.hear(t, "POST"); status != 200 || body != "hello" {
		t.Errorf("the second response is %d %q, want 200 hello", status, body)
	}
}

// TestUpgrade: a WebSocket handshake is a GET, and only a good token lets the
// handler take over the connection.
func TestUpgrade(t *testing.T) {
	s := newSite(t)
	socket := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello %s\n", tok.Subject)
		rw.Flush()
		line, _ := rw.ReadString('\n')
		rw.WriteString(line)
		rw.Flush()
	})
	m := httpauth.New(s)
	ask := asker(t, m.Handler(m.RequireScope("read")(socket)),
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
	for name, test := range map[string]struct {
		line   string
		status int
	}{
		"no token":         {"", 401},
		"bad":              {"Authorization: Bearer bad\r\n", 401},
		"no scope":         {"Authorization: Bearer " + s.Sign(with(nil)) + "\r\n", 403},
		"as a subprotocol": {"Sec-WebSocket-Protocol: " + s.Sign(with(nil)) + "\r\n", 401},
	} {
		status, header, _ := ask(test.line).hear(t, "GET")
		if status != test.status || header.Get("Upgrade") != "" || header.Get("Www-Authenticate") == "" {
			t.Errorf("%s: %d %v, want %d with a challenge", name, status, header, test.status)
		}
	}
	w := ask("Authorization: Bearer " + s.Sign(with(map[string]any{"scope": "read"})) + "\r\n")
	if status, _, _ := w.hear(t, "GET"); status != http.StatusSwitchingProtocols {
		t.Fatalf("with a good token: %d, want 101", status)
	}
	for _, want := range []string{"hello user-1\n", "ping\n"} {
		if want == "ping\n" {
			w.say(t, "ping\n")
		}
		if line, err := w.ReadString('\n'); line != want || err != nil {
			t.Errorf("the socket says %q, %v; want %q", line, err, want)
		}
	}
}

// TestHead: on the wire, HEAD has the fields of GET, and nothing after them.
func TestHead(t *testing.T) {
	s := newSite(t)
	addr := serve(t, httpauth.New(s).Handler(page)).Listener.Addr().String()
	w := dial(t, addr)
	for name, test := range map[string]struct {
		line   string
		status int
	}{
		"no token":  {"", 401},
		"bad token": {"Authorization: Bearer bad\r\n", 401},
		"malformed": {"Authorization: Bearer a b\r\n", 400},
		"good":      {"Authorization: Bearer " + s.Sign(with(nil)) + "\r\n", 200},
	} {
		// One connection: a body would be read as the next response.
		w.say(t, "HEAD / HTTP/1.1\r\nHost: x\r\n%s\r\n", test.line)
		status, header, _ := w.hear(t, "HEAD")
		if challenged := header.Get("Www-Authenticate") != ""; status != test.status || challenged != (status != 200) {
			t.Errorf("%s: %d %v, want %d", name, status, header, test.status)
		}
	}
	w.say(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if status, _, body := w.hear(t, "GET"); status != 401 || !strings.Contains(body, "error_description") {
		t.Errorf("GET after HEAD: %d %q", status, body)
	}
}
