package dpop_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/verifier"
)

// A server that states the algorithms of proofs, so that its metadata can list
// them.
func ExampleNew() {
	proofs, err := dpop.New(
		dpop.WithBaseURL("https://api.example"),
		dpop.WithAlgorithms("ES256", "Ed25519"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	doc := httpauth.Metadata{Resource: "https://api.example", DPoPAlgorithms: proofs.Algorithms()}
	fmt.Println(doc.DPoPAlgorithms)
	// Output: [ES256 Ed25519]
}

// New reports every mistake in one error, at the start.
func ExampleWithBaseURL() {
	_, err := dpop.New(dpop.WithBaseURL("api.example"), dpop.WithMaxAge(60))
	fmt.Println(err)
	// Output: dpop: WithBaseURL: it is not https://HOST or https://HOST/PATH without user, query and fragment; WithMaxAge: 60ns is not between 1ms and 1h0m0s; write a unit, such as 60*time.Second
}

// A server behind proxies that end TLS and state how the client called them.
func ExampleWithProxy() {
	proofs, err := dpop.New(
		dpop.WithHosts("api.example"),
		dpop.WithProxy([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, dpop.XForwardedProto, dpop.XForwardedHost),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(proofs.Member())
	// Output: jkt
}

// If an outer handler replaces RemoteAddr by the client's address, the server
// notes the peer of the connection first.
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

// With nonces, the first answer to a client is 401 with a nonce. The client puts
// it into "nonce" of its next proof.
func ExampleWithNonces() {
	proofs, err := dpop.New(
		dpop.WithBaseURL("https://api.example"),
		dpop.WithNonces(5*time.Minute, []byte("at least 32 random bytes, not these")),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := newExampleClient()
	auth := httpauth.New(exampleVerifier(c), httpauth.WithProof(proofs))
	items := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for range 2 {
		rec := httptest.NewRecorder()
		items.ServeHTTP(rec, c.request(http.MethodGet, "https://api.example/items"))
		c.nonce = rec.Header().Get("DPoP-Nonce")
		fmt.Println(rec.Code, rec.Header().Get("WWW-Authenticate") != "")
	}
	// Output:
	// 401 true
	// 200 false
}

// newExampleClient returns a client with a new key.
func newExampleClient() *client {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return &client{key: key, token: "example-token"}
}

// exampleVerifier stands for the verifier of a program. It knows one token,
// which is bound to the key of c.
func exampleVerifier(c *client) verifier.Verifier {
	set, err := claims.Parse([]byte(`{"sub":"user-123","cnf":{"jkt":"` + c.thumbprint() + `"}}`))
	if err != nil {
		panic(err)
	}
	return verifier.Func(func(_ context.Context, raw string) (*verifier.Token, error) {
		if raw != c.token {
			return nil, verifier.ErrInvalidToken
		}
		return &verifier.Token{Set: set}, nil
	})
}

// A store that several servers share. A database does the same with a unique
// index on the ID: only the first insert succeeds.
func ExampleReplayStoreFunc() {
	var used sync.Map // stands for a table with the columns id and expiry
	store := dpop.ReplayStoreFunc(func(_ context.Context, s dpop.Spent) (first bool, err error) {
		_, seen := used.LoadOrStore(s.ID, s.Expiry)
		return !seen, nil
	})
	proofs, err := dpop.New(dpop.WithBaseURL("https://api.example"), dpop.WithReplayStore(store))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(proofs.Member())
	// Output: jkt
}
