package fetch_test

import (
	"net/netip"
	"testing"

	"github.com/jwtverify/jwtverify/internal/fetch"
)

// TestPublicAddresses: every form of an address that leads inside is refused.
func TestPublicAddresses(t *testing.T) {
	for _, test := range []struct {
		address string
		public  bool
	}{
		{"8.8.8.8", true},
		{"172.15.255.255", true},
		{"172.32.0.0", true},
		{"100.63.255.255", true},
		{"100.128.0.0", true},
		{"2606:4700::1111", true},
		{"::ffff:8.8.8.8", true},
		{"64:ff9b::808:808", true},
		{"2002:808:808::1", true},
		{"127.0.0.1", false},
		{"127.255.255.254", false},
		{"::1", false},
		{"::ffff:127.0.0.1", false},
		{"::127.0.0.1", false},
		{"::ffff:0:127.0.0.1", false},
		{"64:ff9b::7f00:1", false},
		{"64:ff9b:1::808:808", false},
		{"2002:7f00:1::", false},
		{"10.0.0.1", false},
		{"172.16.0.1", false},
		{"172.31.255.255", false},
		{"192.168.1.1", false},
		{"::ffff:192.168.1.1", false},
		{"64:ff9b::c0a8:101", false},
		{"2002:c0a8:101::", false},
		{"fc00::1", false},
		{"fd12:3456::1", false},
		{"169.254.1.1", false},
		{"169.254.169.254", false},
		{"::ffff:169.254.169.254", false},
		{"64:ff9b::a9fe:a9fe", false},
		{"2002:a9fe:a9fe::", false},
		{"fd00:ec2::254", false},
		{"168.63.129.16", false},
		{"100.100.100.200", false},
		{"100.64.0.1", false},
		{"100.127.255.255", false},
		{"::ffff:100.64.0.1", false},
		{"fe80::1", false},
		{"fe80::1%eth0", false},
		{"fec0::1", false},
		{"0.0.0.0", false},
		{"0.1.2.3", false},
		{"::", false},
		{"224.0.0.1", false},
		{"239.255.255.255", false},
		{"ff02::1", false},
		{"ff0e::1", false},
		{"255.255.255.255", false},
		{"240.0.0.1", false},
		{"192.0.0.192", false},
		{"198.18.0.1", false},
		{"203.0.113.1", false},
		{"2001:db8::1", false},
		{"2001:0:7f00:1::", false},
		{"100::1", false},
		{"4000::1", false},
	} {
		if got := fetch.NotPublic(netip.MustParseAddr(test.address)); (got == "") != test.public {
			t.Errorf("%s is %q; want public %v", test.address, got, test.public)
		}
	}
	if fetch.NotPublic(netip.Addr{}) == "" {
		t.Error("no address is public")
	}
}
