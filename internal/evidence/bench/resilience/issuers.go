package resilience

import (
	"context"
	"errors"
	"time"
)

// issuers: a service with two of them, one of which is down. The tokens of both
// keep coming, and those of the healthy one are good.
var issuers = []Scenario{
	pair("two-refused", "the other refuses connections from the start", 0, (*site).refuse, true),
	pair("two-hang-start", "the other hangs from the start", 0, func(s *site) { s.serve(s.hang) }, true),
	pair("two-hang", "the other hangs after a good start", time.Second, func(s *site) { s.serve(s.hang) }, false),
}

func pair(id, title string, refresh time.Duration, down func(*site), fromStart bool) Scenario {
	return Scenario{
		ID: id, Group: "Two issuers", Title: title,
		Shows: []Metric{Failed, Longest}, Judged: []Metric{Failed}, EverySecond: refresh > 0,
		run: func(ctx context.Context, k *Kit, lib Library) (f Figures, err error) {
			var sites []*site
			for _, by := range []*signer{k.first, k.first.as(elsewhereID)} {
				at, err := newSite("127.0.0.1", setOf(by.public()))
				if err != nil {
					return f, err
				}
				defer at.close()
				sites = append(sites, at)
			}
			healthy, sick := sites[0], sites[1]
			var s *service
			if fromStart {
				down(sick)
				s = start(ctx, lib, Setting{Issuers: []Issuer{healthy.Issuer, sick.Issuer}, Refresh: refresh}, k.Start)
				if err := s.err(); errors.Is(err, ErrCannot) {
					return f, err
				} else if err != nil {
					f.Note = "does not start: " + err.Error()
				}
			} else {
				if s, err = k.running(ctx, lib, refresh, healthy, sick); err != nil {
					return f, err
				}
				down(sick)
			}
			defer s.close()
			over, others := make(chan struct{}), make(chan *tally, 1)
			st := stream{k.first.as(elsewhereID).tokens(sick.Issuer, pool), 0, k.Every}
			go func() { others <- k.send(s, st, over) }()
			f.count(k.send(s, k.good(k.first, healthy.Issuer), nil))
			close(over)
			<-others
			return f, nil
		},
	}
}

// tellings: whether the caller can know an outage from a bad token.
var tellings = []Scenario{
	{
		ID: "tells", Group: "Errors", Title: "an outage and a bad token have different errors",
		Shows: []Metric{Tells}, Judged: []Metric{Tells},
		run: func(ctx context.Context, k *Kit, lib Library) (f Figures, err error) {
			for _, down := range []func(*site){func(s *site) { s.outage.Store(true) }, (*site).refuse} {
				ok, note, err := k.tells(ctx, lib, down)
				if err != nil {
					return f, err
				}
				if !ok {
					f.Note = note
					return f, nil
				}
			}
			f.Tells = true
			return f, nil
		},
	},
}

// tells compares the error of a cold start during an outage with those of forged
// tokens at a healthy endpoint, with a known and an unknown kid.
func (k *Kit) tells(ctx context.Context, lib Library, down func(*site)) (ok bool, note string, err error) {
	at, err := newSite("127.0.0.1", setOf(k.first.public()))
	if err != nil {
		return false, "", err
	}
	defer at.close()
	healthy, err := k.running(ctx, lib, 0, at)
	if err != nil {
		return false, "", err
	}
	defer healthy.close()
	is := healthy.opened.Load().Unavailable
	if is == nil {
		return false, "no documented error", nil
	}
	for _, kid := range []string{k.first.kid, "unknown"} {
		if err := healthy.verify(forged(kid, at.Issuer), k.Deadline, k.Patience); err == nil || is(err) {
			return false, "a forged token has the error of an outage", nil
		}
	}
	down(at)
	cold := start(ctx, lib, Setting{Issuers: []Issuer{at.Issuer}}, k.Start)
	defer cold.close()
	if err := cold.verify(k.first.token(at.Issuer), k.Deadline, k.Patience); err == nil || !is(err) {
		return false, "an outage has another error", nil
	}
	return true, "", nil
}
