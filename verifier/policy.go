package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A policy is what a Keyed demands of a token besides its signature.
type policy struct {
	algorithms []keys.Algorithm
	types      []string         // without "application/"
	needType   bool             // "typ" must be present
	issuers    claims.Validator // of "iss"; noIssuer if only that of the key is expected
	demand     string           // equal demands have equal issuers
	reading    []claims.ParseOption
	head       []check                // of the header, once it is verified; empty without WithHeader
	checks     []check                // the rest of the chain, in order
	run        []claims.ValidatorFunc // the validators of checks, close together
	leeway     time.Duration
}

// A check is one link of the chain, with what a Report says about it.
type check struct {
	name string
	claims.Validator
	own     bool   // given by the caller, so that it only sees what is verified
	named   bool   // own, and it has no effects
	about   string // a Report leaves the check out if this claim is absent; "" for never
	setting string // the option that decides it; "" for none
	missing string // the option that lets the claim be absent; "" for none
	demand  any    // equal demands under one name decide equally; of an own check, its *given
}

// policy puts the standard chain together, followed by the caller's validators.
func (c *config) policy() policy {
	p := policy{algorithms: c.algorithms, leeway: c.leeway, types: []string{"JWT", "at+jwt", "JOSE"}} // rule 4: an expected type
	if c.types != nil {
		p.types, p.needType = c.types, true
	}
	switch { // rule 8: the expected issuer
	case c.issuers != nil:
		p.issuers = claims.Issuer(c.issuers...)
	case c.anyIssuer:
		p.issuers = claims.All()
	default:
		p.issuers = noIssuer{}
	}
	p.demand = fmt.Sprintf("%q %v", c.issuers, c.anyIssuer)
	add := func(c check, v claims.Validator) {
		c.Validator = v
		p.checks = append(p.checks, c)
	}
	// With WithAnyAudience there is no such check.
	switch audience := (check{name: "audience", setting: "WithAudience", demand: fmt.Sprintf("%q", c.audiences)}); { // rule 8: an expected audience
	case c.audiences != nil:
		add(audience, claims.Audience(c.audiences...))
	case !c.anyAudience:
		add(audience, claims.ValidatorFunc(noAudience))
	}
	expiry := claims.Expiry(c.leeway)
	if c.optionalExpiry {
		expiry = claims.Optional("exp", expiry)
	}
	add(check{name: "expiry", setting: "WithLeeway", missing: "WithOptionalExpiry", demand: expiring{c.leeway, c.optionalExpiry}}, expiry) // rule 7: dates that hold, and a subject
	add(check{name: "not before", setting: "WithLeeway", demand: c.leeway}, claims.NotBefore(c.leeway))                                    // rule 7
	add(check{name: "issued at", setting: "WithLeeway", demand: c.leeway}, claims.IssuedAt(c.leeway))                                      // rule 7
	if !c.optionalSubject {
		add(check{name: "subject", missing: "WithOptionalSubject", setting: "WithOptionalSubject"}, claims.Subject()) // rule 7
	}
	if c.integerSubject {
		p.reading = append(p.reading, claims.IntegerSubject)
	}
	if c.accessToken {
		add(check{name: "profile", setting: "AccessToken"}, claims.ValidatorFunc(profile))
	}
	add(check{name: "events", about: "events", setting: "WithEvents", demand: c.events}, unless(c.events, noEvents))                 // rule 9: a credential, not an event
	add(check{name: "actors", about: "act", setting: "WithMaxActors", demand: c.maxActors}, claims.MaxActors(max(0, c.maxActors)))   // rule 9: without "act" there is nothing to check
	add(check{name: "possession", about: "cnf", setting: "WithPossessionProven", demand: c.proven}, unless(c.proven, noUnprovenKey)) // rule 9: proof of possession
	for i, v := range c.header {
		c := ownCheck(fmt.Sprintf("header check %d", i+1), v)
		c.Validator = ofHeader{c.Validator}
		p.head = append(p.head, c)
	}
	for i, v := range c.own {
		p.checks = append(p.checks, ownCheck(fmt.Sprintf("own check %d", i+1), v))
	}
	p.prepare()
	return p
}

