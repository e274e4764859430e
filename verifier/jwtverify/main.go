// Command jwtverify says why a token is refused, and helps to write the settings that
// accept the right ones:
//
//	go run github.com/jwtverify/jwtverify/verifier/jwtverify help
//
// It needs nothing beyond the library, and it sends tokens nowhere.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	e := command.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Colour: command.ShowsColour(os.Stdout), Live: command.IsTerminal(os.Stdout),
	}
	if command.IsTerminal(os.Stdin) {
		e.Prompt = func() (string, error) { return command.Prompt(ctx, os.Stdin, os.Stderr) }
	}
	code := command.Run(ctx, e)
	stop()
	os.Exit(code)
}
