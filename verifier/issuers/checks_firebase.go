package issuers

import (
	"context"
	"errors"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// projectID is the shape of a project ID of Google, which may begin with a domain.
const projectID = `(?P<project>(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]*)`

// firebaseRules are those of ID tokens and session cookies.
var firebaseRules = []rule{
	{about: "sub has at most 128 characters", Validator: shortSubject},
	{about: "auth_time is in the past", Validator: signedIn},
	{about: "kid is present", Validator: claims.Required("kid"), header: true},
}

var firebaseTenant = param{name: "tenant", usage: "the ID of an Identity Platform tenant; without it, tokens of tenants are refused", effect: isMember("firebase", "tenant")}

// firebaseProject makes the project the audience, and keeps tenants out that the
// reference does not name: they sign up their own users.
func firebaseProject(o *opening) {
	audience(o, []string{o.vars["project"]})
	if !o.params.Has("tenant") {
		o.checks = append(o.checks, noTenant)
	}
}

var (
	shortSubject = check(func(s *claims.Set) error {
		if len(s.Subject) > 128 {
			return mismatch("sub", "it has more than 128 bytes")
		}
		return nil
	})
	signedIn = claims.ValidatorFunc(func(_ context.Context, s *claims.Set, at time.Time) error {
		seconds, ok, err := claims.Value[float64](s, "auth_time")
		switch {
		case err != nil:
			return err
		case !ok:
			return &claims.Error{Claim: "auth_time", Err: claims.ErrMissing}
		case seconds > float64(at.Add(30*time.Second).Unix()):
			return mismatch("auth_time", "it is in the future")
		}
		return nil
	})
	noTenant = check(func(s *claims.Set) error {
		if _, ok, err := claims.Value[any](s, "firebase", "tenant"); ok || err != nil && !errors.Is(err, claims.ErrMissing) {
			return mismatch("firebase.tenant", "it is a tenant's, and the reference names none")
		}
		return nil
	})
)