// prepare sets run to what checks are.
func (p *policy) prepare() {
	p.run = nil
	for _, c := range p.checks {
		f, ok := c.Validator.(claims.ValidatorFunc) // almost all of ours
		if !ok {
			f = c.Validate
		}
		p.run = append(p.run, f)
	}
}

// expiring is the demand of the check of "exp".
type expiring struct {
	leeway   time.Duration
	optional bool
}

// ownCheck is the check of a validator of the caller.
func ownCheck(name string, v *given) check {
	if n, ok := v.Validator.(named); ok {
		return check{name: n.name, own: true, named: true, Validator: n.Validator, demand: v}
	}
	return check{name: name, own: true, Validator: v.Validator, demand: v}
}

// own reports whether p has validators of the caller, which come last.
func (p *policy) own() bool {
	return len(p.head) > 0 || len(p.checks) > 0 && p.checks[len(p.checks)-1].own
}

// unless returns refuse, or a validator that accepts everything if allowed.
func unless(allowed bool, refuse claims.ValidatorFunc) claims.Validator {
	if allowed {
		return claims.All()
	}
	return refuse
}

// settingFor returns the option that decides whether err is an error.
func (c *check) settingFor(err error) string {
	if errors.Is(err, claims.ErrMissing) && c.missing != "" {
		return c.missing
	}
	return c.setting
}

// stated is err, the error of c, with the option that decides it, unless that would
// mislead: a larger leeway is not the answer to a token that has expired.
func (c *check) stated(err error) error {
	if err == nil || c.setting == "" || errors.Is(err, claims.ErrExpired) || errors.Is(err, claims.ErrNotYetValid) || errors.Is(err, ErrUnproven) {
		return err
	}
	return see{err, c.settingFor(err)}
}

// checkHeader decides what it can before any key is looked up.
func (p *policy) checkHeader(h jws.Header) error {
	if err := p.checkAlgorithm(h.Algorithm); err != nil {
		return err
	}
	return p.checkType(h.Type)
}

var (
	errUnsigned = errors.New("the token is not signed")
	errNoType   = errors.New("the token has none")
)

func (p *policy) checkAlgorithm(alg string) error { // rule 3: an expected algorithm, never "none"
	if slices.Contains(p.algorithms, keys.Algorithm(alg)) {
		return nil
	}
	if ascii.EqualFold(alg, "none") {
		return invalid(ErrAlgorithm, errUnsigned)
	}
	return invalid(ErrAlgorithm, see{detail{"the token says ", alg, ""}, "WithAlgorithms"})
}

func (p *policy) checkType(typ string) error { // rule 4: an expected type
	if typ == "" {
		if p.needType {
			return invalid(ErrType, see{errNoType, "WithType"})
		}
		return nil
	}
	short := shortType(typ)
	for _, t := range p.types {
		if t == short || ascii.EqualFold(t, short) { // RFC 7515 §4.1.9
			return nil
		}
	}
	return invalid(ErrType, see{detail{"the token says ", typ, ""}, "WithType"})
}

// shortType removes "application/" from a media type that has no other slash
// (RFC 7515 §4.1.9).
func shortType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && ascii.EqualFold(typ[:len(prefix)], prefix) && !strings.Contains(typ[len(prefix):], "/") {
		return typ[len(prefix):]
	}
	return typ
}

// read parses the claims of a payload, which need not be verified.
func (p *policy) read(s *claims.Set, payload []byte) error {
	return claims.ParseInto(s, payload, p.reading...)
}

// checkClaims runs the chain. head is the header, or nil without WithHeader.
func (p *policy) checkClaims(ctx context.Context, s, head *claims.Set, key *keys.Key, at time.Time) error {
	for i := range p.head {
		if err := p.head[i].Validate(ctx, head, at); err != nil {
			return refused(err, s)
		}
	}
	if err := p.checkIssuer(ctx, s, key, at); err != nil {
		return refused(err, s)
	}
	for i, validate := range p.run {
		if err := validate(ctx, s, at); err != nil {
			return refused(p.checks[i].stated(err), s)
		}
	}
	return nil
}

