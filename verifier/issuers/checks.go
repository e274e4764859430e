package issuers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// check is a validator that looks at the claims alone.
func check(f func(*claims.Set) error) claims.Validator {
	return claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error { return f(s) })
}

// mismatch refuses a claim. detail must hold nothing of the token.
func mismatch(claim, detail string) error {
	return &claims.Error{Claim: claim, Err: fmt.Errorf("%w: %s", claims.ErrMismatch, detail)}
}

// has reports whether s has a claim that is not null.
func has(s *claims.Set, name string) bool {
	v, ok, err := claims.Value[any](s, name)
	return err == nil && ok && v != nil
}

// anyPresent requires one of the claims, which ID tokens lack.
func anyPresent(names ...string) claims.Validator {
	return check(func(s *claims.Set) error {
		if slices.ContainsFunc(names, func(name string) bool { return has(s, name) }) {
			return nil
		}
		return &claims.Error{Claim: strings.Join(names, " or "), Err: fmt.Errorf("%w: it may be an ID token, which is not for APIs", claims.ErrMissing)}
	})
}

// absent refuses tokens with any of the claims, which only ID tokens have.
func absent(names ...string) claims.Validator {
	return check(func(s *claims.Set) error {
		if i := slices.IndexFunc(names, s.Has); i >= 0 {
			return mismatch(names[i], "only ID tokens have it, and they are not for APIs")
		}
		return nil
	})
}

func hasPrefix(s, prefix string) bool { return len(s) > len(prefix) && strings.HasPrefix(s, prefix) }

// subjectPrefix requires "sub" to begin with prefix, and to go on.
func subjectPrefix(prefix string) claims.Validator {
	return check(func(s *claims.Set) error {
		if !hasPrefix(s.Subject, prefix) {
			return mismatch("sub", "it does not begin with "+prefix)
		}
		return nil
	})
}

// lifetime is the effect of the parameter of that name.
func lifetime(o *opening, values []string) {
	d, err := time.ParseDuration(values[0])
	if err != nil || d <= 0 {
		o.fail("lifetime is too long to read; give a time such as 15m")
		return
	}
	o.checks = append(o.checks, claims.MaxLifetime(d))
}

// publicAlgorithm is an algorithm whose keys an issuer can publish.
var publicAlgorithm = shape(func() string {
	var names []string
	for _, alg := range keys.Algorithms() {
		if !strings.HasPrefix(string(alg), "HS") {
			names = append(names, regexp.QuoteMeta(string(alg)))
		}
	}
	return strings.Join(names, "|")
}())

// algorithms is the effect of the parameter alg.
func algorithms(o *opening, values []string) {
	var algs []keys.Algorithm
	for _, v := range values {
		algs = append(algs, keys.Algorithm(v))
	}
	o.options = append(o.options, verifier.WithAlgorithms(algs...))
}

// auth0Audience refuses a client ID. Every ID token of the application names it.
func auth0Audience(o *opening, values []string) {
	for _, v := range values {
		if auth0Client.MatchString(v) {
			o.fail("aud is a client ID, which ID tokens name; give the identifier of the API")
		}
		if v == "https://"+o.vars["domain"]+"/userinfo" {
			o.fail("aud is that of the userinfo endpoint, which the tokens of every API name too; give the identifier of the API")
		}
	}
	audience(o, values)
}

var auth0Client = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// keycloakAudience refuses the audience that every client of a realm gets.
func keycloakAudience(o *opening, values []string) {
	if slices.Contains(values, "account") {
		o.fail("aud is account, which the tokens of every client of the realm name; add an audience mapper to the client scope, and give its audience")
	}
	audience(o, values)
}

// kubernetesAudience refuses the audience of the API server: every pod has a token
// for it, and who gets one can use it there.
func kubernetesAudience(o *opening, values []string) {
	for _, v := range values {
		host, _ := strings.CutPrefix(v, "https://")
		host, _, _ = strings.Cut(host, ":")
		if v == o.arg || v == "k3s" || host == "kubernetes.default.svc" || strings.HasPrefix(host, "kubernetes.default.svc.") {
			o.fail("aud is that of the API server, which the default token of every pod names; ask for another in the pod spec (serviceAccountToken.audience)")
		}
	}
	audience(o, values)
}

