package command

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/walk"
)

const keysHelp = `jwtverify keys [flags] REF

Fetches the keys that a reference leads to, step by step, and lists them: ID,
algorithm, issuer and thumbprint, how old they are, when they are fetched again, and
every key that is published but not used, with its reason. REF is a reference to keys
(env:NAME, file:PATH, https://host/jwks.json, oidc:https://issuer), or a whole one of
an issuer (cognito:POOL?client=ID). Without REF it is that of JWT_KEYS or JWT_ISSUERS.

Examples:

  jwtverify keys oidc:https://issuer.example
  jwtverify keys --json file:keys.pem
  jwtverify keys --ca ca.pem https://vault.example:8200/v1/identity/oidc/.well-known/keys`

// A keyList is what keys finds.
type keyList struct {
	Steps   []walk.Step `json:"steps,omitempty"`
	Sources []keySource `json:"sources"`
	Error   string      `json:"error,omitempty"`
}

// A keySource is one source of keys.
type keySource struct {
	Source      string     `json:"source"`
	Keys        []keyLine  `json:"keys"`
	Skipped     []skipped  `json:"skipped,omitempty"`
	FetchedAt   *time.Time `json:"fetched_at,omitempty"`
	NextRefresh *time.Time `json:"next_refresh,omitempty"`
	Stale       bool       `json:"stale,omitempty"`
	Error       string     `json:"error,omitempty"`
}

type keyLine struct {
	ID         string `json:"kid"`
	Algorithm  string `json:"alg"`
	Issuer     string `json:"issuer,omitempty"`
	Thumbprint string `json:"thumbprint,omitempty"`
}

type skipped struct {
	ID     string `json:"kid"`
	Reason string `json:"reason"`
}

func runKeys(ctx context.Context, e *Env, args []string) (int, error) {
	fs := flag.NewFlagSet("keys", flag.ContinueOnError)
	var s setup.Settings
	fs.StringVar(&s.CA, "ca", "", "a `FILE` with the CA of the endpoint")
	fs.BoolVar(&s.InsecureHTTP, "insecure-http", false, "fetch over plain http beyond loopback")
	fs.DurationVar(&s.Timeout, "timeout", 10*time.Second, "for a fetch, such as `5s`")
	asJSON := fs.Bool("json", false, "write JSON")
	refs, err := parse(e, fs, args, keysHelp)
	if err != nil {
		return 0, err
	}
	looking, ref := *e, e.reference(refs)
	if s.CA == "" && !namesFiles(ref) {
		looking.Client = &http.Client{Transport: walk.NewOnce(e.Client)}
	}
	svc, err := looking.sourcesOf(ctx, s, ref)
	if err != nil {
		return 0, err
	}
	list := keyList{}
	for _, start := range startsOf(svc) {
		start.Client, start.Timeout = looking.Client, svc.Settings.Timeout
		list.Steps = append(list.Steps, start.Steps(ctx)...)
	}
	err = refresh(ctx, svc.Keys)
	if ctx.Err() != nil {
		return Undecided, errInterrupted
	}
	if err != nil {
		list.Error = message.Line(err.Error())
	}
	list.Sources = sourcesIn(ctx, svc)
	if *asJSON {
		err = e.writeJSON(list)
	} else {
		_, err = fmt.Fprint(e.Stdout, e.renderKeys(list))
	}
	if list.Error != "" {
		return Undecided, err
	}
	return Trusted, err
}

// namesFiles reports whether a reference has a CA or a token of its own. Package keys
// makes such requests only with a transport that it can configure, so that the steps
// have to ask the endpoint too, and without that token.
func namesFiles(ref string) bool {
	return strings.Contains(ref, "ca=") || strings.Contains(ref, "token=")
}

