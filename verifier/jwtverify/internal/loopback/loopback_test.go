package loopback_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/loopback"
)

// TestListen refuses every address that others can reach.
func TestListen(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "127.1.2.3:0": true,
		":0": false, "0.0.0.0:0": false, "[::]:0": false, "192.0.2.1:0": false, "example.com:0": false, "127.0.0.1": false, "": false, "127.0.0.1.example.com:0": false, "localhost.:0": false,
	} {
		l, err := loopback.Listen(t.Context(), addr)
		if (err == nil) != ok {
			t.Errorf("%q: %v", addr, err)
		}
		if l != nil {
			l.Close()
		}
	}
}

// TestGuard answers neither foreign names (DNS rebinding) nor posts of other pages.
func TestGuard(t *testing.T) {
	l, err := loopback.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- loopback.Serve(t.Context(), l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	}()
	at := l.Addr().String()
	_, port, _ := strings.Cut(at, ":")
	for _, test := range []struct {
		name, method, host string
		header             map[string]string
		status             int
	}{
		{"its address", "GET", at, nil, 200},
		{"localhost", "GET", "localhost:" + port, nil, 200},
		{"a rebound name", "GET", "evil.example:" + port, nil, 421},
		{"a rebound name without a port", "GET", "evil.example", nil, 421},
		{"another port", "GET", "127.0.0.1:1", nil, 421},
		{"a name that begins alike", "GET", "127.0.0.1.evil.example:" + port, nil, 421},
		{"post of a program", "POST", at, nil, 200},
		{"post of its own page", "POST", at, map[string]string{"Origin": "http://" + at, "Sec-Fetch-Site": "same-origin"}, 200},
		{"post of another page", "POST", at, map[string]string{"Origin": "https://evil.example"}, 403},
		{"post of a page without an origin", "POST", at, map[string]string{"Origin": "null"}, 403},
		{"post of another port", "POST", at, map[string]string{"Origin": "http://127.0.0.1:1"}, 403},
		{"post over https", "POST", at, map[string]string{"Origin": "https://" + at}, 403},
		{"cross-site post without Origin", "POST", at, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"same-site post", "POST", at, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"delete of another page", "DELETE", at, map[string]string{"Origin": "https://evil.example"}, 403},
		{"two origins", "POST", "localhost:" + port, map[string]string{"Origin": "http://" + at}, 403},
	} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, "http://"+at+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = test.host
		for k, v := range test.header {
			req.Header.Set(k, v)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status {
			t.Errorf("%s: %d, want %d", test.name, resp.StatusCode, test.status)
		}
	}
}