// nomadAudience refuses the audience that every job's default identity names.
func nomadAudience(o *opening, values []string) {
	if slices.Contains(values, "nomadproject.io") {
		o.fail("aud is nomadproject.io, which the default identity of every job names; add an identity block with an aud of your own")
	}
	audience(o, values)
}

// dexParty requires "azp" where "aud" names several (OpenID Connect Core 1.0
// §3.1.3.7).
func dexParty(o *opening, clients []string) {
	o.checks = append(o.checks, check(func(s *claims.Set) error {
		azp, ok, err := claims.Value[string](s, "azp")
		switch {
		case err != nil:
			return err
		case !ok && len(s.Audience) > 1:
			return &claims.Error{Claim: "azp", Err: fmt.Errorf("%w: aud names several clients", claims.ErrMissing)}
		case ok && !slices.Contains(clients, azp):
			return mismatch("azp", "it is another client")
		}
		return nil
	}))
}

// svidType is the rule of a JWT-SVID for "typ" (SPIFFE JWT-SVID §2.3).
var svidType = check(func(header *claims.Set) error {
	typ, ok, err := claims.Value[string](header, "typ")
	if err != nil {
		return err
	}
	if ok && !ascii.EqualFold(typ, "JWT") && !ascii.EqualFold(typ, "JOSE") {
		return mismatch("typ", "it is neither JWT nor JOSE")
	}
	return nil
})

// named is the rule of Cloudflare: a user has a "sub", and a service token a
// "common_name".
var named = check(func(s *claims.Set) error {
	name, _, err := claims.Value[string](s, "common_name")
	if err != nil {
		return err
	}
	if s.Subject == "" && name == "" {
		return &claims.Error{Claim: "sub or common_name", Err: claims.ErrMissing}
	}
	return nil
})

const shopHost = `[a-z0-9][a-z0-9-]*\.myshopify\.com`

var shopURL = shape(`https://` + shopHost)

// shopDestination checks that "dest" is a shop and "iss" its admin page.
var shopDestination = check(func(s *claims.Set) error {
	dest, ok, err := claims.Value[string](s, "dest")
	switch {
	case err != nil:
		return err
	case !ok:
		return &claims.Error{Claim: "dest", Err: claims.ErrMissing}
	case !shopURL.MatchString(dest):
		return mismatch("dest", "it is not a shop")
	case s.Issuer != dest+"/admin":
		return mismatch("iss", "it is not dest with /admin")
	}
	return nil
})

// nomadUnnamed is for clusters without oidc_issuer, whose tokens have no "iss".
func nomadUnnamed(o *opening) {
	if !o.params.Has("iss") {
		o.issuers = []string{o.arg}
		return
	}
	o.keyRef = o.arg + "/.well-known/jwks.json"
	if o.metadata != "" {
		o.fail("metadata has no meaning with iss=none; leave one out")
	}
	o.accepts = func(s *claims.Set) bool { return !s.Has("iss") && s.Has("nomad_job_id") }
	o.class = "nomad"
	o.checks = append(o.checks, check(func(s *claims.Set) error {
		if s.Has("iss") {
			return mismatch("iss", "it is present, and the reference says iss=none")
		}
		return nil
	}))
}

// shops says whose tokens are accepted, and opens the secret of the app.
func shops(o *opening) {
	given := o.params["shop"]
	for _, shop := range given {
		o.issuers = append(o.issuers, "https://"+shop+"/admin")
	}
	if len(given) == 0 {
		o.accepts = func(s *claims.Set) bool {
			dest, ok := strings.CutSuffix(s.Issuer, "/admin")
			return ok && shopURL.MatchString(dest)
		}
		o.class = "shopify"
	}
	src, err := keys.Open(context.Background(), o.params.Get("secret")+"?alg=HS256")
	if err != nil {
		o.errs = append(o.errs, fmt.Errorf("secret: %w", err))
	}
	o.source = src
}
