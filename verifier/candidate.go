package verifier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/observe"
	"github.com/jwtverify/jwtverify/keys"
)

// WithCandidate judges each token by the policy of other too, without letting other
// decide anything, and calls f for every token about which the two disagree: one
// trusts it and the other does not, or they refuse it for different reasons. It is
// the dry run before a policy changes:
//
//	strict, err := verifier.New(src, append(opts, verifier.WithAudience("https://api.example"))...)
//	...
//	v, err := verifier.New(src, append(opts, verifier.WithAnyAudience(), verifier.WithCandidate(strict, report))...)
//
// As long as f is called with a Live that is nil, the change would lock somebody
// out. When f has been silent for as long as your tokens live, strict can take over.
//
// # What is judged
//
// other is a Keyed that [New] has made. Of it, only the policy counts: what it
// accepts in a token and its validators. Its provider, cache, clock, logger and
// observer are not used. The signature is checked once, with the key of this
// verifier, and dates are compared with the same time. Both a token of [WithCache]
// and one of [Keyed.VerifyAt] are judged.
//
// Without a signature that verifies, anybody may have written the token. So nothing
// is reported if the signature does not verify, no key is found, or the keys cannot
// be looked up, and other never makes this verifier look up a key or check a
// signature. If this verifier refuses a token before that, because of its shape,
// "alg" or "typ", and other would not, what other would say in the end is unknown:
// see [Difference.Candidate].
//
// # Validators
//
// The validators of other run in the same goroutine, after the decision and before
// Verify returns, so they should be quick. They get a copy of the claims. If one
// panics, the answer stands; the panic is recovered, reported as a candidate that is
// undecided, and logged once by [WithLogger]. A panic of f is recovered and logged too.
//
// They run only for tokens whose signature verified. A validator that both have from
// the same Option value, as in the example, is not run again for a token that this
// verifier accepted. Otherwise it is: do not share one that has effects, such as a
// memory of tokens that were used.
//
// # Cost
//
// Checks that both make with the same setting are made once for a token that is
// accepted, so that another audience, type, algorithm or issuer costs some tens of
// nanoseconds and no allocation. Validators of other cost a copy of the claims, and
// those of [WithHeader] that the header is read again. If only one of the two has
// [WithPaddedBase64] or [WithIntegerSubject], the whole token is. The Duration of an
// [Event] includes all of this, and f.
//
// # Calls
//
// f is called before Verify returns, with the same context, and by goroutines
// concurrently. Each verifier of a Router has a candidate of its own; that a Router
// refuses what its verifier has accepted is not seen. Explain does not call f.
//
// Errors of [New] are a nil other or one that New has not made, an other that has a
// candidate itself, and a nil f.
func WithCandidate(other *Keyed, f func(context.Context, Difference)) Option {
	o := observe.New("verifier", f)
	return func(c *config) {
		switch {
		case absent.Is(other):
			c.fail("WithCandidate: the candidate is nil")
		case other.parser == nil:
			c.fail("WithCandidate: the candidate is zero; make it with New")
		case other.candidate != nil:
			c.fail("WithCandidate: the candidate has a candidate itself")
		}
		if f == nil {
			c.fail("WithCandidate: the function is nil")
		}
		c.candidate, c.differs = other, o
	}
}

// A candidate is a policy that a Keyed tries out. What depends only on the two
// policies is worked out by New.
type candidate struct {
	*Keyed
	report *observe.Observer[context.Context, Difference]

	sameReading    bool   // both read tokens in the same way, but for the size
	sameAlgorithms bool   // both accept the same ones
	sameTypes      bool   // likewise
	more           policy // the checks that the live Keyed does not make
	sameIssuer     bool   // both expect the same issuers
	plain          bool   // there is nothing to read and nothing of the caller to run for a token that live accepts
}

// candidateFor returns what WithCandidate asks for, or nil.
func (c *config) candidateFor(live *Keyed) *candidate {
	if c.candidate == nil {
		return nil
	}
	p, q := &c.candidate.policy, &live.policy
	n := &candidate{
		Keyed: c.candidate, report: c.differs,
		sameReading:    c.candidate.parser.Padded == live.parser.Padded && len(p.reading) == len(q.reading),
		sameAlgorithms: slices.Equal(p.algorithms, q.algorithms),
		sameTypes:      slices.Equal(p.types, q.types) && p.needType == q.needType,
		more:           p.without(q),
	}
	n.sameIssuer, n.plain = p.demand == q.demand, n.sameReading && !n.more.own()
	return n
}

