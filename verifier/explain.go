package verifier

import (
	"cmp"
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

// A Report shows people what a verifier thinks of a token: every check that could
// be made, not only the first that failed. It never holds the token or its
// signature, but it does hold claims, so mind where it is shown.
type Report struct {
	Checks []Check
	Err    error // what Verify returns; nil if it accepts the token
}

// A Check is one check of a Report.
type Check struct {
	Name    string
	Passed  bool
	Detail  string // one line: why it failed, or what was seen
	Setting string // if it failed, the option of New that decides it, such as "WithAudience"; "" for none
}

// String returns the report as a table with one check per line and the verdict
// last.
func (r *Report) String() string {
	var b strings.Builder
	for _, c := range r.Checks {
		mark := "ok  "
		if !c.Passed {
			mark = "FAIL"
		}
		fmt.Fprintf(&b, "%s  %-12s %s\n", mark, c.Name, c.Detail)
	}
	if r.Err != nil {
		fmt.Fprintf(&b, "=> %s (%s): %v\n", Classify(r.Err), Reason(r.Err), r.Err)
	} else {
		fmt.Fprintf(&b, "=> %s\n", Trusted)
	}
	return b.String()
}

// Explain runs every check on raw as of now, without stopping at the first that
// fails. It may look up keys, but it never uses the cache. Validators given to
// [WithClaims] and [WithHeader] run only if the signature verified.
//
// Explain costs more than [Keyed.Verify] and logs nothing. It is meant for people
// who want to know why a token is refused, not for requests.
func (v *Keyed) Explain(ctx context.Context, raw string) *Report {
	r, at := &Report{}, v.now()
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
	r.add(Check{Name: "algorithm", Detail: message.Quote(msg.Algorithm)}, v.policy.algorithm(msg.Algorithm))
	r.add(Check{Name: "type", Detail: message.Quote(msg.Type)}, v.policy.typ(msg.Type))
	var set claims.Set
	unreadable := v.policy.read(&set, msg.Payload)
	key := v.explainKey(ctx, r, msg, hintOf(msg.Header, set.Issuer))
	if unreadable != nil {
		r.add(Check{Name: "claims"}, invalid(nil, unreadable))
		return r
	}
	r.add(Check{Name: "claims", Detail: "read"}, nil)
	v.explainHeader(ctx, r, msg, &set, key, at)
	v.explainClaims(ctx, r, &set, key, at)
	return r
}

// add appends a check, which failed if err is not nil. The first error becomes
// that of the report.
func (r *Report) add(c Check, err error) {
	var named see
	switch {
	case err == nil:
		c.Passed, c.Setting = true, ""
	case errors.As(err, &named):
		c.Setting = named.setting
	}
	if err != nil {
		c.Detail = err.Error()
		r.Err = cmp.Or(r.Err, err)
	}
	r.Checks = append(r.Checks, c)
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
	if errors.Is(err, ErrSignature) {
		found, _ := v.keys.Find(ctx, hint)
		if why := explainSecret(msg, found); why != "" {
			last := &r.Checks[len(r.Checks)-1]
			last.Detail += "; " + why
		}
	}
	return key
}

// explainHeader reports on the checks of WithHeader. key is nil if the header is not
// verified; set are the claims.
func (v *Keyed) explainHeader(ctx context.Context, r *Report, msg *jws.Message, set *claims.Set, key *keys.Key, at time.Time) {
	var head *claims.Set
	if key != nil {
		var err error
		if head, err = v.header(msg); err != nil {
			r.add(Check{Name: "header", Setting: "WithHeader"}, refused(err, set))
		}
	}
	for _, c := range v.policy.head {
		if head == nil {
			r.skip(c.name, "not run: the header is not verified, or cannot be read")
			continue
		}
		check := Check{Name: c.name, Setting: "WithHeader"}
		if err := c.Validate(ctx, head, at); err != nil {
			r.add(check, refused(err, set))
			continue
		}
		r.add(check, nil)
	}
}

// explainClaims reports on the claims. key is nil if they are not verified.
func (v *Keyed) explainClaims(ctx context.Context, r *Report, set *claims.Set, key *keys.Key, at time.Time) {
	var verified *claims.Set
	if key != nil {
		verified = set
	}
	add := func(c Check, err error) {
		if err != nil {
			err = refused(err, verified)
		}
		r.add(c, err)
	}
	add(Check{Name: "issuer", Detail: message.Quote(set.Issuer)}, v.explainIssuer(ctx, set, key, at))
	for _, c := range v.policy.checks {
		switch {
		case c.own && key == nil:
			r.skip(c.name, "not run: the claims are not verified")
		case c.about == "" || set.Has(c.about):
			err := c.named(c.Validate(ctx, set, at))
			add(Check{Name: c.name, Detail: seen(c.name, set), Setting: c.settingFor(err)}, err)
		}
	}
}

// explainIssuer checks the issuer. If no key verified the token, it expects the
// issuers that the provider is bound to.
func (v *Keyed) explainIssuer(ctx context.Context, set *claims.Set, key *keys.Key, at time.Time) error {
	if key == nil && v.policy.noIssuer {
		if bound := keys.BoundTo(v.keys); bound != nil {
			return claims.Issuer(bound...).Validate(ctx, set, at)
		}
	}
	return v.policy.issuer(ctx, set, key, at)
}

// skip adds a check that could not be made because an earlier one failed.
func (r *Report) skip(name, why string) {
	r.Checks = append(r.Checks, Check{Name: name, Detail: why})
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
