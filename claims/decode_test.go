package claims_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

const document = `{
	"sub": "user-1", "exp": 1700000000, "n": 7, "f": 1.5, "big": 12345678901234567890, "flag": true,
	"text": "a\n\"b\" \ud83d\ude00", "none": null, "": "empty name", "list": ["a", "b"], "mixed": ["a", 1],
	"realm_access": {"roles": ["r1", "r2"], "none": null, "a.b": {"c": 3}, "": {"d": 4}, "Roles": 9},
	"text_object": "{\"roles\":[\"no\"]}"
}`

// A query is one call of Value, for any type.
type query struct {
	name string
	run  func(t *testing.T, s *claims.Set)
}

func value[T any](name string, want T, found bool, path ...string) query {
	return query{name, func(t *testing.T, s *claims.Set) {
		got, ok, err := claims.Value[T](s, path...)
		if err != nil || ok != found {
			t.Fatalf("Value(%q) = _, %v, %v; want _, %v, nil", path, ok, err, found)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Value(%q) (-want +got)\n%s", path, diff)
		}
	}}
}

func found[T any](name string, want T, path ...string) query { return value(name, want, true, path...) }

func absent[T any](name string, path ...string) query {
	var zero T
	return value(name, zero, false, path...)
}

func misfit[T any](name string, path ...string) query {
	return query{name, func(t *testing.T, s *claims.Set) {
		got, ok, err := claims.Value[T](s, path...)
		malformed(t, err, strings.Join(path, "."))
		var zero T
		if diff := cmp.Diff(zero, got); ok || diff != "" {
			t.Errorf("Value(%q) = _, %v with an error; want the zero value, false (-want +got)\n%s", path, ok, diff)
		}
	}}
}

func TestValue(t *testing.T) {
	type access struct {
		Roles []string `json:"roles"`
	}
	one := 7
	s := parse(t, document)
	for _, test := range []query{
		found("a string", "user-1", "sub"),
		found("a string with escapes", "a\n\"b\" 😀", "text"),
		found("an integer", 7, "n"),
		found("a pointer", &one, "n"),
		found("a date as a number", int64(1_700_000_000), "exp"),
		found("a fraction", 1.5, "f"),
		found("a large integer", uint64(12345678901234567890), "big"),
		found("a bool", true, "flag"),
		found("a list", []string{"a", "b"}, "list"),
		found("a mixed list", []any{"a", 1.0}, "mixed"),
		found("a member of an object", []string{"r1", "r2"}, "realm_access", "roles"),
		found("an object", access{[]string{"r1", "r2"}}, "realm_access"),
		found("a name with a dot", 3, "realm_access", "a.b", "c"),
		found("the empty name", "empty name", ""),
		found("the empty name on the way", 4, "realm_access", "", "d"),
		found("no path", struct{ N int }{}),

		absent[string]("no such name", "nobody"),
		absent[string]("another case", "Sub"),
		absent[string]("a dotted path in one name", "realm_access.roles"),
		absent[[]string]("no such name in an object", "realm_access", "groups"),
		absent[any]("null", "none"),
		absent[any]("null in an object", "realm_access", "none"),
		absent[any]("beyond null", "none", "x"),
		absent[any]("beyond a string", "sub", "x"),
		absent[any]("beyond a string that looks like an object", "text_object", "roles"),
		absent[any]("beyond a number", "n", "x"),
		absent[any]("beyond a bool", "flag", "x"),
		absent[any]("beyond a list", "list", "0"),

		misfit[int]("a string for an integer", "sub"),
		misfit[string]("an integer for a string", "n"),
		misfit[int]("a fraction for an integer", "f"),
		misfit[int64]("an integer too large", "big"),
		misfit[uint]("a list for an integer", "list"),
		misfit[[]string]("a string for a list", "sub"),
		misfit[[]string]("a list whose second element does not fit", "mixed"),
		misfit[access]("a list for an object", "list"),
		misfit[struct {
			Roles []string `json:"roles"`
			AB    string   `json:"a.b"`
		}]("an object whose second member does not fit", "realm_access"),
		misfit[string]("at the end of a path", "realm_access", "roles"),
		misfit[chan int]("a type that JSON does not have", "n"),
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s) })
	}
}

