// Quickstart is a server with a protected route.
//
// Without settings it makes a secret and a token of its own and prints how to
// use it. JWT_KEYS, JWT_ISSUER and JWT_AUDIENCE take the keys from elsewhere;
// ADDR is where it listens, 127.0.0.1:8080 if not set.
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
	"syscall"
	"time"

	"github.com/jwtverify/jwtverify/internal/fromenv"
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

// run serves until ctx ends.
func run(ctx context.Context, stdout, stderr io.Writer) error {
	v, src, token, err := setup(ctx, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	addr := "127.0.0.1:8080"
	if set, ok := os.LookupEnv("ADDR"); ok {
		addr = set
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("ADDR: cannot listen on %s: %w", addr, errors.Unwrap(err))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go keys.Run(ctx, src) // fetches now and keeps fresh; returns nil when ctx ends

	fmt.Fprint(stdout, usage("http://"+listener.Addr().String(), token))
	return serve(ctx, listener, routes(v, src), stdout)
}

// serve ends with ctx, once the requests under way are answered.
func serve(ctx context.Context, listener net.Listener, h http.Handler, stdout io.Writer) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(stdout, "shutting down")
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	return server.Shutdown(drain)
}

// setup takes the keys from the environment, or makes a secret and a token.
func setup(ctx context.Context, log *slog.Logger) (v *verifier.Local, src keys.Provider, token string, err error) {
	if _, ok := os.LookupEnv("JWT_KEYS"); ok {
		v, src, err = fromenv.Verifier(ctx, verifier.WithLogger(log))
		return v, src, "", err
	}
	secret, token, err := mint("user-123", time.Hour)
	if err != nil {
		return nil, nil, "", err
	}
	if src, err = keys.HMAC(keys.HS256, secret); err != nil {
		return nil, nil, "", err
	}
	v, err = verifier.New(src, verifier.WithLogger(log))
	return v, src, token, err
}

func usage(url, token string) string {
	text := "listening on " + url + "\n\nTry it:\n\n"
	if token == "" {
		text += "  TOKEN=...   # a token of your issuer\n"
	} else {
		text += "  TOKEN=" + token + "\n"
	}
	return text +
		"  curl -i -H \"Authorization: Bearer $TOKEN\" " + url + "/protected\n" +
		"  curl -i -H \"Authorization: Bearer $TOKEN\" " + url + "/users/me\n" +
		"  curl -i " + url + "/protected\n" +
		"  curl -i " + url + "/healthz\n\nCtrl-C ends it.\n"
}
