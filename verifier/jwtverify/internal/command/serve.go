package command

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/loopback"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/page"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

const serveHelp = `jwtverify serve [flags]

Shows why a token is refused as a web page on this machine: paste a token or a request,
see the report. The page asks nobody but this command, which fetches keys as explain
does. Nothing is stored, and a token is never in a URL or a log. Settings are those of
explain; more references can be typed into the page. It ends with Ctrl-C.

Examples:

  jwtverify serve
  jwtverify serve --addr 127.0.0.1:7000 --issuers 'cognito:eu-west-1_AbC?client=1ex'`

func runServe(ctx context.Context, e *Env, args []string) (int, error) {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	var f settingsFlags
	f.add(fs)
	addr := fs.String("addr", "127.0.0.1:0", "the `HOST:PORT` to listen on, which must be on loopback")
	asJSON := fs.Bool("json", false, "write where it is as JSON")
	rest, err := parse(e, fs, args, serveHelp)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, usagef("it takes no argument; paste the token into the page")
	}
	settings, err := f.settings(ctx, e)
	if err != nil {
		return 0, err
	}
	choices, err := choicesOf(ctx, settings)
	if err != nil {
		return 0, err
	}
	l, err := loopback.Listen(ctx, *addr)
	if err != nil {
		return 0, usageError{err}
	}
	defer l.Close()
	at := "http://" + l.Addr().String() + "/"
	if *asJSON {
		err = e.writeJSON(map[string]string{"url": at})
	} else {
		_, err = fmt.Fprintf(e.Stdout, "open %s in a browser on this machine; Ctrl-C ends it\n", at)
	}
	if err != nil {
		return 0, err
	}
	base := setup.Settings{Client: e.Client, Now: e.Now, CA: settings.CA, InsecureHTTP: settings.InsecureHTTP, Timeout: settings.Timeout}
	return Trusted, loopback.Serve(ctx, l, page.New(choices, base))
}

// choicesOf are the settings as a whole, and each reference of a list.
func choicesOf(ctx context.Context, s setup.Settings) (all []page.Choice, err error) {
	if s.IsZero() {
		return nil, nil
	}
	svc := s.Open(ctx)
	if len(svc.Faults) > 0 {
		return nil, usageError{svc.Faults[0].Err}
	}
	name := "the settings of this command"
	switch {
	case s.Policy != nil:
		name = "the policy of the service"
	case s.Issuers != "":
		name = s.Issuers
	}
	all = append(all, page.Choice{Name: name, Service: svc})
	refs := strings.Split(s.Issuers, ",")
	if len(refs) < 2 {
		return all, nil
	}
	all[0].Name = "all references"
	for _, ref := range refs {
		one := s.Clone()
		one.Issuers = strings.TrimSpace(ref)
		all = append(all, page.Choice{Name: one.Issuers, Service: one.Open(ctx)})
	}
	return all, nil
}
