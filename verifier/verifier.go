package verifier

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/keys"
)

// A Verifier decides whether to trust a token, and tells whose it is. It
// returns a Token only with a nil error; [Classify] sorts the errors.
// Goroutines share a Verifier.
type Verifier interface {
	Verify(ctx context.Context, raw string) (*Token, error)
}

// Func is a function as a [Verifier].
type Func func(ctx context.Context, raw string) (*Token, error)

// Verify calls f.
func (f Func) Verify(ctx context.Context, raw string) (*Token, error) { return f(ctx, raw) }

// A Token is one that was verified; there are no others. It is read-only and
// may be shared. It does not hold the raw token.
type Token struct {
	*claims.Set
	Algorithm keys.Algorithm // as the token names it
	KeyID     string         // of the key that verified it; "" when it has none
	Type      string         // the "typ" of the token, as it was; "" when it has none
}

// A Local checks JWTs on this machine, with keys from a [keys.Provider].
// Goroutines share it.
type Local struct {
	keys   keys.Provider
	policy policy
	parser *jws.Parser
	cache  *cache // nil: none
	now    func() time.Time
	log    *slog.Logger // nil: none
}

var _ Verifier = (*Local)(nil)

// New returns a verifier with keys from p.
//
// Without options a token must have a subject and an expiry, its dates must
// hold with a leeway of 30 seconds, and it may name no issuer and no audience
// but the issuer that its key is bound to. Options that contradict each other
// or ask for nothing are all told in one error.
func New(p keys.Provider, opts ...Option) (*Local, error) {
	c, err := newConfig(p, opts)
	if err != nil {
		return nil, err
	}
	l := &Local{
		keys:   p,
		policy: c.policy(),
		parser: &jws.Parser{MaxSize: c.maxSize},
		now:    c.now,
		log:    c.log,
	}
	if c.cache > 0 {
		l.cache = newCache(c.cache)
	}
	return l, nil
}

// Verify decides as of now.
func (l *Local) Verify(ctx context.Context, raw string) (*Token, error) {
	return l.VerifyAt(ctx, raw, l.now())
}

// VerifyAt decides as of a time that the caller vouches for, such as when a
// background job was put into its queue: dates are compared with at, while the
// keys are those of today.
func (l *Local) VerifyAt(ctx context.Context, raw string, at time.Time) (*Token, error) {
	tok, err := l.verify(ctx, raw, at)
	if err != nil && l.log != nil {
		l.logRefusal(ctx, err)
	}
	return tok, err
}

func (l *Local) verify(ctx context.Context, raw string, at time.Time) (*Token, error) {
	if tok, err := l.recall(ctx, raw, at); tok != nil || err != nil {
		return tok, err
	}
	msg, err := l.parser.Parse(raw)
	if err != nil {
		return nil, invalid(ErrMalformed, err)
	}
	defer msg.Free()
	if err := l.policy.header(msg.Header); err != nil {
		return nil, err
	}
	key, err := l.authenticate(ctx, msg)
	if err != nil {
		return nil, err
	}
	l.parser.Remember(msg)

	tok := newToken(msg, key)
	if err := claims.ParseInto(tok.Set, msg.Payload); err != nil {
		return nil, invalid(nil, err)
	}
	l.remember(raw, tok, key)
	if err := l.policy.claims(ctx, tok.Set, key, at); err != nil {
		return nil, err
	}
	return tok, nil
}

// newToken allocates a token and its still empty claims at once.
func newToken(msg *jws.Message, key *keys.Key) *Token {
	t := new(struct {
		Token
		claims claims.Set
	})
	t.Token = Token{
		Set:       &t.claims,
		Algorithm: keys.Algorithm(msg.Algorithm),
		KeyID:     key.ID(),
		Type:      msg.Type,
	}
	return &t.Token
}

// maxCandidates is the number of keys that are tried for one token.
const maxCandidates = 4

// authenticate returns the key that verifies msg. When those found do not, the
// provider is asked once to look again: the key may have been replaced.
func (l *Local) authenticate(ctx context.Context, msg *jws.Message) (*keys.Key, error) {
	hint := hintOf(msg.Header)
	var tried candidates
	for {
		found, err := l.keys.Find(ctx, hint)
		if err != nil {
			return nil, undecided(err)
		}
		try, err := choose(hint, found)
		if err != nil && !hint.Retry {
			return nil, err
		}
		for _, k := range try.keys[:try.n] {
			if tried.has(k) {
				continue
			}
			if k.Verify(msg.Signed, msg.Signature) == nil {
				return k, nil
			}
		}
		if hint.Retry {
			return nil, invalid(ErrSignature, nil)
		}
		tried, hint.Retry = try, true
	}
}

// candidates are the keys to try for one token.
type candidates struct {
	keys [maxCandidates]*keys.Key
	n    int
}

func (c *candidates) has(k *keys.Key) bool {
	for _, other := range c.keys[:c.n] {
		if k.Equal(other) {
			return true
		}
	}
	return false
}

// choose takes those of found that fit, whatever the provider was thinking.
func choose(hint keys.Hint, found []*keys.Key) (c candidates, err error) {
	var other *keys.Key // fits but for the algorithm
	for _, k := range found {
		switch {
		case hint.Fits(k):
			if c.has(k) {
				continue
			}
			if c.n == maxCandidates {
				return candidates{}, invalid(ErrUnknownKey, fmt.Errorf("more than %d keys fit it; give the keys IDs, and the tokens a kid", maxCandidates))
			}
			c.keys[c.n] = k
			c.n++
		case k != nil && (keys.Hint{KeyID: hint.KeyID, Algorithm: k.Algorithm()}).Fits(k):
			other = k
		}
	}
	switch {
	case c.n > 0:
		return c, nil
	case other != nil:
		return c, invalid(ErrAlgorithm, saying{"the token says ", string(hint.Algorithm), ", its key is for " + string(other.Algorithm())})
	case hint.KeyID == "":
		return c, invalid(ErrUnknownKey, saying{"the token has no kid, and no key is for ", string(hint.Algorithm), ""})
	}
	return c, invalid(ErrUnknownKey, saying{"no key has the ID ", hint.KeyID, ""})
}

func (l *Local) logRefusal(ctx context.Context, err error) {
	level := slog.LevelInfo
	if Classify(err) == Undecided {
		level = slog.LevelWarn
	}
	l.log.Log(ctx, level, "token not accepted", "verdict", Classify(err).String(), "reason", Reason(err), "error", err)
}
