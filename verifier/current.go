package verifier

import (
	"context"
	"errors"
	"time"
)

// unwrapper is a Verifier that lets another one decide.
type unwrapper interface{ Unwrap() Verifier }

// rechecker is a Verifier that can say more about a token which was accepted
// before than whether its key is still there. It answers from memory: it is asked
// for every stream about once a second. An outage is not a reason.
//
// This is where revocation joins.
type rechecker interface {
	recheck(tok *Token) error
}

// errAsk says that a Router of Route has forgotten the verifier of a token.
var errAsk = errors.New("its verifier was forgotten")

// A current verifier is what decides today about a token that was accepted before.
type current struct {
	keyed *Keyed // nil if it is not known, so that the one that verified the token counts
	over  error  // why the token is no longer accepted; nil if it may be
	ask   *Router
	about string // the choice for which ask has to ask again
}

// currentOf looks through Routers, Vars and whatever else wraps a verifier. It
// waits for nothing.
func currentOf(v Verifier, tok *Token) (c current) {
	// Verifiers may be anybody's code, and this is the goroutine of a timer.
	defer func() {
		if recover() != nil {
			c = current{}
		}
	}()
	for range maxDepth {
		if r, ok := v.(rechecker); ok {
			if err := r.recheck(tok); err != nil {
				return current{over: err}
			}
		}
		switch of := v.(type) {
		case *Keyed:
			return current{keyed: of}
		case *Router:
			next, choice, err := of.current(tok)
			switch {
			case err == errAsk:
				return current{ask: of, about: choice}
			case err != nil:
				return current{over: err}
			}
			v = next
		case unwrapper:
			v = of.Unwrap()
		default:
			return current{}
		}
	}
	return current{}
}

// current returns the verifier for tok that is in memory, or nil if none is. An
// error other than errAsk means that the choice is no longer one of ours.
func (r *Router) current(tok *Token) (v Verifier, choice string, err error) {
	choice, err = r.chosen(tok.Set)
	switch {
	case err != nil || r.parser == nil:
		return nil, "", nil
	case r.tenants != nil:
		v, err = r.tenants.current(choice)
	case r.fixed[choice] != nil:
		return r.fixed[choice], choice, nil
	default:
		err = errNoVerifier
	}
	if err == errNoVerifier {
		err = invalid(nil, r.refusal(err, tok.Set, choice))
	}
	return v, choice, err
}

// current is find without asking. It does not count as use.
func (s *tenants) current(choice string) (Verifier, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.kept[choice]; t != nil {
		return t.v, nil
	}
	if t := s.trial[choice]; t != nil {
		return t.v, nil
	}
	if since, ok := s.refused.find(choice); ok && time.Since(since) < refusedFor {
		return nil, errNoVerifier
	}
	if _, ok := s.forgotten.find(choice); ok {
		return nil, errAsk
	}
	return nil, nil
}

// askAgain makes the answer for a choice that was forgotten known to current.
func (s *tenants) askAgain(choice string) {
	if u, err := s.find(context.Background(), choice); err == nil && u.onTrial {
		s.release(u.tenant)
	}
}
