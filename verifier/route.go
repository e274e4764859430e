package verifier

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A Router is a [Verifier] that hands each token to the verifier that its claims
// choose, such as that of its issuer or tenant. Make one with [Route] or
// [ByIssuer]; the zero Router cannot decide anything. Goroutines share a Router.
type Router struct {
	by      func(*claims.Set) string
	fixed   map[string]Verifier // of ByIssuer; nil for Route
	tenants *tenants            // of Route; nil for ByIssuer
	parser  *jws.Parser

	observer *observer // of its own refusals; may be nil
}

var _ Verifier = (*Router)(nil)

// Route returns a verifier for many tenants, whose verifiers are made when they
// are needed. by reads from the claims which verifier a token chooses, such as
// its issuer. to is both the list of those that are allowed and the factory:
//
//   - a Verifier is kept for later tokens of that choice,
//   - nil and a nil error mean that the choice is not one of yours: the token is
//     refused with [ErrInvalidToken] and [claims.ErrMismatch],
//   - an error means that nothing can be decided now: it is wrapped in
//     [ErrUnavailable], and the next token asks again.
//
// Anybody can write any choice into a token: to must return a verifier only for
// choices that it knows, and that verifier must accept only tokens of its tenant,
// as with [WithIssuer]. Of a token that was accepted, by reads the choice again; if
// it is another, the token is refused. So by must depend on the claims alone, and
// must not change or keep the Set. It returns "" if the claims choose none. A
// choice that is empty or longer than 1 KiB is refused without asking to. If by or
// to panics, nothing is decided, which is [ErrUnavailable]. Goroutines call both
// concurrently.
//
// # Asking
//
// Tokens that come together for one choice share one call of to. Its context has
// no values and ends after 10 seconds; it does not end with that of a token. A
// token waits for its call at most 10 seconds, and no longer than its own context,
// and is then undecided.
//
// At most 32 calls run at a time, and another 32 for choices of which a token was
// accepted before, so that a flood of tokens which name other tenants does not keep
// those out. A call that does not heed its context takes a place until it returns.
// How often to is asked is not limited otherwise: whoever can send tokens can make
// it run as often as it answers.
//
// That a choice is not one of yours is remembered for 5 seconds, for at most 1,024
// choices: a tenant that is added gets in after that, or at once after
// [Router.Forget].
//
// # Keeping
//
// Route keeps as many verifiers as most says. The first to leave is the one that
// has accepted no token for the longest time. A verifier is kept only once it has
// accepted a token. Until then it is on trial: besides those that tokens are just
// using, at most 64 are held. Tokens that a verifier refuses therefore cannot push
// out one that is kept, nor choose which one leaves, whatever they name.
//
// Route takes two options. [WithMaxSize]: to read the claims, it parses tokens of up
// to that size, or 16 KiB. Larger ones are [ErrMalformed]. Give it the largest of your
// verifiers, which check their own. [WithObserver] reports the tokens that Route
// itself refuses or cannot decide; the others are for the observers of the verifiers.
//
// Route panics if by or to is nil, if most is not positive, or on another option.
func Route(by func(*claims.Set) string, to func(ctx context.Context, choice string) (Verifier, error), most int, opts ...Option) *Router {
	var errs []error
	if by == nil {
		errs = append(errs, errors.New("by is nil"))
	}
	if to == nil {
		errs = append(errs, errors.New("to is nil"))
	}
	if most <= 0 {
		errs = append(errs, fmt.Errorf("most is %d, which is not positive", most))
	}
	c, err := routeConfig(opts)
	if err := message.Join("verifier: Route: ", append(errs, err)...); err != nil {
		panic(err.Error())
	}
	return &Router{by: by, tenants: newTenants(to, most), parser: &jws.Parser{MaxSize: c.maxSize}, observer: c.observer}
}

// routeConfig returns what opts set. Its error names every mistake, among them an
// option that means nothing to a Router.
func routeConfig(opts []Option) (*config, error) {
	// The clock is a function, and those are only equal if they are nil.
	c := &config{algorithms: keys.Algorithms(), leeway: defaultLeeway, maxActors: defaultMaxActors, maxSize: jws.DefaultMaxSize}
	for _, o := range opts {
		if o == nil {
			c.fail("an option is nil")
			continue
		}
		o(c)
	}
	if want := (&config{algorithms: keys.Algorithms(), leeway: defaultLeeway, maxActors: defaultMaxActors, maxSize: c.maxSize, observer: c.observer, errs: c.errs}); !reflect.DeepEqual(c, want) {
		c.fail("the only options that it takes are WithMaxSize and WithObserver; give the others to the New of each verifier")
	}
	return c, message.Join("", c.errs...)
}

// Verify decides whether to trust raw as of now. The verifier that raw chooses
// decides; see [Route] and [ByIssuer] for what is refused before and after.
func (r *Router) Verify(ctx context.Context, raw string) (*Token, error) {
	return r.observed(ctx, request{raw: raw, now: true})
}

// VerifyAt is like [Router.Verify], but as of a time that the caller vouches for,
// as [Keyed.VerifyAt] is. If the verifier that raw chooses cannot do that, the
// error wraps [ErrUnavailable]; see [VerifyAt]. For the zero time it also wraps
// [ErrNoTime].
func (r *Router) VerifyAt(ctx context.Context, raw string, at time.Time) (*Token, error) {
	return r.observed(ctx, request{raw: raw, at: at})
}

// observed decides q, and reports that. seen is not a part of q, and the same method
// of Var is not shared, since it would then be allocated.
func (r *Router) observed(ctx context.Context, q request) (*Token, error) {
	var seen sighting
	tok, err := r.verify(ctx, q, &seen)
	seen.report(ctx, err)
	return tok, err
}

// Forget drops the verifier that is kept for choice, so that the next token asks
// for it again: after a tenant was removed, added or changed. A token that is not
// yet accepted when Forget returns is not accepted by the old verifier any more; it
// asks again too. Forget of an unknown choice does nothing, nor does it if the
// Router is that of [ByIssuer], whose verifiers are fixed.
func (r *Router) Forget(choice string) {
	if r.tenants != nil {
		r.tenants.forget(choice)
	}
}
