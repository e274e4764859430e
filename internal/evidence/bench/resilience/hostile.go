package resilience

import (
	"context"
	"net/http"
	"time"
)

// hostile: whoever answers at the endpoint means harm. Each begins after a good
// start, and keys are to be fetched again every second.
var hostile = []Scenario{
	attack("hostile-endless", "a body without end (cut at 256 MiB)", []Metric{Failed, Held, Written, Longest}, []Metric{Failed, Held}, true,
		func(k *Kit, s *site) http.HandlerFunc { return s.endless(k.Body) }),
	attack("hostile-gzip", "a gzip bomb of 256 MiB", []Metric{Failed, Held, Written, Longest}, []Metric{Failed, Held}, true,
		func(k *Kit, _ *site) http.HandlerFunc { return bomb(k.packed()) }),
	attack("hostile-drip", "a byte every 50 ms", []Metric{Failed, Fetches, Longest}, []Metric{Failed}, false,
		func(_ *Kit, s *site) http.HandlerFunc { return s.drip }),
	attack("hostile-loop", "a redirect to itself", []Metric{Failed, Fetches, Longest}, []Metric{Failed}, false,
		func(_ *Kit, s *site) http.HandlerFunc { return redirect(s.JWKS) }),
	elsewhere("hostile-host", "a redirect to another host, and tokens of a key there", false),
	elsewhere("hostile-plain", "a redirect from https to http, and tokens of a key there", true),
}

func attack(id, title string, shows, judged []Metric, alone bool, answer func(*Kit, *site) http.HandlerFunc) Scenario {
	return Scenario{
		ID: id, Group: "Hostile endpoint", Title: title, Shows: shows, Judged: judged, Alone: alone, EverySecond: true,
		run: func(ctx context.Context, k *Kit, lib Library) (Figures, error) {
			return k.after(ctx, lib, beginning{refresh: time.Second}, func(s *service, at *site, f *Figures) error {
				h := answer(k, at)
				if alone {
					watch := held()
					defer func() { f.Held = watch() }()
				}
				at.serve(h)
				return k.endure(s, at, f)
			})
		},
	}
}

// elsewhere redirects to a place where the attacker has added a key.
func elsewhere(id, title string, fromTLS bool) Scenario {
	return Scenario{
		ID: id, Group: "Hostile endpoint", Title: title,
		Shows: []Metric{Failed, Accepted, Longest}, Judged: []Metric{Failed, Accepted}, EverySecond: true,
		run: func(ctx context.Context, k *Kit, lib Library) (f Figures, err error) {
			host, set := "127.0.0.2", setOf(k.first.public())
			var at *site
			if fromTLS {
				host, at = "127.0.0.1", newTLSSite(set)
			} else if at, err = newSite("127.0.0.1", set); err != nil {
				return f, err
			}
			defer at.close()
			there, err := newSite(host, setOf(k.first.public(), k.other.public()))
			if err != nil {
				return f, err
			}
			defer there.close()
			s, err := k.running(ctx, lib, time.Second, at)
			if err != nil {
				return f, err
			}
			defer s.close()
			at.serve(redirect(there.JWKS))
			if err := k.endure(s, at, &f); err != nil {
				return f, err
			}
			f.attack(k.together(s, k.other.tokens(at.Issuer, few)))
			return f, nil
		},
	}
}
