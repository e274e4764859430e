package command

import (
	"context"
	"encoding/json"
	"flag"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
)

const explainHelp = `jwtverify explain [flags] [FILE]

Says why a token is refused: header, claims, every check with what was expected and
what was there, the first cause, and the setting that is likely to be at fault, with
the line to write. The token comes from FILE, standard input or a prompt.

What is trusted comes from flags, from the variables JWT_ISSUERS, or JWT_KEYS,
JWT_ISSUER and JWT_AUDIENCE, or from the policy of a running service.

Examples:

  pbpaste | jwtverify explain --issuers 'cognito:eu-west-1_AbC?client=1ex'
  jwtverify explain --keys oidc:https://issuer.example --audience orders-api token.txt
  jwtverify explain --policy http://127.0.0.1:9090/policy < token.txt
  jwtverify explain --at 2026-11-25T08:00:00Z token.txt     # as a job sees it
  jwtverify explain --request request.http --base-url https://api.example`

func runExplain(ctx context.Context, e *Env, args []string) (int, error) {
	fs := flag.NewFlagSet("explain", flag.ContinueOnError)
	var f settingsFlags
	f.add(fs)
	at := fs.String("at", "", "as of this `TIME`, in RFC 3339 or Unix seconds")
	asJSON := fs.Bool("json", false, "write JSON")
	request := fs.String("request", "", "explain the HTTP request in this `FILE`, or - for standard input")
	base := fs.String("base-url", "", "with --request: the `URL` under which clients reach the service, for DPoP")
	own := fs.Bool("own-checks", false, "also run checks that may have effects")
	history := fs.String("token-in-shell-history", "", "explain this `TOKEN`, which stays in the shell's history")
	paths, err := parse(e, fs, args, explainHelp)
	if err != nil {
		return 0, err
	}
	o := diagnose.Options{OwnChecks: *own}
	if o.At, err = parseTime(*at); err != nil {
		return 0, err
	}
	settings, err := f.settings(ctx, e)
	if err != nil {
		return 0, err
	}
	var text string
	if *request != "" {
		paths = []string{*request}
	}
	if text, err = e.readText(paths, *history); err != nil {
		return 0, err
	}
	svc := settings.Open(ctx)
	var d *diagnose.Diagnosis
	if *request != "" {
		d = diagnose.Request(ctx, svc, text, *base, o)
	} else {
		d = diagnose.Explain(ctx, svc, text, o)
	}
	if err := ctx.Err(); err != nil {
		return Undecided, errInterrupted
	}
	if *asJSON {
		err = e.writeJSON(d)
	} else {
		_, err = e.Stdout.Write([]byte(e.render(d)))
	}
	code := codeOf(d.Is())
	if len(svc.Faults) > 0 && svc.Verifier == nil {
		code = Usage
	}
	return code, err
}

func (e *Env) writeJSON(v any) error {
	enc := json.NewEncoder(e.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// parseTime reads a time, or the zero time of "".
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.TrimSuffix(text, " UTC")); err == nil {
			return t, nil
		}
	}
	var seconds int64
	if err := json.Unmarshal([]byte(text), &seconds); err == nil && seconds > 0 && seconds < 1e11 {
		return time.Unix(seconds, 0), nil
	}
	return time.Time{}, usagef("--at is not a time such as 2026-11-25T08:00:00Z, nor Unix seconds")
}

// writeLine writes v on one line.
func (e *Env) writeLine(v any) error {
	enc := json.NewEncoder(e.Stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
