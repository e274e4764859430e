package fetch

import "net/netip"

// NotPublic says why a is not a public address, or "".
func NotPublic(a netip.Addr) string { return notPublic(a) }
