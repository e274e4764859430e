package issuers

import (
	"strings"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/ascii"
)

const entraHost = "https://login.microsoftonline.com/"

// entraTenant checks that "iss" names the tenant in "tid".
var entraTenant = check(func(s *claims.Set) error {
	tid, ok, err := claims.Value[string](s, "tid")
	switch {
	case err != nil:
		return err
	case !ok:
		return &claims.Error{Claim: "tid", Err: claims.ErrMissing}
	case !tenantID.MatchString(tid) || s.Issuer != entraHost+tid+"/v2.0":
		return mismatch("tid", "it is not the tenant in iss")
	}
	return nil
})

var tenantID = shape(guid)

// consumers is the tenant of all personal Microsoft accounts.
const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

// entraTenants says which tenants may sign in, and where their keys are. One
// tenant has keys that are bound to its issuer. Several share a set, whose keys
// each say in the member "issuer" whose tokens they sign.
func entraTenants(o *opening) {
	switch tenants := strings.Split(o.arg, ";"); {
	case !tenantID.MatchString(tenants[0]): // organizations or common
		o.keyRef = entraHost + o.arg + "/discovery/v2.0/keys"
		o.accepts = func(s *claims.Set) bool {
			tid, ok := strings.CutPrefix(s.Issuer, entraHost)
			tid, v2 := strings.CutSuffix(tid, "/v2.0")
			return ok && v2 && tenantID.MatchString(tid) && (o.arg == "common" || tid != consumers)
		}
		o.class = "entra"
		o.checks = append(o.checks, check(func(s *claims.Set) error {
			if !o.accepts(s) {
				return mismatch("iss", "it is none of "+o.arg)
			}
			return nil
		}))
	default:
		for _, tid := range tenants {
			o.issuers = append(o.issuers, entraHost+tid+"/v2.0")
		}
		if len(tenants) > 1 {
			o.keyRef = entraHost + "common/discovery/v2.0/keys"
		}
	}
}

// b2cPolicy checks the policy in "tfp", or in "acr" of tokens without it. B2C writes
// the name in either case.
func b2cPolicy(policy string) claims.Validator {
	return check(func(s *claims.Set) error {
		name := "tfp"
		if !has(s, name) {
			name = "acr"
		}
		got, ok, err := claims.Value[string](s, name)
		switch {
		case err != nil:
			return err
		case !ok:
			return &claims.Error{Claim: "tfp or acr", Err: claims.ErrMissing}
		case !ascii.EqualFold(got, policy):
			return mismatch(name, "it is another policy")
		}
		return nil
	})
}

// b2cUse tells access tokens, which have scopes, from ID tokens.
func b2cUse(o *opening) {
	if o.orDefault("use", "access") == "access" {
		o.checks = append(o.checks, anyPresent("scp"))
	} else {
		o.checks = append(o.checks, absent("scp"))
	}
}
