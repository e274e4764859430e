package grpcauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Requirement is what a method needs beyond a good token. The zero Requirement needs
// nothing more.
type Requirement struct {
	// Scopes are those that the token must grant, every one of them; see claims.Scope
	// for where a token has them. A client that lacks one reads all of them in the
	// metadata "scope" of the ErrorInfo, as the challenge of RFC 6750 §3 has them.
	Scopes []string
	// Claims checks the rest, such as a role; nil checks nothing. A token that it
	// refuses is good but not allowed here: PermissionDenied. As with the Require of
	// package httpauth, an outage (claims.IsUnavailable) is Unavailable, an error that
	// wraps verifier.ErrInvalidToken is Unauthenticated, and a verifier.Answer states
	// its own verdict.
	Claims claims.Validator
}

// check reports what a token with these claims lacks of all that the method needs.
func (i *Interceptors) check(ctx context.Context, method string, set *claims.Set) error {
	needs := i.required[method]
	if i.require != nil {
		n, err := i.require(ctx, method)
		if err != nil {
			return &unknown{err}
		}
		if err := n.mistake(); err != nil {
			return &unknown{err}
		}
		needs = append(slices.Clip(needs), n) // Clip: the slice is shared
	}
	at := i.now()
	for _, n := range needs {
		if err := n.check(ctx, set, at); err != nil {
			return &denial{err: err, scopes: scopesOf(needs), set: set}
		}
	}
	return nil
}

// check runs the validators of n. Any error that they return is a refusal, since a Validator
// says by its error that it could not find out.
func (n Requirement) check(ctx context.Context, set *claims.Set, at time.Time) error {
	if len(n.Scopes) > 0 {
		if err := claims.Scope(n.Scopes...).Validate(ctx, set, at); err != nil {
			return err
		}
	}
	if n.Claims == nil {
		return nil
	}
	if err := n.Claims.Validate(ctx, set, at); err != nil {
		return &notAllowed{err}
	}
	return nil
}

// mistake reports what is wrong with n: a word that is not a scope, or a validator that
// is nil without looking like it.
func (n Requirement) mistake() error {
	if n.Claims != nil && isNil(n.Claims) {
		return errors.New("its validator holds nil; leave it out, or check the error of what made it")
	}
	return checkScopes(n.Scopes)
}

// scopesOf returns the scopes of all needs, each once.
func scopesOf(needs []Requirement) (all []string) {
	for _, n := range needs {
		for _, s := range n.Scopes {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// An unknown is the error of a requirement that could not be found: nothing was
// decided, whatever the cause says.
type unknown struct{ cause error }

func (u *unknown) Error() string {
	return "grpcauth: the requirement of the method is unknown: " + u.cause.Error()
}
func (u *unknown) Unwrap() []error { return []error{verifier.ErrUnavailable, u.cause} }

// A denial refuses a token that was verified.
type denial struct {
	err    error
	scopes []string // that the method needs
	set    *claims.Set
}

func (d *denial) Error() string { return d.err.Error() }
func (d *denial) Unwrap() error { return d.err }

// RefusedClaims is what verifier.RefusedClaims looks for.
func (d *denial) RefusedClaims() *claims.Set { return d.set }

// notAllowed turns the refusal of a validator into missing permission.
// verifier.Classify ranks anything worse in the same error above that.
type notAllowed struct{ why error }

func (e *notAllowed) Error() string {
	return "grpcauth: the token does not allow this: " + strings.TrimPrefix(e.why.Error(), "claims: ")
}

func (e *notAllowed) Unwrap() []error { return []error{claims.ErrInsufficientScope, e.why} }

// checkMethod refuses a name that is not "/SERVICE/METHOD", the form in which options
// name methods. Whatever a server or proxy makes of another form, it must not reach a
// method past its requirement.
func checkMethod(name string) error {
	if !strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Count(name, "/") < 2 || strings.Contains(name, "//") {
		return fmt.Errorf("%w: the method is not /SERVICE/METHOD", httpauth.ErrRequest)
	}
	return nil
}

// checkScopes refuses words that cannot be scopes (RFC 6749 §3.3).
func checkScopes(scopes []string) error {
	for _, s := range scopes {
		if s == "" || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			return fmt.Errorf("%s is not a scope; give each as one word without spaces (RFC 6749 §3.3)", quote(s))
		}
	}
	return nil
}

// quote cuts and quotes s in ASCII.
func quote(s string) string { return strconv.QuoteToASCII(s[:min(len(s), 64)]) }