// refresh is keys.Refresh, which ends with ctx even where a source does not.
func refresh(ctx context.Context, p keys.Provider) error {
	done := make(chan error, 1)
	go func() { done <- keys.Refresh(ctx, p) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reference joins the references, or is that of a variable where none is given.
func (e *Env) reference(refs []string) string {
	if ref := strings.Join(refs, ","); ref != "" {
		return ref
	}
	for _, name := range []string{"JWT_KEYS", "JWT_ISSUERS"} {
		if v, ok := e.Getenv(name); ok && v != "" {
			return v
		}
	}
	return ""
}

// sourcesOf opens a reference, which is one of keys or of issuers.
func (e *Env) sourcesOf(ctx context.Context, s setup.Settings, ref string) (*setup.Service, error) {
	s.Client, s.Now, s.AnyIssuer, s.AnyAudience = e.Client, e.Now, true, true
	if ref == "" {
		return nil, usagef("name a reference, such as oidc:https://issuer, or set JWT_KEYS")
	}
	asKeys := s
	asKeys.Keys = ref
	svc := asKeys.Open(ctx)
	if len(svc.Faults) == 0 {
		return svc, nil
	}
	asIssuers := s
	asIssuers.Issuers, asIssuers.AnyIssuer, asIssuers.AnyAudience = ref, false, false
	if other := asIssuers.Open(ctx); len(other.Faults) == 0 {
		return other, nil
	} else if scheme, _, _ := strings.Cut(ref, ":"); !slices.Contains([]string{"env", "file", "http", "https", "oidc"}, scheme) {
		svc = other
	}
	return nil, usageError{svc.Faults[0].Err}
}

// startsOf says where the keys of a service are fetched from.
func startsOf(svc *setup.Service) (all []walk.Start) {
	var bound []string
	var collect func(p *verifier.Policy)
	collect = func(p *verifier.Policy) {
		if p == nil {
			return
		}
		bound = append(bound, p.BoundTo...)
		for _, q := range p.Routes {
			collect(q)
		}
	}
	collect(svc.Policy)
	byIssuer := map[string]url.Values{}
	for part := range strings.SplitSeq(svc.Settings.Keys+","+svc.Settings.Issuers, ",") {
		head, query, _ := strings.Cut(strings.TrimSpace(part), "?")
		_, arg, _ := strings.Cut(head, ":")
		values, _ := url.ParseQuery(query)
		byIssuer[arg] = values
	}
	for _, st := range keys.Statuses(svc.Keys) {
		if !strings.HasPrefix(st.Source, "http") {
			continue
		}
		start := walk.Start{URL: st.Source, CA: svc.Settings.CA, Insecure: svc.Settings.InsecureHTTP}
		if slices.Contains(bound, st.Source) {
			start.URL, start.Issuer = "", st.Source
			start.Metadata = byIssuer[st.Source].Get("metadata")
			if ca := byIssuer[st.Source].Get("ca"); ca != "" {
				start.CA = ca
			}
		}
		all = append(all, start)
	}
	return all
}

// sourcesIn lists the keys at hand.
func sourcesIn(ctx context.Context, svc *setup.Service) (all []keySource) {
	optional := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
	line := func(k *keys.Key) keyLine {
		return keyLine{k.ID(), string(k.Algorithm()), k.Issuer(), k.Thumbprint()}
	}
	for _, st := range keys.Statuses(svc.Keys) {
		to := keySource{Source: st.Source, Keys: []keyLine{}, FetchedAt: optional(st.FetchedAt), NextRefresh: optional(st.NextRefresh), Stale: st.Stale}
		for _, k := range st.Keys {
			to.Keys = append(to.Keys, line(k))
		}
		for _, k := range st.Skipped {
			to.Skipped = append(to.Skipped, skipped{k.KeyID, k.Reason})
		}
		if st.Err != nil {
			to.Error = message.Line(st.Err.Error())
		}
		all = append(all, to)
	}
	if len(all) == 0 { // a variable: its keys are found by asking
		to := keySource{Source: "an environment variable", Keys: []keyLine{}}
		var seen []*keys.Key
		for _, alg := range keys.Algorithms() {
			ks, err := svc.Keys.Find(ctx, keys.Hint{Algorithm: alg})
			if err != nil {
				to.Error = message.Line(err.Error())
				break
			}
			for _, k := range ks {
				if !slices.ContainsFunc(seen, k.Equal) {
					seen = append(seen, k)
					to.Keys = append(to.Keys, line(k))
				}
			}
		}
		all = append(all, to)
	}
	return all
}

// renderKeys is a list for a terminal.
func (e *Env) renderKeys(l keyList) string {
	var b strings.Builder
	now := time.Now()
	if e.Now != nil {
		now = e.Now()
	}
	if len(l.Steps) > 0 {
		fmt.Fprintln(&b, e.in(bold, "Steps"))
		for i, s := range l.Steps {
			e.step(&b, i+1, s)
		}
		b.WriteString("\n")
	}
	for _, s := range l.Sources {
		fmt.Fprintf(&b, "%s %s\n", e.in(bold, "Source"), safe(s.Source))
		if s.FetchedAt != nil {
			fmt.Fprintf(&b, "  seen %s", diagnose.Relative(*s.FetchedAt, now))
			if s.NextRefresh != nil {
				fmt.Fprintf(&b, ", next refresh %s", diagnose.Relative(*s.NextRefresh, now))
			}
			b.WriteString("\n")
		}
		if s.Stale && s.FetchedAt != nil {
			fmt.Fprintf(&b, "  %s\n", e.in(amber, "stale: past its freshness"))
		}
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "  %s %-8s %s", e.in(green, "key"), k.Algorithm, safe(message.Quote(k.ID)))
			if k.Issuer != "" {
				fmt.Fprintf(&b, "  issuer %s", safe(message.Plain(k.Issuer)))
			}
			if k.Thumbprint != "" {
				fmt.Fprintf(&b, "  %s", e.in(dim, k.Thumbprint))
			} else {
				fmt.Fprintf(&b, "  %s", e.in(dim, "a secret"))
			}
			b.WriteString("\n")
		}
		for _, k := range s.Skipped {
			fmt.Fprintf(&b, "  %s %s: %s\n", e.in(amber, "not used"), safe(message.Quote(k.ID)), safe(k.Reason))
		}
		if len(s.Keys) == 0 {
			fmt.Fprintf(&b, "  %s\n", e.in(red, "no key"))
		}
		if s.Error != "" {
			fmt.Fprintf(&b, "  %s %s\n", e.in(red, "error:"), safe(s.Error))
		}
	}
	if l.Error != "" && !strings.Contains(b.String(), l.Error) {
		fmt.Fprintf(&b, "%s %s\n", e.in(red, "=>"), safe(l.Error))
	}
	return b.String()
}

func (e *Env) step(b *strings.Builder, n int, s walk.Step) {
	fmt.Fprintf(b, "  %d. %-8s GET %s", n, s.What, safe(s.URL))
	if s.Status != 0 {
		fmt.Fprintf(b, "  %d", s.Status)
	}
	fmt.Fprintf(b, "  %s\n", e.in(dim, s.Took))
	for _, line := range []struct{ name, text string }{{"to", s.To}, {"found", s.Found}, {"cache", s.Cache}, {"tls", s.TLS}} {
		if line.text != "" {
			fmt.Fprintf(b, "     %s %s\n", e.in(dim, line.name), safe(line.text))
		}
	}
	for _, k := range s.Unused {
		fmt.Fprintf(b, "     %s %s\n", e.in(amber, "not used"), safe(k))
	}
	if s.Problem != "" {
		fmt.Fprintf(b, "     %s %s\n", e.in(red, "problem:"), safe(s.Problem))
	}
}
