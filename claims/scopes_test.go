package claims_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

// TestScopesAt: every provider's place and form of scopes, roles and permissions,
// and what is refused rather than read as none.
func TestScopesAt(t *testing.T) {
	for _, test := range []struct {
		name, payload string
		path          []string
		want          []string
		malformed     string // the claim that the error names
	}{
		{"array", `{"permissions":["a:b","c"]}`, []string{"permissions"}, []string{"a:b", "c"}, ""},
		{"string", `{"scp":"a  b "}`, []string{"scp"}, []string{"a", "b"}, ""},
		{"empty string", `{"scp":""}`, []string{"scp"}, []string{}, ""},
		{"empty array", `{"roles":[]}`, []string{"roles"}, []string{}, ""},
		{"nested", `{"realm_access":{"roles":["admin"]}}`, []string{"realm_access", "roles"}, []string{"admin"}, ""},
		{"three names", `{"resource_access":{"my.client":{"roles":["x"]}}}`, []string{"resource_access", "my.client", "roles"}, []string{"x"}, ""},
		{"dots in a name are no path", `{"a":{"b":["x"]}}`, []string{"a.b"}, nil, ""},
		{"dots in a name", `{"https://x.example/roles":["x"]}`, []string{"https://x.example/roles"}, []string{"x"}, ""},
		{"absent", `{}`, []string{"roles"}, nil, ""},
		{"absent on the way", `{}`, []string{"realm_access", "roles"}, nil, ""},
		{"absent at the end", `{"realm_access":{}}`, []string{"realm_access", "roles"}, nil, ""},
		{"another case", `{"Roles":["x"]}`, []string{"roles"}, nil, ""},
		{"a tab is not a separator", `{"scp":"a\tb"}`, []string{"scp"}, []string{"a\tb"}, ""},
		{"null", `{"roles":null}`, []string{"roles"}, nil, "roles"},
		{"number", `{"roles":1}`, []string{"roles"}, nil, "roles"},
		{"true", `{"roles":true}`, []string{"roles"}, nil, "roles"},
		{"object", `{"roles":{"admin":true}}`, []string{"roles"}, nil, "roles"},
		{"a number in the array", `{"roles":["a",1]}`, []string{"roles"}, nil, "roles"},
		{"an array in the array", `{"roles":["a",["b"]]}`, []string{"roles"}, nil, "roles"},
		{"null in the array", `{"roles":["a",null]}`, []string{"roles"}, nil, "roles"},
		{"null on the way", `{"realm_access":null}`, []string{"realm_access", "roles"}, nil, "realm_access"},
		{"array on the way", `{"realm_access":["roles"]}`, []string{"realm_access", "roles"}, nil, "realm_access"},
		{"string on the way", `{"a":{"b":"c"}}`, []string{"a", "b", "c"}, nil, "a.b"},
		{"no path", `{"roles":["x"]}`, nil, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			set, err := claims.Parse([]byte(test.payload))
			if err != nil {
				t.Fatal(err)
			}
			got, err := claims.ScopesAt(set, test.path...)
			if test.malformed != "" || test.path == nil {
				var e *claims.Error
				if !errors.As(err, &e) || !errors.Is(err, claims.ErrMalformed) || e.Claim != test.malformed || got != nil {
					t.Fatalf("%q, %v; want ErrMalformed of %q", got, err, test.malformed)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

// TestScopes: the list that Scope compares with.
func TestScopes(t *testing.T) {
	for _, test := range []struct {
		payload string
		want    []string
		err     error
	}{
		{`{}`, nil, nil},
		{`{"scope":"a b"}`, []string{"a", "b"}, nil},
		{`{"scp":["a","b c"]}`, []string{"a", "b c"}, nil},
		{`{"scp":["a"],"scope":"b"}`, []string{"b"}, nil},
		{`{"scope":null,"scp":"a"}`, nil, claims.ErrMalformed},
		{`{"scope":1}`, nil, claims.ErrMalformed},
	} {
		set, err := claims.Parse([]byte(test.payload))
		if err != nil {
			t.Fatal(err)
		}
		got, err := claims.Scopes(set)
		if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v (-want +got)\n%s", test.payload, err, test.err, diff)
		}
	}
}
