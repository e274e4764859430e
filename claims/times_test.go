package claims_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// verdict fails unless v returns want for s as of at.
func verdict(t *testing.T, v claims.Validator, s *claims.Set, at time.Time, want error) {
	t.Helper()
	err := v.Validate(t.Context(), s, at)
	if !errors.Is(err, want) {
		t.Fatalf("Validate = %v, want %v", err, want)
	}
	var e *claims.Error
	if err != nil && !errors.As(err, &e) {
		t.Errorf("the error is a %T, want a *claims.Error", err)
	}
}

// TestDateBoundaries runs each validator of dates one nanosecond before, at, and one
// nanosecond after the instant at which its answer changes.
func TestDateBoundaries(t *testing.T) {
	const (
		date   = 1_700_000_000
		leeway = 30 * time.Second
		hour   = time.Hour
	)
	for _, test := range []struct {
		name, claim  string
		v            claims.Validator
		change       time.Duration // after the claim's date
		before, then error
	}{
		{"exp", "exp", claims.Expiry(0), 0, nil, claims.ErrExpired},
		{"exp with leeway", "exp", claims.Expiry(leeway), leeway, nil, claims.ErrExpired},
		{"nbf", "nbf", claims.NotBefore(0), 0, claims.ErrNotYetValid, nil},
		{"nbf with leeway", "nbf", claims.NotBefore(leeway), -leeway, claims.ErrNotYetValid, nil},
		{"iat", "iat", claims.IssuedAt(0), 0, claims.ErrNotYetValid, nil},
		{"iat with leeway", "iat", claims.IssuedAt(leeway), -leeway, claims.ErrNotYetValid, nil},
		{"age", "iat", claims.MaxAge(hour, 0), hour, nil, claims.ErrExpired},
		{"age with leeway", "iat", claims.MaxAge(hour, leeway), hour + leeway, nil, claims.ErrExpired},
		{"age in the future", "iat", claims.MaxAge(hour, 0), 0, claims.ErrNotYetValid, nil},
		{"age in the future with leeway", "iat", claims.MaxAge(hour, leeway), -leeway, claims.ErrNotYetValid, nil},
		{"no age at all", "iat", claims.MaxAge(0, 0), 0, claims.ErrNotYetValid, claims.ErrExpired},
	} {
		for fraction, more := range map[string]time.Duration{"": 0, ".5": time.Second / 2} {
			t.Run(test.name+fraction, func(t *testing.T) {
				s := parse(t, fmt.Sprintf(`{%q:%d%s}`, test.claim, date, fraction))
				change := time.Unix(date, 0).Add(more + test.change)
				verdict(t, test.v, s, change.Add(-1), test.before)
				verdict(t, test.v, s, change, test.then)
				verdict(t, test.v, s, change.Add(1), test.then)
			})
		}
	}
}

func TestDateAbsent(t *testing.T) {
	for _, test := range []struct {
		name string
		v    claims.Validator
		want *claims.Error
	}{
		{"exp", claims.Expiry(0), &claims.Error{Claim: "exp", Err: claims.ErrMissing}},
		{"nbf", claims.NotBefore(0), nil},
		{"iat", claims.IssuedAt(0), nil},
		{"age", claims.MaxAge(time.Hour, 0), &claims.Error{Claim: "iat", Err: claims.ErrMissing}},
	} {
		for name, s := range map[string]*claims.Set{"parsed": parse(t, `{"EXP":1,"x":{"iat":1}}`), "zero": {}} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				err := test.v.Validate(t.Context(), s, time.Now())
				if test.want == nil {
					if err != nil {
						t.Errorf("Validate = %v, want nil", err)
					}
					return
				}
				var e *claims.Error
				if !errors.As(err, &e) || *e != *test.want {
					t.Errorf("Validate = %v, want %v", err, test.want)
				}
			})
		}
	}
}

// TestDateExtremes: arithmetic with distant dates and long durations does not wrap
// around.
func TestDateExtremes(t *testing.T) {
	const longest = time.Duration(math.MaxInt64)
	first, last := time.Time{}, time.Unix(253402300799, 0)
	s := parse(t, `{"exp":253402300799,"nbf":-62135596800,"iat":-62135596800}`)
	future := parse(t, `{"nbf":253402300799,"iat":253402300799}`)
	for _, test := range []struct {
		name string
		v    claims.Validator
		s    *claims.Set
		at   time.Time
		want error
	}{
		{"exp in 9999", claims.Expiry(longest), s, first, nil},
		{"exp in 9999, then", claims.Expiry(0), s, last, claims.ErrExpired},
		{"exp in 9999, then, with much leeway", claims.Expiry(longest), s, last, nil},
		{"nbf in 1", claims.NotBefore(longest), s, last, nil},
		{"nbf in 9999", claims.NotBefore(longest), future, first, claims.ErrNotYetValid},
		{"iat in 9999", claims.IssuedAt(longest), future, first, claims.ErrNotYetValid},
		{"issued in 1", claims.MaxAge(longest, longest), s, last, claims.ErrExpired},
		{"issued in 9999", claims.MaxAge(longest, longest), future, first, claims.ErrNotYetValid},
	} {
		t.Run(test.name, func(t *testing.T) { verdict(t, test.v, test.s, test.at, test.want) })
	}
}

