package resilience

import (
	"context"
	"time"
)

// outages: the endpoint goes down under a service that has its keys, which are to
// be fetched again every second.
var outages = []Scenario{
	outage("outage-500", "the endpoint answers 500", []Metric{Failed, Fetches, Longest}, func(s *site) { s.outage.Store(true) }),
	outage("outage-hang", "the endpoint accepts and does not answer", []Metric{Failed, Fetches, Longest}, func(s *site) { s.serve(s.hang) }),
	outage("outage-refused", "the endpoint refuses connections", []Metric{Failed, Longest}, (*site).refuse),
}

func outage(id, title string, shows []Metric, begin func(*site)) Scenario {
	return Scenario{
		ID: id, Group: "Outage after a good start", Title: title, Shows: shows, Judged: []Metric{Failed}, EverySecond: true,
		run: func(ctx context.Context, k *Kit, lib Library) (Figures, error) {
			return k.after(ctx, lib, beginning{refresh: time.Second}, func(s *service, at *site, f *Figures) error {
				st := k.good(k.first, at.Issuer)
				begin(at)
				f.count(k.send(s, st, nil))
				f.Fetches = int(at.fetches.Load())
				return nil
			})
		},
	}
}

// coldStarts: the endpoint is down when the service starts, and comes back.
var coldStarts = []Scenario{
	coldStart("cold-500", "500 at first", 0, func(s *site) { s.outage.Store(true) }),
	coldStart("cold-refused", "connections refused at first", 0, (*site).refuse),
	coldStart("cold-hang", "no answer at first, and never one to those requests", 0, func(s *site) { s.serve(s.hang) }),
	coldStart("cold-refused-refresh", "connections refused at first", time.Second, (*site).refuse),
}

func coldStart(id, title string, refresh time.Duration, down func(*site)) Scenario {
	return Scenario{
		ID: id, Group: "Cold start during an outage of 2 s", Title: title,
		Shows: []Metric{Ready, Longest}, Judged: []Metric{Ready}, EverySecond: refresh > 0,
		run: func(ctx context.Context, k *Kit, lib Library) (f Figures, err error) {
			at, err := newSite("127.0.0.1", setOf(k.first.public()))
			if err != nil {
				return f, err
			}
			defer at.close()
			tokens := k.first.tokens(at.Issuer, pool)
			down(at)
			begin := time.Now()
			s := start(ctx, lib, Setting{Issuers: []Issuer{at.Issuer}, Refresh: refresh}, k.Start)
			defer s.close()
			if left := k.Outage - time.Since(begin); left > 0 {
				f.count(k.send(s, stream{tokens, 1 + int(left/k.Every/5), 5 * k.Every}, nil))
			}
			at.outage.Store(false)
			at.publish(setOf(k.first.public()))
			if err := at.restore(); err != nil {
				return f, err
			}
			var ok bool
			f.Ready, ok = k.until(s, tokens[0], true, k.Limit)
			f.Late = !ok
			if err := s.err(); err != nil {
				f.Note = "does not start: " + err.Error()
			}
			return f, nil
		},
	}
}
