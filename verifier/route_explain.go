package verifier

import (
	"context"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Explain reports first, in a check named "route", which verifier raw chooses and
// whether there is one. What that verifier reports follows.
//
// Explain may ask the function that was given to [Route]. It lets a verifier of
// your own explain raw and then verify it, since only that shows whose token it
// returns. As [Keyed.Explain], it is meant for people and not for requests.
func (r *Router) Explain(ctx context.Context, raw string) *Report { return r.ExplainWith(ctx, raw) }

// ExplainWith is Explain with options.
func (r *Router) ExplainWith(ctx context.Context, raw string, opts ...ExplainOption) *Report {
	return r.explain(ctx, raw, newAsked(opts), 0)
}

func (r *Router) explain(ctx context.Context, raw string, a asked, depth int) *Report {
	report, check := &Report{}, Check{Name: "route"}
	switch {
	case depth >= maxDepth:
		report.add(check, undecided(errDepth))
		return report
	case r.parser == nil:
		report.add(check, undecided(errZeroRouter))
		return report
	case len(raw) > r.parser.MaxSize:
		check.Setting = "WithMaxSize"
	}
	msg, padded, err := r.parse(raw)
	if err != nil {
		report.add(check, misshapen(err))
		return report
	}
	defer msg.Free()
	q := request{raw: raw, at: a.at, now: a.at.IsZero(), depth: depth}
	if err := q.readClaims(msg, padded); err != nil {
		report.add(check, err)
		return report
	}
	r.explainRoute(ctx, q, report, check, a)
	return report
}

// explainRoute reports on a token whose claims can be read.
func (r *Router) explainRoute(ctx context.Context, q request, report *Report, check Check, a asked) {
	choice, err := r.choose(q.set)
	if err != nil {
		report.add(check, err)
		return
	}
	v := r.fixed[choice]
	if r.tenants != nil {
		var u use
		if u, err = r.tenants.find(ctx, choice); err == nil {
			v = u.v
		}
		if u.onTrial {
			defer r.tenants.release(u.tenant)
		}
	} else if v == nil {
		err = errNoVerifier
	}
	check.Detail = message.Quote(choice) + " has a verifier"
	if err != nil {
		report.add(check, r.unfound(err, q.set, choice))
		report.Checks[0].Detail += "; the token names " + message.Quote(choice)
		return
	}
	report.add(check, nil)
	r.explainTarget(ctx, q, report, v, choice, a)
}

// explainTarget adds what v, the verifier of choice, reports.
func (r *Router) explainTarget(ctx context.Context, q request, report *Report, v Verifier, choice string, a asked) {
	if explains(v) {
		sub := explain(ctx, v, q.raw, a, q.depth+1)
		report.At, report.Leeway = sub.At, sub.Leeway
		report.Checks, report.Err = append(report.Checks, sub.Checks...), sub.Err
	}
	if _, ok := v.(*Keyed); ok || report.Err != nil {
		return // a Keyed returns no other token than this
	}
	_, err := r.decide(ctx, q, nil, v, choice)
	switch {
	case !explains(v):
		report.addVerdict(err)
	case err != nil:
		report.add(Check{Name: "verdict"}, err)
	}
}
