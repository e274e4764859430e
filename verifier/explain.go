package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// An ExplainOption changes what [Keyed.ExplainWith] does.
type ExplainOption func(*asked)

// asked is what an explanation is asked for.
type asked struct {
	at  time.Time // zero: now
	own bool
}

func newAsked(opts []ExplainOption) (a asked) {
	for _, o := range opts {
		if o != nil {
			o(&a)
		}
	}
	return a
}

// AsOf explains a token as of at, as [Keyed.VerifyAt] decides it. The zero time
// means now.
func AsOf(at time.Time) ExplainOption { return func(a *asked) { a.at = at } }

// WithOwnChecks also runs the validators of [WithClaims] and [WithHeader], if the
// signature verified. They may have effects, such as using up a token that is good
// for one use, so they do not run unless this asks for it or they are [Named].
func WithOwnChecks() ExplainOption { return func(a *asked) { a.own = true } }

// Explain runs every check on raw as of now, without stopping at the first that
// fails. It may look up keys, but it never uses the cache. What could not be
// decided, since an earlier check failed or the keys could not be reached, is
// Skipped. Of the validators given to [WithClaims] and [WithHeader] it runs only
// those that are [Named], and those only if the signature verified; see
// [WithOwnChecks].
//
// Explain costs more than [Keyed.Verify] and logs nothing. It is meant for people
// who want to know why a token is refused, not for requests.
func (v *Keyed) Explain(ctx context.Context, raw string) *Report {
	return v.explain(ctx, raw, asked{})
}

// ExplainWith is Explain with options.
func (v *Keyed) ExplainWith(ctx context.Context, raw string, opts ...ExplainOption) *Report {
	return v.explain(ctx, raw, newAsked(opts))
}

func (v *Keyed) explain(ctx context.Context, raw string, a asked) *Report {
	at := a.at
	if at.IsZero() {
		at = v.now()
	}
	r := &Report{At: at, Leeway: v.policy.leeway}
	msg, err := v.parser.Parse(raw)
	if err != nil {
		setting := ""
		if len(raw) > v.parser.MaxSize {
			setting = "WithMaxSize"
		}
		r.add(Check{Name: "shape", Setting: setting}, misshapen(err))
		return r
	}
	defer msg.Free()
	r.add(Check{Name: "shape", Detail: fmt.Sprintf("%d bytes", len(raw))}, nil)
	r.add(Check{Name: "algorithm", Detail: message.Quote(msg.Algorithm)}, v.policy.checkAlgorithm(msg.Algorithm))
	r.add(Check{Name: "type", Detail: message.Quote(msg.Type)}, v.policy.checkType(msg.Type))
	var set claims.Set
	unreadable := v.policy.read(&set, msg.Payload)
	key := v.explainKey(ctx, r, msg, hintOf(msg.Header, set.Issuer))
	if unreadable != nil {
		r.add(Check{Name: "claims"}, invalid(nil, unreadable))
		return r
	}
	r.add(Check{Name: "claims", Detail: "read"}, nil)
	e := explanation{r, &set, key, at, a.own}
	v.explainHeader(ctx, e, msg)
	v.explainClaims(ctx, e)
	return r
}

// An explanation is what the checks after the signature share.
type explanation struct {
	*Report
	set *claims.Set
	key *keys.Key // that verified the token; nil if none did
	at  time.Time
	own bool // run all validators of the caller
}

// whyNot says why a validator of the caller does not run, or "".
func (e *explanation) whyNot(c *check) string {
	switch {
	case !c.own:
		return ""
	case e.key == nil:
		return "not run: the signature did not verify"
	case !e.own && !c.named:
		return "not run: it may have effects; ask for it with WithOwnChecks"
	}
	return ""
}

// explainKey reports on the signature and returns the key that verifies msg, or
// nil.
func (v *Keyed) explainKey(ctx context.Context, r *Report, msg *jws.Message, hint keys.Hint) *keys.Key {
	if r.Err != nil {
		// Verify would not look up a key for such a token. A report must not make
		// a provider fetch one either.
		r.skip("signature", "not checked: no key is looked up for such a token")
		return nil
	}
	key, err := v.authenticate(ctx, msg, hint)
	check := Check{Name: "signature"}
	if err == nil {
		check.Detail = "by " + key.String()
	}
	r.add(check, err)
	detail := &r.Checks[len(r.Checks)-1].Detail
	if errors.Is(err, ErrSignature) {
		found, _ := v.keys.Find(ctx, hint)
		if why := explainSecret(msg, found); why != "" {
			*detail += "; " + why
		}
	}
	if err != nil {
		*detail += atHand(keys.Statuses(v.keys), v.now())
	}
	return key
}