// TestDateMessages: they say how far off the date is, what time it is here and
// what the leeway is, so that a wrong clock shows.
func TestDateMessages(t *testing.T) {
	s := parse(t, `{"exp":1000,"nbf":5000,"iat":2060}`)
	const now = "; it is now 1970-01-01T00:33:20Z, leeway "
	for _, test := range []struct {
		v    claims.Validator
		want string
	}{
		{claims.Expiry(0), "claims: exp: expired 16m40s ago" + now + "0s"},
		{claims.Expiry(time.Minute), "claims: exp: expired 16m40s ago" + now + "1m0s"},
		{claims.NotBefore(0), "claims: nbf: not yet valid for another 50m0s" + now + "0s"},
		{claims.IssuedAt(30 * time.Second), "claims: iat: not yet valid for another 1m0s" + now + "30s; is a clock wrong?"},
	} {
		if err := test.v.Validate(t.Context(), s, time.Unix(2000, 0)); err == nil || err.Error() != test.want {
			t.Errorf("Validate = %q, want %q", err, test.want)
		}
	}
}

// TestMaxLifetime: neither "iat" nor the time of verification may be more than d
// before "exp".
func TestMaxLifetime(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	hour := claims.MaxLifetime(time.Hour)
	for _, test := range []struct {
		name    string
		v       claims.Validator
		payload string
		want    error
	}{
		{"exactly", hour, `{"iat":1700000000,"exp":1700003600}`, nil},
		{"a second more", hour, `{"iat":1700000000,"exp":1700003601}`, claims.ErrMismatch},
		{"a fraction more", hour, `{"iat":1700000000,"exp":1700003600.5}`, claims.ErrMismatch},
		{"issued before, nearly over", hour, `{"iat":1699996401,"exp":1700000001}`, nil},
		{"issued before, too long, nearly over", hour, `{"iat":1699996399,"exp":1700000000}`, claims.ErrMismatch},
		{"issued long before, and renewed", hour, `{"iat":1600000000,"exp":1700000060}`, claims.ErrMismatch},
		{"no iat", hour, `{"exp":1700003600}`, nil},
		{"no iat, a second more", hour, `{"exp":1700003601}`, claims.ErrMismatch},
		{"an iat in the future does not extend it", hour, `{"iat":1700000010,"exp":1700003610}`, claims.ErrMismatch},
		{"an iat in the future, short enough", hour, `{"iat":1700000010,"exp":1700003600}`, nil},
		{"an iat in a hundred years", hour, `{"iat":4855000000,"exp":4855003600}`, claims.ErrMismatch},
		{"a hundred years", hour, `{"exp":4855000000}`, claims.ErrMismatch},
		{"year 9999", hour, `{"iat":-62135596800,"exp":253402300799}`, claims.ErrMismatch},
		{"year 9999, of the longest duration", claims.MaxLifetime(math.MaxInt64), `{"exp":253402300799}`, claims.ErrMismatch},
		{"iat is 1970", hour, `{"iat":0,"exp":1700000060}`, claims.ErrMismatch},
		{"expired, which is for Expiry", hour, `{"iat":1600000000,"exp":1600003600}`, nil},
		{"exp is before iat", hour, `{"iat":1700000000,"exp":1600000000}`, nil},
		{"exp is 1970", hour, `{"exp":0}`, nil},
		{"no exp", hour, `{"iat":1700000000}`, claims.ErrMissing},
	} {
		t.Run(test.name, func(t *testing.T) {
			verdict(t, test.v, parse(t, test.payload), at, test.want)
		})
	}
	verdict(t, hour, parse(t, `{"exp":1700000060}`), time.Time{}, claims.ErrMismatch) // without a time of verification, it still fails
	for payload, want := range map[string]string{
		`{"iat":1700000000,"exp":1700007200}`: "claims: exp: not the expected value: it is 2h0m0s after its iat, expected at most 1h0m0s",
		`{"exp":1700007200}`:                  "claims: exp: not the expected value: it is 2h0m0s after now, expected at most 1h0m0s",
	} {
		if err := hour.Validate(t.Context(), parse(t, payload), at); err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
