package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// guard makes t connect to public addresses alone, but for the hosts in except
// (RFC 8725bis §3.10). The check is on the address that is dialled, after the name
// was resolved, so that no answer of a name server can pass it.
func guard(t *http.Transport, except []string) {
	//lint:ignore SA1019 it would be used in place of DialContext
	t.Dial, t.DialTLS, t.DialTLSContext = nil, nil, nil
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: 30 * time.Second}
		if host, _, err := net.SplitHostPort(address); err != nil || !slices.Contains(except, host) {
			d.Control = func(_, resolved string, _ syscall.RawConn) error { return checkAddress(host, resolved) }
		}
		return d.DialContext(ctx, network, address)
	}
	if t.Proxy == nil {
		return
	}
	proxy := t.Proxy
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		through, err := proxy(r)
		if err == nil && through != nil && !slices.Contains(except, r.URL.Hostname()) {
			return nil, refusal("a proxy would resolve the host, so WithPublicAddresses cannot check its addresses; fetch without a proxy")
		}
		return through, err
	}
}

// checkAddress returns a refusal unless resolved is a public address.
func checkAddress(host, resolved string) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return refusal("the address of the host cannot be read")
	}
	if kind := notPublic(at.Addr()); kind != "" {
		return refusal(fmt.Sprintf("the host %s has the address %s, which is %s; name the host in WithPublicAddresses if that is meant",
			message.Quote(host), at.Addr().WithZone(""), kind))
	}
	return nil
}

// The ranges that no public host has, beside those that package netip knows.
var (
	carrierNAT = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	globalIPv6 = netip.MustParsePrefix("2000::/3")      // RFC 4291 §2.4: all that is assigned
	nat64      = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052 §2.1
	sixToFour  = netip.MustParsePrefix("2002::/16")     // RFC 3056 §2
	azureAgent = netip.MustParseAddr("168.63.129.16")   // the host of an Azure machine
	reserved   = []netip.Prefix{                        // RFC 6890 §2.2.2, §2.2.3
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("2001::/23"), // Teredo, ORCHID and other special purposes
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("3fff::/20"), // RFC 9637
	}
)

// notPublic says what kind of address a is, or "" for a public one. An IPv6 address
// that stands for an IPv4 one is as public as that.
func notPublic(a netip.Addr) string {
	a = a.WithZone("").Unmap()
	switch {
	case !a.IsValid():
		return "not an address"
	case a.IsLoopback():
		return "on loopback"
	case a.IsUnspecified():
		return "unspecified"
	case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast():
		return "link-local" // metadata services too, such as 169.254.169.254
	case a.IsPrivate():
		return "private" // fd00:ec2::254 too
	case a.IsMulticast():
		return "multicast"
	case carrierNAT.Contains(a):
		return "behind the NAT of a carrier"
	case a == azureAgent:
		return "a metadata service"
	case slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) }):
		return "reserved"
	case a.Is4():
		return ""
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return notPublic(netip.AddrFrom4([4]byte(b[12:16])))
	case sixToFour.Contains(a):
		return notPublic(netip.AddrFrom4([4]byte(b[2:6])))
	case !globalIPv6.Contains(a):
		return "not global"
	}
	return ""
}