// without returns the part of p that is left to check of a token which q accepts.
func (p *policy) without(q *policy) policy {
	left := *p
	if p.demand == q.demand {
		left.issuers = claims.All()
	}
	left.head = slices.DeleteFunc(slices.Clone(p.head), func(c check) bool { return slices.ContainsFunc(q.head, c.same) })
	left.checks = slices.DeleteFunc(slices.Clone(p.checks), func(c check) bool { return slices.ContainsFunc(q.checks, c.same) })
	left.prepare()
	return left
}

// same reports whether c and d have the same answer for every token.
func (c *check) same(d check) bool {
	return c.own == d.own && c.demand == d.demand && (c.own || c.name == d.name)
}

// tried is a token that the live Keyed has decided.
type tried struct {
	live *Keyed
	raw  string
	at   time.Time
	err  error // what it returns
}

// agrees reports whether the candidate accepts a token that live accepts, as far as
// that is quickly found out: a token from the cache takes a third of a microsecond. If
// not, compare finds out more.
func (c *candidate) agrees(ctx context.Context, raw string, at time.Time, set *claims.Set, seen *sighting) bool {
	switch {
	case !c.plain, len(raw) > c.parser.MaxSize:
		return false
	case !c.sameAlgorithms && c.policy.checkAlgorithm(string(seen.header.Algorithm)) != nil: // rule 3
		return false
	case !c.sameTypes && c.policy.checkType(seen.typ) != nil: // rule 4
		return false
	case !c.sameIssuer && c.more.checkIssuer(ctx, set, seen.key, at) != nil: // rule 8
		return false
	}
	for _, validate := range c.more.run {
		if validate(ctx, set, at) != nil {
			return false
		}
	}
	return true
}

// compare reports a token about which the candidate disagrees. seen is what live has
// seen of it. It is not a part of t, since it would then be allocated.
func (c *candidate) compare(ctx context.Context, t tried, seen *sighting) {
	if !seen.verified && (Classify(t.err) == Undecided || seen.parsed() && t.live.policy.checkHeader(seen.head()) == nil) {
		return // no time, no keys, or none that verifies it, which is so whatever the policy
	}
	err := c.judge(ctx, t, seen)
	switch {
	case err == nil && t.err == nil:
		return
	case err != nil && t.err != nil && Classify(err) == Classify(t.err) && Reason(err) == Reason(t.err):
		return
	}
	c.report.Call(t.live.log, ctx, Difference{
		Live: t.err, Candidate: err, Claims: seen.claims, Verified: seen.verified,
		KeyID: seen.header.KeyID, Algorithm: seen.header.Algorithm,
	})
}

// judge returns what the candidate thinks of t.
func (c *candidate) judge(ctx context.Context, t tried, seen *sighting) error {
	switch size := len(t.raw); {
	case !c.sameReading, size > c.parser.MaxSize, size > t.live.parser.MaxSize:
		return c.judgeAnew(ctx, t, seen)
	case !seen.parsed():
		return t.err // malformed for both
	}
	if t.err != nil || !c.sameAlgorithms || !c.sameTypes {
		if err := c.policy.checkHeader(seen.head()); err != nil { // rules 3 and 4
			return err
		}
	}
	switch {
	case !seen.verified:
		return errNotJudged
	case seen.claims == nil:
		return t.err // unreadable for both
	case t.err == nil:
		return c.check(ctx, &c.more, t, seen.claims, seen.key)
	}
	return c.check(ctx, &c.policy, t, seen.claims, seen.key)
}

// judgeAnew is judge for a token that the candidate has to read itself.
func (c *candidate) judgeAnew(ctx context.Context, t tried, seen *sighting) error {
	msg, err := c.parser.Parse(t.raw)
	if err != nil {
		return misshapen(err)
	}
	defer msg.Free()
	if err := c.policy.checkHeader(msg.Header); err != nil {
		return err
	}
	if !seen.verified {
		return errNotJudged
	}
	set := new(claims.Set)
	if err := c.policy.read(set, msg.Payload); err != nil {
		return invalid(nil, err)
	}
	return c.check(ctx, &c.policy, t, set, seen.key)
}

// check runs the checks of p, those of the candidate or a part of them, on the claims
// of a token that key verified. Of the checks, those of the caller may do anything.
func (c *candidate) check(ctx context.Context, p *policy, t tried, set *claims.Set, key *keys.Key) (err error) {
	if p.own() {
		set = copyOfSet(set)
		defer func() {
			if panicking := recover(); panicking != nil {
				c.report.Log(t.live.log, "the candidate", panicking)
				err = undecided(fmt.Errorf("the candidate panicked: %s", panicked(panicking)))
			}
		}()
	}
	var head *claims.Set
	if len(p.head) > 0 {
		if head, err = claims.Parse([]byte(c.parser.HeaderOf(t.raw))); err != nil {
			return refused(&headerError{err}, set)
		}
	}
	return p.checkClaims(ctx, set, head, key, t.at)
}
