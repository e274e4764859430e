// Command provider is a real OpenID provider for the tests next to it: the
// example server of zitadel/oidc on a free port of loopback, with JWTs for
// access tokens and with keys that can be rotated.
//
// It prints its issuer. Then each line on its standard input is a command,
// answered by one line:
//
//	rotate ALG   sign with a new key from now on; those before stay published
//	replace ALG  as rotate, but the new key takes the ID and the place of the last
//	retire       publish only the key that signs
//
// Rotate, replace and retire answer with the ID of the key that signs. The
// program ends with its input.
package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/jwtverify/jwtverify/keys"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: provider REDIRECT_URI")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + listener.Addr().String()
	storage.RegisterClients(storage.WebClient("web", "secret", os.Args[1]))
	store, err := newRotating(storage.NewStorage(storage.NewUserStore(issuer)), keys.RS256)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	handler := exampleop.SetupServer(issuer, store, logger, false)

	failed := make(chan error, 2)
	go func() { failed <- http.Serve(listener, handler) }()
	fmt.Println(issuer)
	go func() { failed <- obey(store) }()
	return <-failed
}

// obey carries out the commands on standard input, to its end.
func obey(store *rotating) error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		command, argument, _ := strings.Cut(in.Text(), " ")
		var kid string
		var err error
		switch command {
		case "rotate":
			kid, err = store.rotate(keys.Algorithm(argument))
		case "replace":
			kid, err = store.replace(keys.Algorithm(argument))
		case "retire":
			kid = store.retire()
		default:
			err = fmt.Errorf("unknown command %q", command)
		}
		if err != nil {
			return err
		}
		fmt.Println(kid)
	}
	return in.Err()
}