func TestValueWithoutPayload(t *testing.T) {
	for name, s := range map[string]*claims.Set{"zero": {}, "filled by hand": {Subject: "s"}} {
		t.Run(name, func(t *testing.T) {
			absent[string]("", "sub").run(t, s)
			absent[map[string]any]("").run(t, s)
			if got, err := claims.Decode[map[string]any](s); got != nil || err != nil {
				t.Errorf("Decode = %v, %v; want nil, nil", got, err)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	type profile struct {
		Subject string   `json:"sub"`
		N       int      `json:"n"`
		None    *string  `json:"none"`
		List    []string `json:"list"`
		Access  struct {
			Roles []string `json:"roles"`
		} `json:"realm_access"`
		Nobody string `json:"nobody"`
	}
	got, err := claims.Decode[profile](parse(t, document))
	if err != nil {
		t.Fatal(err)
	}
	want := profile{Subject: "user-1", N: 7, List: []string{"a", "b"}}
	want.Access.Roles = []string{"r1", "r2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDecodeNamesMatchExactly(t *testing.T) {
	type admin struct {
		Admin bool `json:"admin"`
	}
	for payload, want := range map[string]admin{
		`{"admin":true}`:                {true},
		`{"Admin":true}`:                {},
		`{"ADMIN":true,"admin":false}`:  {},
		`{"admin":false,"ADMIN":"yes"}`: {},
	} {
		if got, err := claims.Decode[admin](parse(t, payload)); got != want || err != nil {
			t.Errorf("Decode of %s = %+v, %v; want %+v, nil", payload, got, err, want)
		}
	}
}

type refuser struct{}

func (*refuser) UnmarshalJSON(b []byte) error { return fmt.Errorf("cannot read %s", b) }

func TestDecodeMisfit(t *testing.T) {
	type roles struct {
		Roles []int `json:"roles"`
	}
	for _, test := range []struct {
		name   string
		decode func(*claims.Set) (fits bool, err error)
		claim  string
	}{
		{"a member", decoding[struct {
			Subject int `json:"sub"`
		}], "sub"},
		{"a member after one that fits", decoding[struct {
			Subject string `json:"sub"`
			List    string `json:"list"`
		}], "list"},
		{"a member of a list in an object", decoding[struct {
			Access roles `json:"realm_access"`
		}], "realm_access.roles.0"},
		{"a type that cannot read it", decoding[struct {
			Text refuser `json:"text"`
		}], "text"},
		{"the whole", decoding[[]string], ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			fits, err := test.decode(parse(t, document))
			malformed(t, err, test.claim)
			if fits {
				t.Error("something is left in the T")
			}
			for _, text := range []string{"user-1", "r1", "cannot read", "a\n", `"a"`} {
				if strings.Contains(err.Error(), text) {
					t.Errorf("the error %q repeats %q of the payload", err, text)
				}
			}
		})
	}
}

// decoding reports whether Decode leaves anything but the zero T.
func decoding[T any](s *claims.Set) (fits bool, err error) {
	got, err := claims.Decode[T](s)
	var zero T
	return !cmp.Equal(zero, got), err
}

// TestMisfitKeepsNoCause: an error of the JSON package may quote the value, so the
// error must not wrap it.
func TestMisfitKeepsNoCause(t *testing.T) {
	_, _, err := claims.Value[int](parse(t, `{"pin":"s3cret-4711"}`), "pin")
	for err != nil {
		if strings.Contains(fmt.Sprintf("%+v", err), "s3cret") {
			t.Errorf("%T repeats the value: %+v", err, err)
		}
		next := errors.Unwrap(err)
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			next = errors.Join(many.Unwrap()...)
			if strings.Contains(next.Error(), "s3cret") {
				t.Errorf("%T wraps the value: %v", err, next)
			}
			break
		}
		err = next
	}
}
