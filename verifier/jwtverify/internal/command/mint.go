package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/loopback"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/minting"
)

const mintHelp = `jwtverify mint [flags]

Runs an issuer for development on this machine: discovery, a JWK Set, tokens with the
claims that you ask for, rotation and faults, so that a service can be tried by hand.
Its keys are made at start and gone at the end. It signs whatever it is asked to, so
it refuses to listen beyond loopback. It ends with Ctrl-C.

Examples:

  jwtverify mint --addr 127.0.0.1:9000 --audience orders-api
  JWT_KEYS=oidc:http://127.0.0.1:9000 JWT_AUDIENCE=orders-api ./service
  curl -X POST http://127.0.0.1:9000/token
  curl http://127.0.0.1:9000/token -d '{"sub":"user-1","ttl":"-1h"}'`

func runMint(ctx context.Context, e *Env, args []string) (int, error) {
	fs := flag.NewFlagSet("mint", flag.ContinueOnError)
	addr := fs.String("addr", "127.0.0.1:0", "the `HOST:PORT` to listen on, which must be on loopback")
	aud := fs.String("audience", "", "the `AUD` of tokens")
	alg := fs.String("alg", "ES256", "the `ALG` of its keys")
	asJSON := fs.Bool("json", false, "write what it is as JSON")
	rest, err := parse(e, fs, args, mintHelp)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, usagef("it takes no argument")
	}
	l, err := loopback.Listen(ctx, *addr)
	if err != nil {
		return 0, usageError{err}
	}
	defer l.Close()
	i, err := minting.New("http://"+l.Addr().String(), *aud, keys.Algorithm(*alg))
	if err != nil {
		return 0, usageError{err}
	}
	token, err := i.Token(minting.Request{}, time.Now())
	if err != nil {
		return 0, err
	}
	if *asJSON {
		err = e.writeJSON(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/jwks.json", "keys": "oidc:" + i.URL, "token": token})
	} else {
		_, err = fmt.Fprintf(e.Stdout, "%s\na token for an hour:\n%s\n", i.Usage(), token)
	}
	if err != nil {
		return 0, err
	}
	return Trusted, loopback.Serve(ctx, l, i)
}
