package command

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

const watchHelp = `jwtverify watch [flags] REF

Keeps the keys of one or several sources fresh, as a service does, and shows their
state as a table that follows: how many keys there are, when they were seen, when they
are fetched again, and what failed. Where the output is no terminal, and with --json, it
writes one table or one line of JSON for each look. It ends with Ctrl-C.

Examples:

  jwtverify watch oidc:https://issuer.example https://other.example/jwks.json
  jwtverify watch --json --every 1m oidc:https://issuer.example >> keys.log`

func runWatch(ctx context.Context, e *Env, args []string) (int, error) {
	fs := flag.NewFlagSet("watch", flag.ContinueOnError)
	var s setup.Settings
	fs.StringVar(&s.CA, "ca", "", "a `FILE` with the CA of the endpoints")
	fs.BoolVar(&s.InsecureHTTP, "insecure-http", false, "fetch over plain http beyond loopback")
	fs.DurationVar(&s.Timeout, "timeout", 10*time.Second, "for a fetch, such as `5s`")
	every := fs.Duration("every", time.Second, "how often to look, such as `10s`")
	looks := fs.Int("count", 0, "end after this `NUMBER` of looks; 0 for never")
	asJSON := fs.Bool("json", false, "write a line of JSON for each look")
	refs, err := parse(e, fs, args, watchHelp)
	if err != nil {
		return 0, err
	}
	if *every < 100*time.Millisecond || *looks < 0 {
		return 0, usagef("--every is at least 100ms, and --count is not negative")
	}
	svc, err := e.sourcesOf(ctx, s, e.reference(refs))
	if err != nil {
		return 0, err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	go keys.Run(running, svc.Keys)
	if ends := refresh(ctx, svc.Keys); ends != nil && ctx.Err() != nil {
		return Trusted, nil
	}
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for n := 1; ; n++ {
		healthy, err := e.look(ctx, svc, *asJSON)
		if err != nil {
			return 0, err
		}
		if n == *looks {
			if !healthy {
				return Undecided, nil
			}
			return Trusted, nil
		}
		select {
		case <-ctx.Done():
			return Trusted, nil
		case <-tick.C:
		}
	}
}

// look writes the state once. Every source is healthy if it has keys.
func (e *Env) look(ctx context.Context, svc *setup.Service, asJSON bool) (healthy bool, err error) {
	now := time.Now()
	if e.Now != nil {
		now = e.Now()
	}
	sources := sourcesIn(ctx, svc)
	healthy = true
	for _, s := range sources {
		healthy = healthy && len(s.Keys) > 0
	}
	if asJSON {
		doc := map[string]any{"at": now.UTC(), "sources": sources}
		return healthy, e.writeLine(doc)
	}
	text := e.table(sources, now)
	if e.Live {
		text = "\x1b[H\x1b[2J" + text
	}
	_, err = fmt.Fprint(e.Stdout, text)
	return healthy, err
}

// table is the state of the sources.
func (e *Env) table(sources []keySource, now time.Time) string {
	var b strings.Builder
	wide := len("source")
	for _, s := range sources {
		wide = max(wide, min(len(s.Source), 60))
	}
	fmt.Fprintf(&b, "%s\n", e.in(bold, fmt.Sprintf("%-*s  %-7s  %4s  %8s  %-24s  %s", wide, "source", "state", "keys", "not used", "seen", "next refresh")))
	for _, s := range sources {
		state, look := "fresh", green
		switch {
		case len(s.Keys) == 0:
			state, look = "no keys", red
		case s.Error != "":
			state, look = "failing", amber
		case s.Stale:
			state, look = "stale", amber
		}
		seen, next := "at start", "never"
		if s.FetchedAt != nil {
			seen = diagnose.Relative(*s.FetchedAt, now)
		} else if len(s.Keys) == 0 {
			seen = "never"
		}
		if s.NextRefresh != nil {
			next = diagnose.Relative(*s.NextRefresh, now)
		}
		fmt.Fprintf(&b, "%-*s  %s  %4d  %8d  %-24s  %s\n", wide, safe(s.Source), e.in(look, fmt.Sprintf("%-7s", state)), len(s.Keys), len(s.Skipped), seen, next)
		if s.Error != "" {
			fmt.Fprintf(&b, "  %s\n", e.in(dim, safe(s.Error)))
		}
	}
	b.WriteString(e.in(dim, now.UTC().Format("2006-01-02 15:04:05 UTC")) + "\n")
	return b.String()
}
