package command

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/doctor"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

const doctorHelp = `jwtverify doctor [flags] [FILE...]

Reads sample tokens, one a line, and writes the strictest settings that accept them
all: a reference for package issuers and a Go program that uses it. It warns about what
they leave open. A sample that could not be verified is marked; without --keys, the
keys are those of the issuer that the samples name themselves.

Give samples of every kind that must be accepted, such as of two branches or tenants.

Examples:

  jwtverify doctor samples.txt
  jwtverify doctor --set bundle=https://spire.example/bundle < svid.txt
  jwtverify doctor --keys 'env:JWT_SECRET?alg=HS256' samples.txt`

func runDoctor(ctx context.Context, e *Env, args []string) (int, error) {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	o := doctor.Options{Set: map[string]string{}, Client: e.Client, Now: e.Now}
	fs.StringVar(&o.Keys, "keys", "", "verify the samples with these keys; `REF`")
	fs.StringVar(&o.CA, "ca", "", "a `FILE` with the CA of the issuer")
	fs.BoolVar(&o.Offline, "offline", false, "ask no issuer; nothing is verified then")
	var set list
	fs.Var(&set, "set", "what tokens do not say, as `NAME=VALUE`: a parameter, argument or preset; may be repeated")
	asJSON := fs.Bool("json", false, "write JSON")
	paths, err := parse(e, fs, args, doctorHelp)
	if err != nil {
		return 0, err
	}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || value == "" || !slices.Contains(doctor.Parameters(), name) {
			return 0, usagef("--set is not NAME=VALUE with the name of a parameter, or argument")
		}
		o.Set[name] = value
	}
	texts, err := e.samples(paths)
	if err != nil {
		return 0, err
	}
	rx, err := doctor.Examine(ctx, texts, o)
	switch {
	case ctx.Err() != nil:
		return Undecided, errInterrupted
	case err != nil:
		return Invalid, err
	case *asJSON:
		err = e.writeJSON(rx)
	default:
		_, err = fmt.Fprint(e.Stdout, e.renderDoctor(rx))
	}
	switch {
	case rx.Accepted():
		return Trusted, err
	case slices.ContainsFunc(rx.Samples, func(s doctor.Sample) bool { return s.Verified == "refused" }):
		return Invalid, err
	}
	return Undecided, err
}

// samples reads the files, or standard input.
func (e *Env) samples(paths []string) (texts []string, err error) {
	if len(paths) == 0 {
		text, err := e.readText(nil, "")
		if len(text) > found.MaxInput {
			err = usagef("the samples have more than %d KiB", found.MaxInput>>10)
		}
		return []string{text}, err
	}
	for _, path := range paths {
		text, err := e.readText([]string{path}, "")
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (e *Env) renderDoctor(rx *doctor.Prescription) string {
	var b strings.Builder
	fmt.Fprintln(&b, e.in(bold, "Samples"))
	for _, s := range rx.Samples {
		mark := e.in(red, "not accepted")
		if s.Accepted {
			mark = e.in(green, "accepted")
		}
		fmt.Fprintf(&b, "  %d. %s, %s", s.Number, mark, safe(s.Verified))
		if s.Cause != "" && !strings.Contains(s.Verified, s.Cause) {
			fmt.Fprintf(&b, ": %s", safe(s.Cause))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, w := range rx.Warnings {
		fmt.Fprintf(&b, "%s %s\n", e.in(amber, "warning:"), safe(w))
	}
	for _, m := range rx.Missing {
		fmt.Fprintf(&b, "%s the samples do not say %s\n", e.in(red, "missing:"), safe(m))
	}
	b.WriteString("\n")
	if rx.Reference != "" {
		fmt.Fprintf(&b, "%s\n\n  JWT_ISSUERS=%s\n\n", e.in(bold, "Reference, for issuers.Open"), safe(setup.Shell(rx.Reference)))
	}
	if len(rx.Settings) > 0 {
		fmt.Fprintln(&b, e.in(bold, "Settings"))
		for _, name := range slices.Sorted(maps.Keys(rx.Settings)) {
			fmt.Fprintf(&b, "  %s=%s\n", name, safe(setup.Shell(rx.Settings[name])))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s\n\n%s", e.in(bold, "Go"), rx.Code)
	return b.String()
}
