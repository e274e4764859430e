package httpauth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// ErrAuthLevel is returned when the token is good, but its user has signed in too
// weakly or too long ago for this, and may do so again (RFC 9470): 401.
var ErrAuthLevel error = &sentinel{"httpauth: the user has to sign in again, or in a stronger way", "auth_level"}

// An AuthRequirement is what [Middleware.RequireAuthLevel] asks for.
type AuthRequirement func(*authLevel)

type authLevel struct {
	acr    []string
	maxAge time.Duration // 0: any
}

// ACR asks that "acr" is one of values (RFC 9470 §4), in order of preference.
// Given several times, the lists add up. It panics when there is none, or one
// that cannot stand in a list: each is of visible ASCII without quotes.
func ACR(values ...string) AuthRequirement {
	if len(values) == 0 {
		panic("httpauth: ACR: no value is given; give at least one")
	}
	for _, v := range values {
		if !isScopeToken(v) { // the same bytes
			panic(fmt.Sprintf("httpauth: ACR: %q is not one word of visible ASCII without quotes", v))
		}
	}
	return func(l *authLevel) { l.acr = append(l.acr, values...) }
}

// MaxAge asks that "auth_time" is at most d ago. It panics unless d is a
// positive number of whole seconds. auth_time may lie up to 30 seconds in the
// future.
func MaxAge(d time.Duration) AuthRequirement {
	if d <= 0 || d%time.Second != 0 {
		panic(fmt.Sprintf("httpauth: MaxAge: %v is not a positive number of whole seconds", d))
	}
	return func(l *authLevel) { l.maxAge = d }
}

func newAuthLevel(asked []AuthRequirement) *authLevel {
	if len(asked) == 0 {
		panic("httpauth: RequireAuthLevel: nothing is asked for; give ACR or MaxAge")
	}
	l := &authLevel{}
	for _, a := range asked {
		if a == nil {
			panic("httpauth: RequireAuthLevel: a requirement is nil; give ACR or MaxAge")
		}
		a(l)
	}
	return l
}

// clockSkew is how far in the future "auth_time" may seem to be.
const clockSkew = 30 * time.Second

// check compares with the claims of RFC 9470 §6.1.
func (l *authLevel) check(s *claims.Set, at time.Time) error {
	acr, _, err := claims.Value[string](s, "acr")
	if err != nil {
		return err
	}
	if l.acr != nil && !slices.Contains(l.acr, acr) {
		return fmt.Errorf("%w: acr does not match", ErrAuthLevel)
	}
	if l.maxAge == 0 {
		return nil
	}
	seconds, ok, err := claims.Value[float64](s, "auth_time")
	if err != nil {
		return err
	}
	age := float64(at.UnixMilli())/1e3 - seconds
	switch {
	case !ok:
		return fmt.Errorf("%w: auth_time is missing", ErrAuthLevel)
	case age > l.maxAge.Seconds():
		return fmt.Errorf("%w: auth_time is too long ago", ErrAuthLevel)
	case age < -clockSkew.Seconds():
		return &claims.Error{Claim: "auth_time", Err: claims.ErrNotYetValid}
	}
	return nil
}

// parameters are those of the challenge (RFC 9470 §3).
func (l *authLevel) parameters() (ps []Parameter) {
	if l.acr != nil {
		ps = append(ps, Parameter{"acr_values", strings.Join(l.acr, " ")})
	}
	if l.maxAge > 0 {
		ps = append(ps, Parameter{"max_age", strconv.Itoa(int(l.maxAge / time.Second))})
	}
	return ps
}
