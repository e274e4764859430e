package httpauth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
)

// ErrAuthLevel is returned when the token is good, but its user signed in too
// weakly or too long ago for the route and may sign in again (RFC 9470): 401.
var ErrAuthLevel error = &sentinel{"httpauth: the user must sign in again, or with a stronger method", "auth_level"}

// An AuthRequirement is one condition of [Middleware.RequireAuthLevel].
type AuthRequirement func(*authLevel)

type authLevel struct {
	acr    []string      // nil: any
	maxAge time.Duration // 0: any
}

// ACR requires that "acr" is one of values (RFC 9470 §4). The challenge lists
// them in this order, which is the order of preference. Given several times, the
// lists add up. It panics if values is empty, or if one cannot be part of a
// list: each is visible ASCII without quotes and backslashes.
func ACR(values ...string) AuthRequirement {
	if len(values) == 0 {
		panic("httpauth: ACR: no value is given; give at least one")
	}
	for _, v := range values {
		if !isScopeToken(v) { // acr_values has the grammar of scope
			panic("httpauth: ACR: " + message.Quote(v) + " is not one word of visible ASCII without quotes")
		}
	}
	return func(l *authLevel) { l.acr = append(l.acr, values...) }
}

// MaxAuthAge requires that the user signed in at most d ago, by "auth_time"; it
// is the max_age of RFC 9470 §4. auth_time may lie up to 30 seconds in the
// future, for clocks that differ. It panics unless d is a positive number of
// whole seconds, since max_age has no fractions.
func MaxAuthAge(d time.Duration) AuthRequirement {
	if d <= 0 || d%time.Second != 0 {
		panic(fmt.Sprintf("httpauth: MaxAuthAge: %v is not a positive number of whole seconds", d))
	}
	return func(l *authLevel) { l.maxAge = d }
}

func newAuthLevel(asked []AuthRequirement) *authLevel {
	if len(asked) == 0 {
		panic("httpauth: RequireAuthLevel: no requirement is given; give ACR or MaxAuthAge")
	}
	l := &authLevel{}
	for _, a := range asked {
		if a == nil {
			panic("httpauth: RequireAuthLevel: a requirement is nil; give ACR or MaxAuthAge")
		}
		a(l)
	}
	return l
}

// clockSkew is how far in the future "auth_time" may lie.
const clockSkew = 30 * time.Second

// check compares with the claims of RFC 9470 §6.1. The order decides what the
// log says: the strength first, then the time.
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
	case age < -clockSkew.Seconds(): // signing in again would not help
		return &claims.Error{Claim: "auth_time", Err: claims.ErrNotYetValid}
	}
	return nil
}

// parameters returns those of the challenge (RFC 9470 §3).
func (l *authLevel) parameters() (ps []Parameter) {
	if l.acr != nil {
		ps = append(ps, Parameter{"acr_values", strings.Join(l.acr, " ")})
	}
	if l.maxAge > 0 {
		ps = append(ps, Parameter{"max_age", strconv.Itoa(int(l.maxAge / time.Second))})
	}
	return ps
}