// checkIssuer checks "iss" (rule 8: the expected issuer). It must be the issuer that
// the key is bound to and an expected one, if both are given. A key that its JWK binds
// to an issuer, rather than the configuration, only narrows. key is nil if no key
// verified the token.
func (p *policy) checkIssuer(ctx context.Context, s *claims.Set, key *keys.Key, at time.Time) error {
	bound := key != nil && key.Issuer() != ""
	switch {
	case bound && !key.VouchesFor(s.Issuer): // RFC 8725 §3.8
		return otherIssuer(s.Issuer, key.Issuer())
	case key != nil && !key.VouchesFor(s.Issuer):
		return otherIssuer(s.Issuer)
	case bound && p.expectsNoIssuer(): // but that of the key, which it is
		return nil
	}
	if err := p.issuers.Validate(ctx, s, at); err != nil {
		return see{err, "WithIssuer"}
	}
	return nil
}

// noIssuer refuses a token that names an issuer, if the caller has not said which
// one to expect.
type noIssuer struct{}

func (noIssuer) Validate(_ context.Context, s *claims.Set, _ time.Time) error {
	if !s.Has("iss") {
		return nil
	}
	return notExpected("iss", message.Quote(s.Issuer))
}

// expectsNoIssuer reports whether a token may name no issuer but that of its key.
func (p *policy) expectsNoIssuer() bool {
	_, none := p.issuers.(noIssuer)
	return none
}

// notExpected refuses a claim that is there, where the caller expects none.
func notExpected(claim, value string) error {
	return &claims.Error{Claim: claim, Err: fmt.Errorf("%w: it is %s, and none is expected", claims.ErrMismatch, value)}
}

// otherIssuer refuses a token that does not name the issuer which its key, or
// every key of the provider, is bound to. bound is empty if only the JWK binds the
// key.
func otherIssuer(iss string, bound ...string) error {
	switch {
	case iss == "":
		return &claims.Error{Claim: "iss", Err: claims.ErrMissing}
	case len(bound) == 0:
		return &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: it is %s, and the JWK says that its key is for another issuer", claims.ErrMismatch, message.Quote(iss))}
	}
	err := claims.Issuer(bound...).Validate(context.Background(), &claims.Set{Issuer: iss}, time.Time{})
	return see{err, "the issuer given to keys.NewOIDC or keys.ForIssuer"}
}

// noAudience refuses a token that names an audience, even an empty one, if the
// caller has not said who it is: it could be meant for another service.
func noAudience(_ context.Context, s *claims.Set, _ time.Time) error {
	if !s.Has("aud") {
		return nil
	}
	return notExpected("aud", message.List(s.Audience...))
}

var (
	profileClaims = claims.Required("iss", "exp", "aud", "sub", "client_id", "iat", "jti") // RFC 9068 §2.2
	errNotString  = fmt.Errorf("%w: it is not a string", claims.ErrMalformed)
)

// profile requires the claims of an access token. The chain checks the values of the
// registered ones, except that "jti" is not empty.
func profile(ctx context.Context, s *claims.Set, at time.Time) error {
	if err := profileClaims.Validate(ctx, s, at); err != nil {
		return err
	}
	client, _, err := claims.Value[string](s, "client_id")
	switch {
	case err != nil:
		return &claims.Error{Claim: "client_id", Err: errNotString} // RFC 8693 §4.3
	case client == "":
		return &claims.Error{Claim: "client_id", Err: claims.ErrMissing}
	case s.ID == "":
		return &claims.Error{Claim: "jti", Err: claims.ErrMissing}
	}
	return nil
}

var (
	errEvent   = fmt.Errorf("%w: it is a security event (RFC 8417), which is not a credential", claims.ErrMismatch)
	errNoProof = errors.New("it is bound to a key by cnf (RFC 7800); if the caller checks the proof, as httpauth.WithProof does, pass WithPossessionProven to verifier.New")
)

// noEvents refuses logout tokens and other security events. A client may receive
// one about any user, and must not be able to sign in with it.
func noEvents(_ context.Context, s *claims.Set, _ time.Time) error {
	if s.Has("events") {
		return &claims.Error{Claim: "events", Err: errEvent}
	}
	return nil
}

// noUnprovenKey refuses tokens that are only valid together with a key of their
// sender (RFC 7800 §3.1).
func noUnprovenKey(_ context.Context, s *claims.Set, _ time.Time) error {
	if s.Has("cnf") {
		return &failure{umbrella: ErrInvalidToken, kind: ErrUnproven, cause: errNoProof}
	}
	return nil
}
