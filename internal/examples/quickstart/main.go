// Quickstart is a server with a protected route.
//
// Without settings it makes its own secret and token, and prints how to use them.
// With JWT_ISSUERS it takes tokens of your issuers, each with the checks that its
// preset knows; JWT_KEYS, JWT_ISSUER and JWT_AUDIENCE say it for an issuer without a
// preset. It listens on ADDR, which is 127.0.0.1:8080 if not set.
//
// It prints the settings in force at the start, and logs what goes wrong with the
// keys.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/jwtverify/jwtverify/internal/examples/fromenv"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(2)
	}
}

// run serves until ctx ends. It returns nil only then.
func run(ctx context.Context, stdout, stderr io.Writer) error {
	c, token, err := setup(ctx, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	listener, err := listen()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Run fetches the keys now and keeps them fresh, and follows a file of issuers. It
	// returns when ctx ends. The server need not wait for it: a request that comes first
	// waits for its key.
	go keys.Run(ctx, c.Keys)

	fmt.Fprint(stdout, usage("http://"+listener.Addr().String(), token, c))
	return serve(ctx, listener, routes(c), stdout)
}

// listen opens ADDR. An empty address means every address of the machine. An unset
// shell variable must not have that effect, so it is an error.
func listen() (net.Listener, error) {
	addr, ok := os.LookupEnv("ADDR")
	switch {
	case !ok:
		addr = "127.0.0.1:8080"
	case strings.TrimSpace(addr) == "":
		return nil, errors.New("ADDR is empty; unset it, or give HOST:PORT such as 127.0.0.1:8080")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("ADDR: cannot listen on %s: %w", addr, errors.Unwrap(err))
	}
	return listener, nil
}

// serve serves until ctx ends, and returns once the requests under way are answered,
// or after 10 seconds.
func serve(ctx context.Context, listener net.Listener, h http.Handler, stdout io.Writer) error {
	// Without a limit, a client could hold a connection open by sending slowly.
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(stdout, "shutting down")
	// ctx has ended, so the time to drain needs a context of its own.
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	return server.Shutdown(drain)
}

// setup takes the keys from the environment. Without any setting there, it makes a
// secret and a token.
func setup(ctx context.Context, log *slog.Logger) (c *fromenv.Config, token string, err error) {
	if fromenv.IsSet() {
		c, err = fromenv.Load(ctx, log)
		return c, "", err
	}
	secret, token, err := mint("user-123", time.Hour)
	if err != nil {
		return nil, "", err
	}
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		return nil, "", err
	}
	c, err = fromenv.Own(src, verifier.WithLogger(log))
	return c, token, err
}

// usage returns what is printed at the start. Its indented lines can be pasted into
// a shell.
func usage(url, token string, c *fromenv.Config) string {
	text := "listening on " + url + "\n" + c.String() + "\nTry it:\n\n"
	if token == "" {
		text += "  TOKEN=...   # a token of your issuer\n"
	} else {
		text += "  TOKEN=" + token + "\n"
	}
	field := c.Field("$TOKEN")
	return text +
		"  curl -i -H \"" + field + "\" " + url + "/protected\n" +
		"  curl -i -H \"" + field + "\" " + url + "/users/me\n" +
		"  curl -i " + url + "/protected\n" +
		"  curl -i " + url + "/healthz\n\nCtrl-C ends it.\n"
}
