package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
)

// A request is a token on its way to the verifier that decides.
type request struct {
	raw   string
	at    time.Time
	now   bool // as of now, by the clock of the verifier that decides; at is not set
	set   *claims.Set
	read  reading // zero if that verifier has to read the token itself
	depth int     // the number of verifiers that handed it on
}

// maxDepth bounds how deep Routers and Vars are nested. Only those that contain
// themselves get there.
const maxDepth = 16

var errDepth = fmt.Errorf("more than %d Routers and Vars are nested; does one contain itself?", maxDepth)

var errZeroRouter = errors.New("this Router was not made by Route or ByIssuer")

// verify reads the token and hands it on.
func (r *Router) verify(ctx context.Context, q request, seen *sighting) (*Token, error) {
	seen.start(r.observer)
	tok, err := r.route(ctx, q, seen)
	if err != nil {
		seen.refusedBy(r)
	}
	return tok, err
}

func (r *Router) route(ctx context.Context, q request, seen *sighting) (*Token, error) {
	switch {
	case !q.now && q.at.IsZero():
		return nil, &failure{ErrUnavailable, ErrNoTime, nil, nil}
	case r.parser == nil:
		return nil, undecided(errZeroRouter)
	}
	if q.read.msg != nil && len(q.raw) <= r.parser.MaxSize {
		return r.handOn(ctx, q, seen) // the Router around this one has read it
	}
	msg, padded, err := r.parse(q.raw)
	if err != nil {
		return nil, misshapen(err)
	}
	defer msg.Free()
	seen.read(msg.Header)
	if err := q.readClaims(msg, padded); err != nil {
		return nil, err
	}
	tok, err := r.handOn(ctx, q, seen)
	if err == nil && !padded {
		r.parser.Remember(msg) // rule 10: of verified tokens only
	}
	return tok, err
}

// parse takes a token apart, also one with padding: the verifier that it chooses
// may have been made with WithPaddedBase64. If it was not, it refuses the token,
// which it has to read itself.
func (r *Router) parse(raw string) (msg *jws.Message, padded bool, err error) {
	if msg, err = r.parser.Parse(raw); err == jws.ErrPadding {
		lenient := jws.Parser{MaxSize: r.parser.MaxSize, Padded: true}
		if msg, err = lenient.Parse(raw); err != nil {
			err = jws.ErrPadding
		}
		return msg, true, err
	}
	return msg, false, err
}

// readClaims reads what the choice depends on.
func (q *request) readClaims(msg *jws.Message, padded bool) error {
	tok := newToken(msg)
	if q.set = tok.Set; !padded {
		q.read = reading{msg, tok}
	}
	err := claims.ParseInto(q.set, msg.Payload)
	if err == nil {
		return nil
	}
	// The verifier may have been made with WithIntegerSubject. Whether it was is
	// for it to say, so it reads the token itself.
	q.read = reading{}
	if claims.ParseInto(q.set, msg.Payload, claims.IntegerSubject) != nil {
		return invalid(nil, err)
	}
	return nil
}

// maxTries is how often a token is handed on again because its verifier was
// forgotten meanwhile.
const maxTries = 4

var errForgotten = errors.New("its verifier was forgotten while it was in use")

// handOn lets the verifier decide that the claims choose. The claims have been
// read.
func (r *Router) handOn(ctx context.Context, q request, seen *sighting) (*Token, error) {
	choice, err := r.choose(q.set)
	if err != nil {
		return nil, err
	}
	if r.fixed != nil {
		v := r.fixed[choice]
		if v == nil {
			return nil, invalid(nil, r.refusal(errNoVerifier, q.set, choice))
		}
		return r.decide(ctx, q, seen, v, choice)
	}
	for range maxTries {
		if tok, again, err := r.handOnOnce(ctx, q, seen, choice); !again {
			return tok, err
		}
		q.read = reading{} // the verifier that was forgotten has changed it
	}
	return nil, undecided(errForgotten)
}

// handOnOnce is handOn for a verifier that comes from to. again says that this
// verifier was forgotten meanwhile, so that another must decide.
func (r *Router) handOnOnce(ctx context.Context, q request, seen *sighting, choice string) (tok *Token, again bool, err error) {
	u, err := r.tenants.find(ctx, choice)
	if err != nil {
		return nil, err == errForgotten, r.unfound(err, q.set, choice)
	}
	if u.onTrial {
		// Deferred, so that a verifier that panics does not count as in use for ever.
		defer r.tenants.release(u.tenant)
	}
	if tok, err = r.decide(ctx, q, seen, u.v, choice); err != nil {
		return nil, false, err
	}
	if !r.tenants.accept(u) {
		return nil, true, nil
	}
	return tok, false, nil
}

// decide lets v decide, and refuses a token that chooses another verifier. v may
// be anybody's code: it must not get a token past the rules of another this way.
func (r *Router) decide(ctx context.Context, q request, seen *sighting, v Verifier, choice string) (*Token, error) {
	tok, err := q.verify(ctx, seen, v)
	if err != nil {
		seen.passOn(r)
		return nil, err
	}
	if tok == nil || tok.Set == nil {
		return nil, invalid(nil, r.refusal(errNoToken, q.set, choice))
	}
	verified, err := r.chosen(tok.Set)
	switch {
	case err != nil:
		return nil, err
	case verified != choice:
		return nil, invalid(nil, r.refusal(errOther, q.set, choice))
	}
	return tok, nil
}

// verify hands the token to v, and what was read of it if v can use that.
func (q request) verify(ctx context.Context, seen *sighting, v Verifier) (*Token, error) {
	q.depth++
	if q.depth > maxDepth {
		seen.abandon()
		return nil, undecided(errDepth)
	}
	switch v := v.(type) {
	case *Keyed:
		if q.now {
			q.at = v.now()
		}
		return v.verifyRead(ctx, q.raw, q.at, q.read, seen)
	case *Router:
		return v.verify(ctx, q, seen)
	case *Var:
		return v.verify(ctx, q, seen)
	}
	seen.decidedBy(nil, nil) // an Event is its own business
	if q.now {
		return v.Verify(ctx, q.raw)
	}
	return VerifyAt(ctx, v, q.raw, q.at)
}
