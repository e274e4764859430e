// Package loopback serves HTTP to this machine alone, also against web pages that are
// open on it: no other host can connect, no foreign name is answered (DNS rebinding),
// and no other page may post.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Listen listens on addr, which must be on loopback: 127.0.0.1:PORT, [::1]:PORT or
// localhost:PORT.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, errors.New("the address is not HOST:PORT, such as 127.0.0.1:0")
	}
	ip := net.ParseIP(host)
	if host == "localhost" {
		ip = net.IPv4(127, 0, 0, 1)
	}
	if ip == nil || !ip.IsLoopback() {
		return nil, errors.New("the address is not on loopback; this is for this machine alone, so use 127.0.0.1:PORT")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		l.Close()
		return nil, errors.New("the address is not on loopback")
	}
	return l, nil
}

// Guard answers requests for this machine's own names only, and requests that change
// something or carry something only from its own pages.
func Guard(l net.Listener, next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	own := map[string]bool{}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
		own[host+":"+port] = true
		if port == "80" {
			own[host] = true
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !own[strings.ToLower(r.Host)] {
			http.Error(w, "this server answers to 127.0.0.1 and localhost only", http.StatusMisdirectedRequest)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && foreign(r, own) {
			http.Error(w, "requests of other pages are refused", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreign reports whether a request comes from a page of another origin. Programs send
// neither field.
func foreign(r *http.Request, own map[string]bool) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin":
	case "none": // typed in by the user, which only a GET can be
		return true
	default:
		return true
	}
	for _, origin := range r.Header.Values("Origin") {
		if host, ok := strings.CutPrefix(origin, "http://"); !ok || !own[strings.ToLower(host)] || !strings.EqualFold(host, r.Host) {
			return true
		}
	}
	return false
}

// Serve serves until ctx ends.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler: Guard(l, h), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		s.Close()
		return nil
	}
}
