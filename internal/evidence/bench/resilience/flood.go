package resilience

import (
	"context"
	"crypto/rand"
	"sync"
)

// floods: an attacker sends forged tokens, while good ones come.
var floods = []Scenario{
	{
		ID: "flood", Group: "Flood", Title: "10,000 forged tokens with unknown kids, 100 at a time",
		Shows: []Metric{Fetches, Failed, Longest, P99}, Judged: []Metric{Fetches, Failed}, Budget: 10,
		Alone: true,
		run: func(ctx context.Context, k *Kit, lib Library) (Figures, error) {
			return k.after(ctx, lib, beginning{latency: k.Latency}, func(s *service, at *site, f *Figures) error {
				over, good := make(chan struct{}), make(chan *tally, 1)
				st := k.good(k.first, at.Issuer)
				st.n = 0
				go func() { good <- k.send(s, st, over) }()
				f.attack(k.flood(s, at.Issuer))
				close(over)
				f.count(<-good)
				f.Fetches = int(at.fetches.Load())
				return nil
			})
		},
	},
}

// flood sends forged tokens as fast as the callers are answered.
func (k *Kit) flood(s *service, iss Issuer) *tally {
	var t tally
	var callers sync.WaitGroup
	for i := range k.Callers {
		callers.Go(func() {
			for j := i; j < k.Flood; j += k.Callers {
				raw := forged(rand.Text(), iss)
				err := s.verify(raw, k.Deadline, k.Patience)
				t.mu.Lock()
				t.sent++
				if err == nil {
					t.accepted++
				}
				t.mu.Unlock()
			}
		})
	}
	callers.Wait()
	return &t
}

// coldCaches: concurrent callers, before any key was fetched.
var coldCaches = []Scenario{
	{
		ID: "cold-cache", Group: "Cold cache", Title: "100 concurrent callers",
		Shows: []Metric{Fetches, Failed, Longest}, Judged: []Metric{Fetches, Failed}, Budget: 1,
		Alone: true,
		run: func(ctx context.Context, k *Kit, lib Library) (f Figures, err error) {
			at, err := newSite("127.0.0.1", setOf(k.first.public()))
			if err != nil {
				return f, err
			}
			defer at.close()
			at.latency = k.Latency
			s := start(ctx, lib, Setting{Issuers: []Issuer{at.Issuer}}, k.Start)
			defer s.close()
			f.count(k.together(s, k.first.tokens(at.Issuer, k.Callers)))
			f.Fetches = int(at.fetches.Load())
			return f, s.err()
		},
	},
}
