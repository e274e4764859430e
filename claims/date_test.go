package claims_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// dates maps the claims that are dates to their fields.
var dates = map[string]func(*claims.Set) time.Time{
	"exp": func(s *claims.Set) time.Time { return s.Expiry },
	"nbf": func(s *claims.Set) time.Time { return s.NotBefore },
	"iat": func(s *claims.Set) time.Time { return s.IssuedAt },
}

func TestDate(t *testing.T) {
	const year1, year9999 = "-62135596800", "253402300799"
	for _, test := range []struct {
		name, number string
		want         time.Time
	}{
		{"zero", "0", time.Unix(0, 0)},
		{"negative zero", "-0", time.Unix(0, 0)},
		{"negative zero with a fraction", "-0.0", time.Unix(0, 0)},
		{"whole seconds", "1700000000", time.Unix(1_700_000_000, 0)},
		{"whole seconds with a fraction", "1700000000.0", time.Unix(1_700_000_000, 0)},
		{"half a second", "1700000000.5", time.Unix(1_700_000_000, 500_000_000)},
		{"an eighth of a second", "1700000000.125", time.Unix(1_700_000_000, 125_000_000)},
		{"exponent", "17e8", time.Unix(1_700_000_000, 0)},
		{"exponent with a fraction", "1.7e9", time.Unix(1_700_000_000, 0)},
		{"upper case exponent with a sign", "1.7E+9", time.Unix(1_700_000_000, 0)},
		{"negative exponent", "1700000000500e-3", time.Unix(1_700_000_000, 500_000_000)},
		{"before 1970", "-1", time.Unix(-1, 0)},
		{"before 1970 with a fraction", "-0.5", time.Unix(-1, 500_000_000)},
		{"before 1970 with an exponent", "-15e-1", time.Unix(-2, 500_000_000)},
		{"smaller than any float64", "1e-400", time.Unix(0, 0)},
		{"next to nothing below zero", "-1e-300", time.Unix(0, 0)},
		{"first second of year 1", year1, time.Time{}},
		{"first second of year 1 with a fraction", "-62135596799.5", time.Time{}.Add(time.Second / 2)},
		{"last second of year 9999", year9999, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"last half second of year 9999", year9999 + ".5", time.Date(9999, 12, 31, 23, 59, 59, 500_000_000, time.UTC)},
	} {
		for claim, date := range dates {
			t.Run(test.name+"/"+claim, func(t *testing.T) {
				got := date(parse(t, fmt.Sprintf(`{%q:%s}`, claim, test.number)))
				if !got.Equal(test.want) {
					t.Errorf("%s is %v, want %v", test.number, got, test.want.UTC())
				}
				if got.Location() != time.UTC {
					t.Errorf("the location is %v, want UTC", got.Location())
				}
			})
		}
	}
}

func TestDateOutOfRange(t *testing.T) {
	for _, test := range []struct{ name, number string }{
		{"year 10000", "253402300800"},
		{"year 10000 with a fraction", "253402300800.0"},
		{"year 10000 with an exponent", "2.534023008e11"},
		{"one second before year 1", "-62135596801"},
		{"half a second before year 1", "-62135596800.5"},
		{"milliseconds", "1700000000000"},
		{"milliseconds with an exponent", "1.7e12"},
		{"largest int64", "9223372036854775807"},
		{"more than int64", "9223372036854775808"},
		{"less than int64", "-9223372036854775809"},
		{"what wraps around to 2023 in int64", "18446744075409551616"},
		{"huge", "1e30"},
		{"hugely negative", "-1e30"},
		{"largest float64", "1.7976931348623157e308"},
		{"more than float64", "1e309"},
		{"less than float64", "-1e309"},
		{"an exponent beyond all", "1e999999999999"},
		{"400 digits", "1" + strings.Repeat("0", 400)},
	} {
		for claim := range dates {
			t.Run(test.name+"/"+claim, func(t *testing.T) {
				_, err := claims.Parse(fmt.Appendf(nil, `{%q:%s}`, claim, test.number))
				malformed(t, err, claim)
			})
		}
	}
}

// TestDateOfYear1: the first second of year 1 is the zero time, and such a claim is
// still present.
func TestDateOfYear1(t *testing.T) {
	s := parse(t, `{"exp":-62135596800,"nbf":-62135596800,"iat":-62135596800}`)
	before, now := time.Time{}.Add(-time.Second), time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		name string
		v    claims.Validator
		at   time.Time
		want error
	}{
		{"exp has passed, and is not missing", claims.Expiry(0), now, claims.ErrExpired},
		{"nbf has come", claims.NotBefore(0), now, nil},
		{"nbf has not come", claims.NotBefore(0), before, claims.ErrNotYetValid},
		{"iat has come", claims.IssuedAt(0), now, nil},
		{"iat has not come", claims.IssuedAt(0), before, claims.ErrNotYetValid},
		{"iat is too old, and not missing", claims.MaxAge(time.Hour, 0), now, claims.ErrExpired},
		{"exp is present", claims.Optional("exp", claims.Expiry(0)), now, claims.ErrExpired},
	} {
		t.Run(test.name, func(t *testing.T) { verdict(t, test.v, s, test.at, test.want) })
	}
}
