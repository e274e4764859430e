// Package peer recognizes who has sent a request to this server: the proxies that
// are trusted with header fields.
package peer

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// A Test reports whether a proxy has sent r. An error means that r does not contain
// enough to decide.
type Test func(r *http.Request) (bool, error)

// Address recognizes a proxy by the address of the connection. net/http writes it
// with a port. An address without one comes from a handler that has put the client's
// there, or from a socket without addresses; the answer is then unknown.
func Address(proxies []netip.Prefix, unknown error) Test {
	proxies = slices.Clone(proxies)
	return func(r *http.Request) (bool, error) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return false, unknown
		}
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool {
			return p.Contains(peer.Addr().Unmap().WithZone(""))
		}), nil
	}
}

// Unix recognizes a proxy at the other end of a Unix socket by the address of the
// listener, which no handler changes by accident.
func Unix(r *http.Request) (bool, error) {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && strings.HasPrefix(at.Network(), "unix"), nil
}

// Func recognizes a proxy in another way.
func Func(from func(*http.Request) bool) Test {
	return func(r *http.Request) (bool, error) { return from(r), nil }
}
