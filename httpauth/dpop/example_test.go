package dpop_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// A server behind a proxy that ends TLS, with nonces that every server with the
// secret knows.
func ExampleNew() {
	proofs, err := dpop.New(
		dpop.WithHosts("api.example"),
		dpop.WithProxy([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, dpop.XForwardedProto, dpop.XForwardedHost),
		dpop.WithNonces(5*time.Minute, []byte("at least 32 random bytes, not these")),
		dpop.WithAlgorithms("ES256", "Ed25519"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(proofs.Algorithms())
	// Output: [ES256 Ed25519]
}

// New reports every mistake at the start.
func ExampleWithBaseURL() {
	_, err := dpop.New(dpop.WithBaseURL("api.example"), dpop.WithMaxAge(60))
	fmt.Println(err)
	// Output: dpop: WithBaseURL: it is not https://HOST or https://HOST/PATH without user, query and fragment; WithMaxAge: 60ns is not between 1ms and 1h0m0s; write a unit, such as 60*time.Second
}

// Where a handler before writes the client's address into RemoteAddr, the
// server notes the peer of the connection first.
func ExampleWithProxyFunc() {
	type peerKey struct{}
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	proofs, err := dpop.New(dpop.WithHosts("api.example"), dpop.WithProxyFunc(func(r *http.Request) bool {
		peer, ok := r.Context().Value(peerKey{}).(*net.TCPAddr)
		return ok && proxies.Contains(peer.AddrPort().Addr().Unmap())
	}, dpop.XForwardedProto))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := &http.Server{ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, peerKey{}, c.RemoteAddr())
	}}
	fmt.Println(proofs.Member(), srv.ConnContext != nil)
	// Output: jkt true
}
