package verifier

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/jws"
)

// ByIssuer hands each token to the verifier of the issuer that it names, so
// that every issuer has its own keys and rules. A token of any other issuer is
// refused before a key is looked up or a request made.
//
// Nothing but the choice rests on the still unverified "iss", and a token of
// another issuer is never returned. Tokens are read up to 16 KiB, or the
// largest WithMaxSize of the [Local] verifiers in vs. ByIssuer copies vs and
// panics on a nil verifier or an empty issuer.
func ByIssuer(vs map[string]Verifier) Verifier {
	b := &byIssuer{vs: maps.Clone(vs), parser: &jws.Parser{MaxSize: jws.DefaultMaxSize}}
	for iss, v := range vs {
		if absent.Is(v) || iss == "" {
			panic(fmt.Sprintf("verifier: ByIssuer: the issuer %q is empty or its verifier nil", iss))
		}
		if l, ok := v.(*Local); ok {
			b.parser.MaxSize = max(b.parser.MaxSize, l.parser.MaxSize)
		}
	}
	return b
}

type byIssuer struct {
	vs     map[string]Verifier
	parser *jws.Parser
}

func (b *byIssuer) Verify(ctx context.Context, raw string) (*Token, error) {
	iss, err := b.issuer(raw)
	if err != nil {
		return nil, err
	}
	tok, err := b.vs[iss].Verify(ctx, raw)
	switch {
	case err != nil:
		return nil, err
	case tok == nil || tok.Set == nil || tok.Issuer != iss:
		return nil, invalid(nil, &claims.Error{Claim: "iss", Err: claims.ErrMismatch})
	}
	return tok, nil
}

var errUnexpected = errors.New("no verifier is for it")

// issuer reads the issuer of raw, one that there is a verifier for.
func (b *byIssuer) issuer(raw string) (string, error) {
	msg, err := b.parser.Parse(raw)
	if err != nil {
		return "", invalid(ErrMalformed, err)
	}
	defer msg.Free()
	set, err := claims.Parse(msg.Payload)
	switch {
	case err != nil:
		return "", invalid(nil, err)
	case set.Issuer == "":
		return "", invalid(nil, &claims.Error{Claim: "iss", Err: claims.ErrMissing})
	case b.vs[set.Issuer] == nil:
		return "", invalid(nil, &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: %w", claims.ErrMismatch, errUnexpected)})
	}
	return set.Issuer, nil
}