// atHand lists the keys that the sources have, with their age.
func atHand(sources []keys.Status, now time.Time) string {
	var b strings.Builder
	for _, s := range sources {
		ids := make([]string, len(s.Keys))
		for i, k := range s.Keys {
			ids[i] = k.ID()
		}
		fmt.Fprintf(&b, "; %s has %s", s.Source, message.List(ids...))
		if !s.FetchedAt.IsZero() {
			fmt.Fprintf(&b, ", fetched %v ago", now.Sub(s.FetchedAt).Round(time.Second))
		}
	}
	return b.String()
}

// explainHeader reports on the checks of WithHeader.
func (v *Keyed) explainHeader(ctx context.Context, e explanation, msg *jws.Message) {
	var head *claims.Set
	if e.key != nil {
		var err error
		if head, err = v.header(msg); err != nil {
			e.add(Check{Name: "header", Setting: "WithHeader"}, refused(err, e.set))
		}
	}
	for i := range v.policy.head {
		c := &v.policy.head[i]
		switch why := e.whyNot(c); {
		case why != "":
			e.skip(c.name, why)
		case head == nil:
			e.skip(c.name, "not run: the header cannot be read")
		default:
			e.addClaims(Check{Name: c.name, Setting: "WithHeader"}, c.Validate(ctx, head, e.at))
		}
	}
}

// explainClaims reports on the claims.
func (v *Keyed) explainClaims(ctx context.Context, e explanation) {
	v.explainIssuer(ctx, e)
	for i := range v.policy.checks {
		c := &v.policy.checks[i]
		switch why := e.whyNot(c); {
		case why != "":
			e.skip(c.name, why)
		case c.about == "" || e.set.Has(c.about):
			err := c.stated(c.Validate(ctx, e.set, e.at))
			e.addClaims(Check{Name: c.name, Detail: seen(c.name, e.set), Setting: c.settingFor(err)}, err)
		}
	}
}

// addClaims adds a check of the claims, whose error holds them only if they are
// verified.
func (e *explanation) addClaims(c Check, err error) {
	if err != nil && e.key != nil {
		err = refused(err, e.set)
	} else if err != nil {
		err = refused(err, nil)
	}
	e.add(c, err)
}

// explainIssuer checks the issuer. If no key verified the token, it expects the
// issuers that the provider is bound to.
func (v *Keyed) explainIssuer(ctx context.Context, e explanation) {
	c, err := Check{Name: "issuer", Detail: message.Quote(e.set.Issuer)}, error(nil)
	if e.key == nil && v.policy.expectsNoIssuer() && e.set.Has("iss") {
		bound := keys.BoundTo(v.keys)
		if bound == nil {
			e.skip("issuer", "not decided: "+message.Quote(e.set.Issuer)+" is accepted if the key is bound to it, and no key verified")
			return
		}
		err = claims.Issuer(bound...).Validate(ctx, e.set, e.at)
	} else {
		err = v.policy.checkIssuer(ctx, e.set, e.key, e.at)
	}
	e.addClaims(c, err)
}

// seen returns what a check of the standard chain looked at.
func seen(name string, s *claims.Set) string {
	date := func(t time.Time) string {
		if t.IsZero() {
			return "none"
		}
		return t.Format(time.RFC3339)
	}
	switch name {
	case "audience":
		return message.Quote(strings.Join(s.Audience, " "))
	case "expiry":
		return date(s.Expiry)
	case "not before":
		return date(s.NotBefore)
	case "issued at":
		return date(s.IssuedAt)
	case "subject":
		return message.Quote(s.Subject)
	case "actors":
		a, _, _ := s.Actor()
		return "acting now: " + message.Quote(a.Subject)
	case "possession":
		return "left to the caller (WithPossessionProven)"
	case "events":
		return "security events are accepted (WithEvents)"
	}
	return ""
}

// explainSecret looks for another reading of a secret that verifies msg, such as
// decoded from base64, and says what to do about it. It returns "" if there is
// none. This is only for people: msg is not to be trusted.
func explainSecret(msg *jws.Message, ks []*keys.Key) string {
	for _, k := range ks {
		for _, v := range keys.Variants(k) {
			if v.Key.Verify(msg.Signed, msg.Signature) == nil {
				return "it verifies with the secret " + v.Name + ": " + v.Advice
			}
		}
	}
	return ""
}
