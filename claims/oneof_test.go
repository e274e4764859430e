package claims_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

func TestOneOf(t *testing.T) {
	missing := func(claim string) *refusal { return &refusal{claim, claims.ErrMissing} }
	mismatch := func(claim string) *refusal { return &refusal{claim, claims.ErrMismatch} }
	wrong := func(claim string) *refusal { return &refusal{claim, claims.ErrMalformed} }
	namespace := claims.OneOfAt([]string{"kubernetes.io", "namespace"}, "payments")
	for _, test := range []struct {
		name    string
		v       claims.Validator
		payload string
		want    *refusal
	}{
		{"string", claims.OneOf("tenant", "a"), `{"tenant":"a"}`, nil},
		{"string, one of two", claims.OneOf("tenant", "b", "a"), `{"tenant":"a"}`, nil},
		{"string, escaped in the payload", claims.OneOf("tenant", "a/b"), `{"t\u0065nant":"\u0061\/b"}`, nil},
		{"another string", claims.OneOf("tenant", "a"), `{"tenant":"b"}`, mismatch("tenant")},
		{"another case", claims.OneOf("tenant", "a"), `{"tenant":"A"}`, mismatch("tenant")},
		{"a prefix", claims.OneOf("tenant", "ab"), `{"tenant":"a"}`, mismatch("tenant")},
		{"a suffix more", claims.OneOf("tenant", "a"), `{"tenant":"a\u0000"}`, mismatch("tenant")},
		{"white space around", claims.OneOf("tenant", "a"), `{"tenant":" a "}`, mismatch("tenant")},
		{"kelvin sign", claims.OneOf("tenant", "k"), `{"tenant":"\u212a"}`, mismatch("tenant")},
		{"canonically equivalent, not equal", claims.OneOf("tenant", "caf\u00e9"), `{"tenant":"cafe\u0301"}`, mismatch("tenant")},
		{"empty", claims.OneOf("tenant", "a"), `{"tenant":""}`, mismatch("tenant")},
		{"the list as one string", claims.OneOf("tenant", "a", "b"), `{"tenant":"a,b"}`, mismatch("tenant")},
		{"absent", claims.OneOf("tenant", "a"), `{}`, missing("tenant")},
		{"name in another case", claims.OneOf("tenant", "a"), `{"Tenant":"a"}`, missing("tenant")},
		{"only nested", claims.OneOf("tenant", "a"), `{"x":{"tenant":"a"}}`, missing("tenant")},

		{"true", claims.OneOf("ok", "true"), `{"ok":true}`, nil},
		{"true as a string", claims.OneOf("ok", "true"), `{"ok":"true"}`, nil},
		{"false is not true", claims.OneOf("ok", "true"), `{"ok":false}`, mismatch("ok")},
		{"True is not true", claims.OneOf("ok", "true"), `{"ok":"True"}`, mismatch("ok")},
		{"1 is not true", claims.OneOf("ok", "true"), `{"ok":1}`, mismatch("ok")},
		{"false", claims.OneOf("ok", "false"), `{"ok":false}`, nil},

		{"integer", claims.OneOf("n", "42"), `{"n":42}`, nil},
		{"integer as a string", claims.OneOf("n", "42"), `{"n":"42"}`, nil},
		{"negative", claims.OneOf("n", "-42"), `{"n":-42}`, nil},
		{"beyond a float64", claims.OneOf("n", "9007199254740993"), `{"n":9007199254740992}`, mismatch("n")},
		{"beyond an int64", claims.OneOf("n", "123456789012345678901234567890"), `{"n":123456789012345678901234567890}`, nil},
		{"another integer", claims.OneOf("n", "42"), `{"n":421}`, mismatch("n")},
		{"fraction", claims.OneOf("n", "42", "42.0"), `{"n":42.0}`, wrong("n")},
		{"exponent", claims.OneOf("n", "42", "42e0"), `{"n":42e0}`, wrong("n")},
		{"exponent in upper case", claims.OneOf("n", "42", "42E0"), `{"n":42E0}`, wrong("n")},

		{"null", claims.OneOf("x", "null"), `{"x":null}`, wrong("x")},
		{"array", claims.OneOf("x", "a", `["a"]`), `{"x":["a"]}`, wrong("x")},
		{"object", claims.OneOf("x", "a", `{}`), `{"x":{}}`, wrong("x")},

		{"name with dots", claims.OneOf("oidc.circleci.com/project-id", "p"), `{"oidc.circleci.com/project-id":"p"}`, nil},
		{"a dot leads nowhere", claims.OneOf("a.b", "c"), `{"a":{"b":"c"}}`, missing("a.b")},
		{"iss", claims.OneOf("iss", "i"), `{"iss":"i"}`, nil},
		{"sub", claims.OneOf("sub", "s"), `{"sub":"t"}`, mismatch("sub")},
		{"jti", claims.OneOf("jti", "j"), `{}`, missing("jti")},
		{"exp", claims.OneOf("exp", "1700000000"), `{"exp":1700000000}`, nil},
		{"aud", claims.OneOf("aud", "a"), `{"aud":"a"}`, nil},
		{"aud, several", claims.OneOf("aud", "a"), `{"aud":["a"]}`, wrong("aud")},

		{"nested", namespace, `{"kubernetes.io":{"namespace":"payments"}}`, nil},
		{"nested, another", namespace, `{"kubernetes.io":{"namespace":"default"}}`, mismatch("kubernetes.io.namespace")},
		{"nested, absent", namespace, `{"kubernetes.io":{}}`, missing("kubernetes.io.namespace")},
		{"nested, the way absent", namespace, `{"kubernetes":{"io":{"namespace":"payments"}}}`, missing("kubernetes.io.namespace")},
		{"nested, at the top", namespace, `{"namespace":"payments"}`, missing("kubernetes.io.namespace")},
		{"nested, the way a string", namespace, `{"kubernetes.io":"{\"namespace\":\"payments\"}"}`, wrong("kubernetes.io")},
		{"nested, the way an array", namespace, `{"kubernetes.io":[{"namespace":"payments"}]}`, wrong("kubernetes.io")},
		{"nested, the way null", namespace, `{"kubernetes.io":null}`, wrong("kubernetes.io")},
		{"nested, an object", namespace, `{"kubernetes.io":{"namespace":{}}}`, wrong("kubernetes.io.namespace")},
		{"three deep", claims.OneOfAt([]string{"a", "b", "c"}, "true"), `{"a":{"b":{"c":true}}}`, nil},
		{"a path of one", claims.OneOfAt([]string{"sub"}, "s"), `{"sub":"s"}`, nil},
		{"sub is registered at the top only", claims.OneOfAt([]string{"act", "sub"}, "s"), `{"sub":"s","act":{"sub":"t"}}`, mismatch("act.sub")},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.v.Validate(t.Context(), parse(t, test.payload), time.Time{})
			if diff := cmp.Diff(test.want, refusalOf(t, err), sameError); diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

// TestOneOfReadsFields: a Set that was filled in by hand has no payload.
func TestOneOfReadsFields(t *testing.T) {
	s := &claims.Set{Issuer: "i", Subject: "s", ID: "j"}
	for name, value := range map[string]string{"iss": "i", "sub": "s", "jti": "j"} {
		if err := claims.OneOf(name, value).Validate(t.Context(), s, time.Time{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		verdict(t, claims.OneOf(name, "x"), s, time.Time{}, claims.ErrMismatch)
		verdict(t, claims.OneOf(name, value), new(claims.Set), time.Time{}, claims.ErrMissing)
	}
	verdict(t, claims.OneOf("tenant", "a"), s, time.Time{}, claims.ErrMissing)
	integer := new(claims.Set)
	if err := claims.ParseInto(integer, []byte(`{"sub":7}`), claims.IntegerSubject); err != nil {
		t.Fatal(err)
	}
	if err := claims.OneOf("sub", "7").Validate(t.Context(), integer, time.Time{}); err != nil {
		t.Errorf("an integer as the subject: %v", err)
	}
}

func TestOneOfMessages(t *testing.T) {
	long := strings.Repeat("x", 100)
	for payload, want := range map[string]string{
		`{"tenant":"A"}`:              `claims: tenant: not the expected value: it is "A", expected "a", "b"; they differ only in upper and lower case`,
		`{"tenant":"` + long + `"}`:   `claims: tenant: not the expected value: it is "` + long[:64] + `"…, expected "a", "b"`,
		`{"tenant":"a\n\u2028level"}`: `claims: tenant: not the expected value: it is "a\n\u2028level", expected "a", "b"`,
		`{"tenant":null}`:             `claims: tenant: malformed: it is null`,
		`{"tenant":["a"]}`:            `claims: tenant: malformed: it is an array`,
		`{"tenant":{"a":"a"}}`:        `claims: tenant: malformed: it is an object`,
		`{"tenant":1.5}`:              `claims: tenant: malformed: it is a number with a fraction or an exponent`,
	} {
		if err := claims.OneOf("tenant", "a", "b").Validate(t.Context(), parse(t, payload), time.Time{}); err == nil || err.Error() != want {
			t.Errorf("%.40s: %v\nwant %s", payload, err, want)
		}
	}
}

// TestOneOfCopies: what the caller does to its slices afterwards does not count.
func TestOneOfCopies(t *testing.T) {
	path, values := []string{"a", "b"}, []string{"c"}
	v := claims.OneOfAt(path, values...)
	path[1], values[0] = "x", "evil"
	s := parse(t, `{"a":{"b":"c"}}`)
	if err := v.Validate(t.Context(), s, time.Time{}); err != nil {
		t.Errorf("Validate = %v, want nil", err)
	}
}

// TestConstructorsPanic on mistakes, and name all of them.
func TestConstructorsPanic(t *testing.T) {
	for _, test := range []struct {
		name string
		make func()
		want string
	}{
		{"no name", func() { claims.OneOf("", "a") }, "claims: OneOf: the name of the claim is empty"},
		{"no value", func() { claims.OneOf("a") }, "claims: OneOf: no value is given"},
		{"an empty value", func() { claims.OneOf("a", "b", "") }, "claims: OneOf: a value is empty; is a variable unset?"},
		{"nothing at all", func() { claims.OneOf("") }, "claims: OneOf: the name of the claim is empty; no value is given"},
		{"no path", func() { claims.OneOfAt(nil, "a") }, "claims: OneOfAt: the name of the claim is empty"},
		{"an empty name in a path", func() { claims.OneOfAt([]string{"a", ""}, "") }, "claims: OneOfAt: the name of the claim is empty; a value is empty; is a variable unset?"},
		{"no lifetime", func() { claims.MaxLifetime(0) }, "claims: MaxLifetime: 0s is too short; write the unit, as in 24*time.Hour"},
		{"a negative lifetime", func() { claims.MaxLifetime(-time.Hour) }, "claims: MaxLifetime: -1h0m0s is too short; write the unit, as in 24*time.Hour"},
		{"a lifetime without unit", func() { claims.MaxLifetime(3600) }, "claims: MaxLifetime: 3.6µs is too short; write the unit, as in 24*time.Hour"},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panic: %v\nwant %s", got, test.want)
				}
			}()
			test.make()
		})
	}
}
