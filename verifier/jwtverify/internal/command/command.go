// Package command is the command jwtverify, without its process: everything that it
// reads and writes is given to it.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// Exit codes.
const (
	Trusted   = 0
	Invalid   = 1
	Usage     = 2
	Forbidden = 3
	Undecided = 4
)

// An Env is what the command may use of the world.
type Env struct {
	Args   []string // without the name of the program
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) (string, bool)
	Client *http.Client     // nil: the default one
	Now    func() time.Time // nil: time.Now

	Prompt func() (string, error) // asks for a token without showing it; nil: Stdin is no terminal
	Colour bool                   // Stdout is a terminal that shows colours
	Width  int                    // of the terminal; 0: unknown
	Live   bool                   // Stdout can be drawn over
}

// A usageError is a mistake in how the command was called.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// A subcommand is one of the things that the command does.
type subcommand struct {
	name, short string
	run         func(ctx context.Context, e *Env, args []string) (int, error)
}

func subcommands() []subcommand {
	return []subcommand{
		{"explain", "why a token is refused, and which setting is at fault", runExplain},
		{"keys", "fetch the keys of a reference step by step, and list them", runKeys},
		{"serve", "the same as a local web page", runServe},
		{"doctor", "write the strictest settings that accept sample tokens", runDoctor},
		{"watch", "the state of sources of keys, as a live table", runWatch},
		{"mint", "an issuer for development, on this machine alone", runMint},
	}
}

const intro = `jwtverify says why a token is refused, and helps to write the settings that accept
the right ones. It sends tokens nowhere.

usage: jwtverify COMMAND [flags]
`

// Run runs the command and returns its exit code.
func Run(ctx context.Context, e Env) int {
	if e.Getenv == nil {
		e.Getenv = os.LookupEnv
	}
	if len(e.Args) == 0 {
		fmt.Fprint(e.Stderr, overview())
		return Usage
	}
	name := e.Args[0]
	if name == "help" && len(e.Args) > 1 {
		name, e.Args = e.Args[1], []string{e.Args[1], "-h"}
	}
	switch name {
	case "help", "-h", "--help", "-help":
		fmt.Fprint(e.Stdout, overview())
		return Trusted
	}
	all := subcommands()
	i := slices.IndexFunc(all, func(c subcommand) bool { return c.name == name })
	if i < 0 {
		fmt.Fprintf(e.Stderr, "jwtverify: there is no command %s; run jwtverify help\n", message.Quote(cutToken(name)))
		return Usage
	}
	code, err := all[i].run(ctx, &e, e.Args[1:])
	var usage usageError
	switch {
	case errors.Is(err, flag.ErrHelp):
		return Trusted
	case errors.As(err, &usage):
		fmt.Fprintf(e.Stderr, "jwtverify %s: %s\n", name, message.Line(err.Error()))
		return Usage
	case err != nil:
		fmt.Fprintf(e.Stderr, "jwtverify %s: %s\n", name, message.Line(err.Error()))
		if code == 0 {
			code = Undecided
		}
	}
	return code
}

// cutToken keeps a token that was given as a command out of messages.
func cutToken(s string) string {
	if len(s) > 24 || strings.Contains(s, ".") {
		return "…"
	}
	return s
}

func overview() string {
	var b strings.Builder
	b.WriteString(intro + "\n")
	for _, c := range subcommands() {
		fmt.Fprintf(&b, "  %-8s  %s\n", c.name, c.short)
	}
	b.WriteString("\nRun jwtverify help COMMAND for its flags and examples.\n" +
		"Exit codes: 0 trusted, 1 invalid, 3 forbidden, 4 undecided, 2 usage.\n")
	return b.String()
}

// codeOf is the exit code of a verdict.
func codeOf(v verifier.Verdict) int {
	switch v {
	case verifier.Trusted:
		return Trusted
	case verifier.Invalid:
		return Invalid
	case verifier.Forbidden:
		return Forbidden
	}
	return Undecided
}

// parse parses flags, of which positional arguments may be between. help is printed
// for -h.
func parse(e *Env, fs *flag.FlagSet, args []string, help string) ([]string, error) {
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprint(e.Stdout, help+"\n\nFlags:\n"+flagsOf(fs))
				return nil, err
			}
			return nil, usageError{withoutToken(err)}
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// withoutToken keeps what somebody typed out of an error if it may be a token.
func withoutToken(err error) error {
	if text := err.Error(); strings.Contains(text, "ey") && strings.Count(text, ".") > 1 || len(text) > 300 {
		return errors.New("a flag cannot be read; run with -h")
	}
	return err
}

// flagsOf lists flags with two dashes.
func flagsOf(fs *flag.FlagSet) string {
	var b strings.Builder
	fs.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			value = ""
		}
		head := "--" + f.Name
		if value != "" {
			head += " " + value
		}
		fmt.Fprintf(&b, "  %-24s %s\n", head, usage)
	})
	return b.String()
}

// A list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

func (l *list) Set(v string) error {
	*l = append(*l, v)
	return nil
}
