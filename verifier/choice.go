package verifier

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/jwtverify/jwtverify/claims"
)

// issuerOf is the choice of ByIssuer.
func issuerOf(s *claims.Set) string { return s.Issuer }

// maxChoice is the longest choice that to is asked for, in bytes. No issuer is as
// long, and what is remembered of choices must be bounded.
const maxChoice = 1 << 10

var (
	errNoVerifier = errors.New("it has no verifier")
	errNoToken    = errors.New("its verifier returned no token")
	errOther      = errors.New("its verifier returned a token that belongs to another")
	errTooLong    = fmt.Errorf("the choice is longer than %d bytes", maxChoice)
)

// choose returns the choice of claims that are not verified.
func (r *Router) choose(s *claims.Set) (string, error) {
	choice, err := r.chosen(s)
	switch {
	case err != nil:
		return "", err
	case choice == "":
		return "", invalid(nil, &claims.Error{Claim: r.claim(s, ""), Err: claims.ErrMissing})
	case len(choice) > maxChoice && r.fixed == nil:
		return "", invalid(nil, r.refusal(errTooLong, s, choice))
	}
	return choice, nil
}

// chosen calls by, which may be anybody's code.
func (r *Router) chosen(s *claims.Set) (choice string, err error) {
	defer func() {
		if p := recover(); p != nil {
			choice, err = "", undecided(fmt.Errorf("Route cannot read the choice: by panicked: %s", panicked(p)))
		}
	}()
	return r.by(s), nil
}

// panicked describes a panic. Its value may hold anything, even a token, so that
// only those of the runtime are quoted.
func panicked(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", p)
}

// refusal says why the choice of a token is refused.
func (r *Router) refusal(why error, s *claims.Set, choice string) error {
	return &claims.Error{Claim: r.claim(s, choice), Err: fmt.Errorf("%w: %w", claims.ErrMismatch, why)}
}

// unfound turns an error of tenants.find into that of a Router.
func (r *Router) unfound(err error, s *claims.Set, choice string) error {
	if err == errNoVerifier {
		return invalid(nil, r.refusal(err, s, choice))
	}
	return undecided(err)
}

// claim returns the name of the claim that the choice was read from, as far as one
// can tell: "iss" or "".
func (r *Router) claim(s *claims.Set, choice string) string {
	if s != nil && s.Issuer == choice {
		return "iss"
	}
	return ""
}
