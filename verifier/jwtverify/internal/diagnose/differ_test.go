package diagnose

import "testing"

// TestDifference names what people overlook, and nothing else.
func TestDifference(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{"https://a.example", "https://a.example/", "only the slash at the end differs"},
		{"https://a.example", "https://A.example", "only the case differs"},
		{"https://a.example", "http://a.example", "only the scheme differs"},
		{"https://a.example", "a.example", "only the scheme differs"},
		{"https://a.example:8443/x", "https://a.example/x", "only the port differs"},
		{"https://a.example", "http://A.example/", "only the case and the slash at the end and the scheme differ"},
		{"https://a.example", "https://a.example ", "only white space around it differs"},
		{"https://a.example", `"https://a.example"`, "only quotes around it differ"},
		{"https://a.example/x", "https://a.example/x/.well-known/openid-configuration", "only the path of its metadata differs"},
		{"api://orders", "orders", "only the scheme differs"},
		{"https://a.example", "https://b.example", ""},
		{"https://a.example/x", "https://a.example/y", ""},
		{"https://a.example", "https://a.example", ""},
		{"", "/", ""},
		{"/", "//", ""},
	} {
		if got := difference(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: %q, want %q", test.a, test.b, got, test.want)
		}
	}
}
