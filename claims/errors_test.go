package claims_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  *claims.Error
		want string
	}{
		{&claims.Error{Claim: "exp", Err: claims.ErrExpired}, "claims: exp: expired"},
		{&claims.Error{Err: claims.ErrMalformed}, "claims: malformed"},
		{&claims.Error{Claim: "tenant", Err: fmt.Errorf("%w: no such one", claims.ErrMismatch)}, "claims: tenant: not the expected value: no such one"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("Error() = %q, want %q", got, test.want)
		}
	}
	inner := errors.New("x")
	if got := (&claims.Error{Claim: "a", Err: inner}).Unwrap(); got != inner {
		t.Errorf("Unwrap() = %v, want Err as it is", got)
	}
}

// TestErrorsShowNoValues: of the values in a token, an error shows only "iss" and
// "aud", and those quoted, on one line and cut.
func TestErrorsShowNoValues(t *testing.T) {
	const secret, shown = "s3cret\r\nvalue", "shown\r\nvalue"
	payload := fmt.Sprintf(`{"iss":%q,"aud":[%[1]q,"x\u2028y"],"sub":%q,"jti":%[2]q,"scope":%[2]q,"scp":[%[2]q],
		"exp":987654321,"nbf":9876543210,"iat":9876543210,"own":%[2]q,"object":{"a":%[2]q}}`, shown, secret)
	at := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		name  string
		v     claims.Validator
		shows bool // whether the error may show iss or aud
	}{
		{"issuer", claims.Issuer("me", "us"), true},
		{"audience", claims.Audience("me", "us"), true},
		{"expiry", claims.Expiry(0), false},
		{"not before", claims.NotBefore(0), false},
		{"issued at", claims.IssuedAt(0), false},
		{"age", claims.MaxAge(time.Hour, 0), false},
		{"required", claims.Required("another"), false},
		{"scope", claims.Scope("read", "write\r\nall"), false},
		{"typed", claims.Typed(func(context.Context, struct {
			Own int `json:"own"`
		}) error {
			return nil
		}), false},
		{"typed, nested", claims.Typed(func(context.Context, struct {
			Object map[string]int `json:"object"`
		}) error {
			return nil
		}), false},
		{"any of these", claims.Any(claims.Issuer(), claims.Audience(), claims.Expiry(0), claims.Required("another")), true},
		{"any of none", claims.Any(), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.v.Validate(t.Context(), parse(t, payload), at)
			if err == nil {
				t.Fatal("Validate = nil, want a refusal")
			}
			oneLine(t, err)
			for _, text := range []string{"s3cret", "987654321"} {
				if strings.Contains(err.Error(), text) {
					t.Errorf("%q shows %q", err, text)
				}
			}
			if got := strings.Contains(err.Error(), `"shown\r\nvalue"`); got != test.shows {
				t.Errorf("%q shows iss or aud: %v, want %v", err, got, test.shows)
			}
		})
	}
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); strings.ContainsAny(text, "\r\n\v\f\u0085\u2028\u2029") {
		t.Errorf("%q is more than one line", text)
	}
	if n := len(err.Error()); n > 4<<10 {
		t.Errorf("the error has %d bytes", n)
	}
}

func TestParseErrorsShowNoValues(t *testing.T) {
	for _, payload := range []string{
		"s3cret", `"s3cret"`, `{"s3cret":1,"s3cret":2}`, `{"x":{"s3cret":1,"s3cret":2}}`, "{\"x\":\"s3cret\n\"}",
		`{"sub":["s3cret"]}`, `{"exp":"s3cret"}`, `{"aud":{"s3cret":1}}`, `{"sub":"s3cret"} s3cret`, "{\"s3cret\n\":\"\xff\"}",
	} {
		_, err := claims.Parse([]byte(payload))
		if err == nil {
			t.Fatalf("Parse(%q) accepts", payload)
		}
		oneLine(t, err)
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Parse(%q) repeats it: %v", payload, err)
		}
	}
}

func TestMismatchIsNotTooLong(t *testing.T) {
	long := strings.Repeat("é", 4<<10)
	s := &claims.Set{Issuer: long, Audience: []string{"a1", "a2", "a3", "a4", "a5", long}}
	for _, v := range []claims.Validator{claims.Issuer(long + "x"), claims.Audience(long + "x")} {
		err := v.Validate(t.Context(), s, time.Now())
		if err == nil {
			t.Fatal("Validate = nil, want a refusal")
		}
		oneLine(t, err)
	}
	for _, test := range []struct {
		name string
		v    claims.Validator
		want string
	}{
		{"four are listed", claims.Audience("x"), `claims: aud: not the expected value: it is "a1", "a2", "a3", "a4", …, expected "x"`},
		{"none is expected", claims.Audience(), `claims: aud: not the expected value: it is "a1", "a2", "a3", "a4", …, expected none`},
		{"scopes that lack", claims.Scope("read", "write"), `claims: scope: insufficient scope: lacks "read", "write"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.v.Validate(t.Context(), s, time.Now()).Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestMismatchNamesWhatIsOverlooked in values that look alike.
func TestMismatchNamesWhatIsOverlooked(t *testing.T) {
	for _, test := range []struct{ expected, got, want string }{
		{"https://a.example", "https://a.example/", "; they differ only in a trailing slash"},
		{"https://a.example/x/", "https://a.example/x", "; they differ only in a trailing slash"},
		{"https://a.example", "https://A.example", "; they differ only in upper and lower case"},
		{"https://a.example", "http://a.example", "; they differ only in http and https"},
		{"https://a.example/x", "https://a.example:443/x", "; they differ only in the default port"},
		{"http://a.example:80", "http://a.example", "; they differ only in the default port"},
		{"https://a.example", " https://a.example", "; they differ only in white space"},
		{"https://a.example", "http://A.example/", "; they differ only in several of: trailing slash, case, http and https, port, white space"},
		{"https://a.example", "https://b.example", ""},
		{"https://a.example", "https://a.example:8443", ""},
		{"api", "", ""},
		{"urn:api", "URN:api2", ""},
	} {
		s := &claims.Set{Issuer: test.got, Audience: []string{"x", test.got}}
		for name, err := range map[string]error{
			"iss": claims.Issuer("y", test.expected).Validate(t.Context(), s, time.Now()),
			"aud": claims.Audience("y", test.expected).Validate(t.Context(), s, time.Now()),
		} {
			if test.got == "" && name == "iss" {
				continue // missing
			}
			if got := err.Error(); !strings.HasSuffix(got, test.expected+`"`+test.want) {
				t.Errorf("%s %q for %q: %q, want it to end with %q", name, test.got, test.expected, got, test.want)
			}
		}
	}
}

func TestHostileMemberNames(t *testing.T) {
	for _, name := range []string{"a\r\nb", "a\u2028b", "a\x1b[31mb", strings.Repeat("long", 4<<10)} {
		_, err := claims.Decode[map[string]int](parse(t, fmt.Sprintf(`{%s:"x"}`, quoted(t, name))))
		malformed(t, err, name)
		oneLine(t, err)
		if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%q has a control byte", err)
		}
	}
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
