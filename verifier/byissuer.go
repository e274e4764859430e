package verifier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
)

// ByIssuer returns a verifier that hands each token to the verifier of the issuer
// that the token names, so that every issuer has its own keys and rules. vs maps
// the exact "iss" to its verifier. A token of any other issuer is refused before a
// key is looked up or a request made; with an empty map, that is every token.
//
// Only the choice of the verifier rests on the "iss" that is not verified yet: a
// Token that names another issuer is never returned.
//
// To read "iss", ByIssuer parses tokens of up to 16 KiB, or up to the largest
// [WithMaxSize] of the [Keyed] verifiers in vs. It copies vs. It panics on a nil
// verifier and on an empty issuer.
func ByIssuer(vs map[string]Verifier) Verifier {
	b := &byIssuer{vs: maps.Clone(vs), parser: &jws.Parser{MaxSize: jws.DefaultMaxSize}}
	var errs []error
	for _, iss := range slices.Sorted(maps.Keys(vs)) {
		switch v, ok := vs[iss].(*Keyed); {
		case iss == "":
			errs = append(errs, errors.New("an issuer is empty"))
		case absent.Is(vs[iss]):
			errs = append(errs, fmt.Errorf("the verifier for %s is nil", message.Quote(iss)))
		case ok:
			b.parser.MaxSize = max(b.parser.MaxSize, v.parser.MaxSize)
		}
	}
	if err := message.Join("verifier: ByIssuer: ", errs...); err != nil {
		panic(err.Error())
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
		// The verifier may be anybody's code. A token of another issuer must not
		// get past its rules this way.
		return nil, invalid(nil, &claims.Error{Claim: "iss", Err: claims.ErrMismatch})
	}
	return tok, nil
}

var errNoVerifier = errors.New("it has no verifier")

// issuer returns the issuer that raw names, if it has a verifier.
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
		return "", invalid(nil, &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: %w", claims.ErrMismatch, errNoVerifier)})
	}
	return set.Issuer, nil
}
