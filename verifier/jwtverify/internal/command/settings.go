package command

import (
	"context"
	"flag"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// settingsFlags are the flags that say what a service trusts.
type settingsFlags struct {
	s          setup.Settings
	policy     string
	leeway     durationFlag
	defaultAlg string
	issuer     list
	audience   list
	typ        list
	alg        list
	scope      list
}

// durationFlag is a duration that may be unset.
type durationFlag struct{ d *time.Duration }

func (f *durationFlag) String() string { return "" }

func (f *durationFlag) Set(v string) error {
	d, err := time.ParseDuration(v)
	f.d = &d
	return err
}

func (f *settingsFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&f.s.Issuers, "issuers", "", "a whole verifier, as in `cognito:POOL?client=ID` or file:PATH (JWT_ISSUERS)")
	fs.StringVar(&f.s.Keys, "keys", "", "where keys come from: env:NAME, file:PATH, https://host/jwks.json or oidc:https://issuer (JWT_KEYS); `REF`")
	fs.Var(&f.issuer, "issuer", "an expected `ISS`; may be repeated (JWT_ISSUER)")
	fs.Var(&f.audience, "audience", "an expected `AUD`; may be repeated (JWT_AUDIENCE)")
	fs.Var(&f.typ, "type", "demand this `TYP` in the header; may be repeated")
	fs.Var(&f.alg, "alg", "accept only this `ALG`; may be repeated")
	fs.Var(&f.scope, "scope", "demand this `SCOPE`; may be repeated")
	fs.StringVar(&f.policy, "policy", "", "the policy of a running service: the `URL` of httpauth.PolicyHandler, or a file with what it served")
	fs.Var(&f.leeway, "leeway", "by how much dates may be off, such as `1m`; 30s without it")
	fs.IntVar(&f.s.MaxSize, "max-size", 0, "the largest token, in `BYTES`; 16384 without it")
	fs.BoolVar(&f.s.AnyIssuer, "any-issuer", false, "accept any iss")
	fs.BoolVar(&f.s.AnyAudience, "any-audience", false, "accept any aud")
	fs.BoolVar(&f.s.OptionalSubject, "optional-subject", false, "accept tokens without sub")
	fs.BoolVar(&f.s.OptionalExpiry, "optional-expiry", false, "accept tokens without exp")
	fs.BoolVar(&f.s.IntegerSubject, "integer-subject", false, "accept a sub that is a number")
	fs.BoolVar(&f.s.AccessToken, "access-token", false, "demand the profile of RFC 9068")
	fs.BoolVar(&f.s.Events, "events", false, "accept security events")
	fs.BoolVar(&f.s.Padded, "padded", false, "expect padded base64, as AWS load balancers write it")
	fs.BoolVar(&f.s.Proven, "proven", false, "take the possession of a bound token (cnf) as proven")
	fs.StringVar(&f.defaultAlg, "default-alg", "", "the `ALG` of RSA keys that state none; RS256 without it")
	fs.StringVar(&f.s.CA, "ca", "", "a `FILE` with the CA of the endpoint of the keys")
	fs.BoolVar(&f.s.InsecureHTTP, "insecure-http", false, "fetch keys over plain http beyond loopback")
	fs.DurationVar(&f.s.Timeout, "timeout", 10*time.Second, "for a fetch, such as `5s`")
}

// settings puts flags and variables together. A flag that says what to trust leaves
// all variables out, so that the two never mix.
func (f *settingsFlags) settings(ctx context.Context, e *Env) (setup.Settings, error) {
	s := f.s
	s.Client, s.Now = e.Client, e.Now
	s.Issuer, s.Audience, s.Type, s.Algorithm, s.Scope = f.issuer, f.audience, f.typ, f.alg, f.scope
	s.Leeway, s.DefaultAlgorithm = f.leeway.d, keys.Algorithm(f.defaultAlg)
	if f.policy != "" {
		p, err := setup.ReadPolicy(ctx, f.policy, s.InsecureHTTP, e.Client)
		if err != nil {
			return s, err
		}
		s.Policy, s.From = p, setup.FromPolicy
	} else if s.IsZero() {
		s.From = setup.Variables
		for name, to := range map[string]*string{"JWT_ISSUERS": &s.Issuers, "JWT_KEYS": &s.Keys} {
			if v, ok := e.Getenv(name); ok {
				if v == "" {
					return s, usagef("%s is set but empty; unset it, or give it a value", name)
				}
				*to = v
			}
		}
		for name, to := range map[string]*[]string{"JWT_ISSUER": &s.Issuer, "JWT_AUDIENCE": &s.Audience} {
			if v, ok := e.Getenv(name); ok {
				*to = append(*to, v)
			}
		}
		if s.IsZero() {
			s.From = setup.Flags
		}
	}
	if err := s.Check(); err != nil {
		return s, usageError{err}
	}
	return s, nil
}
