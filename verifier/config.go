package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/observe"
	"github.com/jwtverify/jwtverify/keys"
)

// config is what the options fill in. A nil list is unset, which is never the same
// as empty: an empty variable must not loosen the policy.
type config struct {
	algorithms      []keys.Algorithm
	types           []string
	issuers         []string
	audiences       []string
	anyIssuer       bool
	anyAudience     bool
	optionalSubject bool
	optionalExpiry  bool
	integerSubject  bool
	accessToken     bool
	events          bool
	proven          bool
	maxActors       int
	leeway          time.Duration
	maxSize         int // in bytes
	padded          bool
	own             []*given
	header          []*given
	cache           int // in tokens; 0: none
	now             func() time.Time
	log             *slog.Logger
	observer        *observer
	candidate       *Keyed
	differs         *observe.Observer[context.Context, Difference]
	errs            []error
}

// given is a validator that an option was given. It has an address, which tells it
// apart from others: validators are often functions, and cannot be compared.
type given struct{ claims.Validator }

func givenBy(vs []claims.Validator) []*given {
	all := make([]*given, len(vs))
	for i, v := range vs {
		all[i] = &given{v}
	}
	return all
}

const (
	defaultLeeway = 30 * time.Second
	minLeeway     = time.Millisecond // less is a number that lacks its unit
	maxLeeway     = 10 * time.Minute

	defaultMaxActors = 5  // no known delegation needs more
	mostActors       = 32 // each level costs a walk over the rest of the claim
)

// newConfig applies the options. Its error names every mistake.
func newConfig(p keys.Provider, opts []Option) (*config, error) {
	c := &config{
		algorithms: keys.Algorithms(),
		leeway:     defaultLeeway,
		maxActors:  defaultMaxActors,
		maxSize:    jws.DefaultMaxSize,
		now:        time.Now,
	}
	if absent.Is(p) {
		c.fail("the key provider is nil")
	}
	for _, o := range opts {
		if o == nil {
			c.fail("an option is nil")
			continue
		}
		o(c)
	}
	if c.issuers != nil && c.anyIssuer {
		c.fail("WithIssuer and WithAnyIssuer contradict each other")
	}
	if c.audiences != nil && c.anyAudience {
		c.fail("WithAudience and WithAnyAudience contradict each other")
	}
	if len(c.algorithms) == 0 {
		c.fail("the lists given to WithAlgorithms have no algorithm in common")
	}
	if c.accessToken {
		c.checkProfile()
	}
	return c, message.Join("verifier: ", c.errs...)
}

// fail notes a mistake. New reports them all.
func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// checkProfile reports options that contradict RFC 9068 §4.
func (c *config) checkProfile() {
	switch {
	case c.anyAudience:
		c.fail("AccessToken and WithAnyAudience contradict each other")
	case c.audiences == nil:
		c.fail("AccessToken needs WithAudience: an access token names the API that it is for")
	}
	if c.anyIssuer {
		c.fail("AccessToken and WithAnyIssuer contradict each other")
	}
	if c.optionalSubject || c.optionalExpiry {
		c.fail("AccessToken and WithOptionalSubject or WithOptionalExpiry contradict each other")
	}
	if c.types != nil {
		c.fail("AccessToken and WithType contradict each other: the typ of an access token is at+jwt")
	}
	c.types = []string{"at+jwt"}
}

var errEmptyValue = errors.New("an empty value; is a variable unset?")

// list appends the values of one option, none of which may be empty.
func (c *config) list(option string, to *[]string, values []string) {
	if len(values) == 0 {
		c.fail("%s: nothing given", option)
	}
	for _, v := range values {
		if v == "" {
			c.fail("%s: %w", option, errEmptyValue)
		}
	}
	*to = append(*to, values...)
}
