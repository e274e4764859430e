package resilience

import (
	"context"
	"time"
)

// rotations: the issuer changes its keys, and signs with the new one at once.
var rotations = []Scenario{
	rotation("rotate-overlap", "the old key stays published", true, func(k *Kit) ([]byte, *signer) {
		return setOf(k.first.public(), k.second.public()), k.second
	}),
	rotation("rotate-sharp", "the old key is gone", false, func(k *Kit) ([]byte, *signer) {
		return setOf(k.second.public()), k.second
	}),
	rotation("rotate-same-kid", "a new key under the same kid", false, func(k *Kit) ([]byte, *signer) {
		s := k.second.as(k.first.kid)
		return setOf(s.public()), s
	}),
	{
		ID: "removed", Group: "Rotation", Title: "a key is withdrawn: until its tokens are refused",
		Shows: []Metric{Ready, Failed}, Judged: []Metric{Ready, Failed}, EverySecond: true,
		run: removed,
	},
}

func rotation(id, title string, overlap bool, next func(*Kit) (set []byte, by *signer)) Scenario {
	sc := Scenario{
		ID: id, Group: "Rotation", Title: title,
		Shows:  []Metric{Failed, Ready, Fetches, Longest},
		Judged: []Metric{Failed},
		run: func(ctx context.Context, k *Kit, lib Library) (Figures, error) {
			return k.after(ctx, lib, beginning{latency: k.Latency}, func(s *service, at *site, f *Figures) error {
				set, by := next(k)
				fresh := stream{by.tokens(at.Issuer, few), k.Tokens/2 - few, 2 * k.Every}
				before := stream{k.first.tokens(at.Issuer, few), k.Tokens / 2, 2 * k.Every}
				at.publish(set)
				begin, old := time.Now(), make(chan *tally, 1)
				if overlap {
					go func() { old <- k.send(s, before, nil) }()
				}
				t := k.together(s, fresh.tokens)
				f.count(t)
				if f.Ready, f.Late = t.first, t.accepted == 0; f.Late {
					skipped := time.Since(begin)
					t = k.send(s, fresh, nil)
					f.Ready, f.Late = skipped+t.first, t.accepted == 0
				} else {
					t = k.send(s, fresh, nil)
				}
				f.count(t)
				if f.Late {
					f.Ready = time.Since(begin)
				}
				if overlap {
					f.count(<-old)
				} else {
					f.attack(k.together(s, before.tokens))
				}
				f.Fetches = int(at.fetches.Load())
				return nil
			})
		},
	}
	if !overlap {
		sc.Shows, sc.Judged = append(sc.Shows, Accepted), append(sc.Judged, Accepted)
	}
	return sc
}

// removed withdraws one of two keys, and only tokens of that one come until they
// are refused.
func removed(ctx context.Context, k *Kit, lib Library) (Figures, error) {
	b := beginning{set: setOf(k.first.public(), k.second.public()), refresh: time.Second}
	return k.after(ctx, lib, b, func(s *service, at *site, f *Figures) error {
		at.publish(setOf(k.second.public()))
		var ok bool
		f.Ready, ok = k.until(s, k.first.token(at.Issuer), false, k.Limit)
		f.Late = !ok
		f.count(k.together(s, k.second.tokens(at.Issuer, few)))
		return nil
	})
}
