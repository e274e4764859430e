package verifier

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
	"github.com/jwtverify/jwtverify/keys"
)

// A Verifier decides whether to trust a token, and reports whose it is. It
// returns a Token only with a nil error; [Classify] sorts the errors.
// Goroutines share a Verifier.
type Verifier interface {
	Verify(ctx context.Context, raw string) (*Token, error)
}

// Func is a function as a [Verifier].
type Func func(ctx context.Context, raw string) (*Token, error)

// Verify calls f.
func (f Func) Verify(ctx context.Context, raw string) (*Token, error) { return f(ctx, raw) }

// A Token is what a verified token says. Only a [Verifier] makes one. It is
// read-only, belongs to the caller, and does not hold the raw token.
type Token struct {
	*claims.Set
	Algorithm keys.Algorithm // as the token names it
	KeyID     string         // of the key that verified it; "" when it has none
	Type      string         // the "typ" of the token, as it was; "" when it has none
}

// A Local verifies JWTs on this machine, with keys from a [keys.Provider].
// Goroutines share it. Make one with [New]; the zero Local cannot verify.
type Local struct {
	keys   keys.Provider
	policy policy
	parser *jws.Parser
	cache  *cache // nil: none
	now    func() time.Time
	log    *slog.Logger // nil: none
}

var _ Verifier = (*Local)(nil)

// New returns a verifier with keys from p. It asks p for nothing yet.
//
// Without options a token must have a subject and an expiry, its dates must
// hold with a leeway of 30 seconds, and it may name no issuer and no audience
// but the issuer that its key is bound to; see the package's rules. Options that
// are wrong or contradict each other are all reported in one error. A nil p is
// one.
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

// Verify decides whether to trust raw, a signed JWT in compact form without
// anything around it, as of now.
//
// It returns the Token with a nil error, or no Token and an error that wraps
// [ErrInvalidToken] (do not trust it), [claims.ErrInsufficientScope] (good, but
// not allowed here) or [ErrUnavailable] (not decided; the cause is wrapped too).
// The context bounds the lookup of the key and is given to validators; ended, it
// is an outage and not a verdict. A token whose key is at hand costs its
// signature and about a microsecond.
func (l *Local) Verify(ctx context.Context, raw string) (*Token, error) {
	return l.VerifyAt(ctx, raw, l.now())
}

// VerifyAt is [Local.Verify] as of a time that the caller vouches for, such as
// when a background job was put into its queue. Dates are compared with at,
// while the keys are those of today: a key that has left the set since is
// [ErrUnknownKey].
//
// As of the zero time no token has expired, so it is taken for unset: the answer
// is [ErrNoTime].
func (l *Local) VerifyAt(ctx context.Context, raw string, at time.Time) (*Token, error) {
	tok, err := l.verify(ctx, raw, at)
	if err != nil && l.log != nil {
		l.logRefusal(ctx, err)
	}
	return tok, err
}

func (l *Local) verify(ctx context.Context, raw string, at time.Time) (*Token, error) {
	if at.IsZero() {
		return nil, &failure{ErrUnavailable, ErrNoTime, nil, nil}
	}
	if tok, err := l.lookup(ctx, raw, at); tok != nil || err != nil {
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
	// Before the signature, the claims only help to choose the key.
	tok := newToken(msg)
	unreadable := l.policy.read(tok.Set, msg.Payload)
	hint := hintOf(msg.Header, tok.Issuer)
	key, err := l.authenticate(ctx, msg, hint)
	if err != nil {
		return nil, err
	}
	l.parser.Remember(msg)
	if unreadable != nil {
		return nil, invalid(nil, unreadable)
	}
	tok.KeyID = key.ID()
	l.store(raw, tok, key, hint)
	if err := l.policy.claims(ctx, tok.Set, key, at); err != nil {
		return nil, err
	}
	return tok, nil
}

func hintOf(h jws.Header, issuer string) keys.Hint {
	return keys.Hint{KeyID: h.KeyID, Algorithm: keys.Algorithm(h.Algorithm), Issuer: issuer}
}

// newToken is a token with what its header says, and no claims yet.
func newToken(msg *jws.Message) *Token {
	t := allocate()
	t.Algorithm, t.Type = keys.Algorithm(msg.Algorithm), msg.Type
	return t
}

// allocate makes a token and its claims together.
func allocate() *Token {
	t := new(struct {
		Token
		claims claims.Set
	})
	t.Set = &t.claims
	return &t.Token
}

// maxCandidates is the number of keys that are tried for one token.
const maxCandidates = signature.MaxCandidates // rule 5

// authenticate returns the key that verifies msg. When those found do not, the
// provider is asked once to look again: the key may have been replaced.
func (l *Local) authenticate(ctx context.Context, msg *jws.Message, hint keys.Hint) (*keys.Key, error) {
	var tried candidates
	for {
		found, err := l.keys.Find(ctx, hint)
		if err != nil {
			return nil, undecided(err)
		}
		try, err := l.candidatesFor(hint, found)
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
			return signedForAnother(msg, hint, found, try)
		}
		tried, hint.Retry = try, true
	}
}

// signedForAnother returns a key of found that verifies msg and is bound to
// another issuer than msg names, after those of try have not verified it. Its
// token is refused all the same, but for that reason.
func signedForAnother(msg *jws.Message, hint keys.Hint, found []*keys.Key, try candidates) (*keys.Key, error) {
	issuer := hint.Issuer
	hint.Issuer = ""
	others, _ := fitting(hint, slices.DeleteFunc(slices.Clone(found), func(k *keys.Key) bool { return k == nil || k.VouchesFor(issuer) }))
	for _, k := range others.keys[:others.n] {
		if k.Verify(msg.Signed, msg.Signature) == nil {
			return k, nil
		}
	}
	return nil, invalid(ErrSignature, notSignedWith(try))
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

// candidatesFor takes the keys of found that fit, regardless of what the provider was
// asked for.
func (l *Local) candidatesFor(hint keys.Hint, found []*keys.Key) (c candidates, err error) {
	c, tooMany := fitting(hint, found)
	if c.n == 0 && hint.Issuer != "" {
		// Keys that are bound to another issuer make the refusal say so.
		unbound := hint
		unbound.Issuer = ""
		c, tooMany = fitting(unbound, found)
	}
	switch {
	case tooMany:
		return candidates{}, tooManyKeys(hint)
	case c.n == 0:
		return c, l.noKey(hint, found)
	}
	return c, nil
}

// tooManyKeys is for a token that more keys fit than are tried.
func tooManyKeys(hint keys.Hint) error {
	if hint.KeyID == "" {
		return invalid(ErrUnknownKey, fmt.Errorf("more than %d keys fit a token without a kid; give the keys IDs, and the tokens a kid", maxCandidates))
	}
	return invalid(ErrUnknownKey, fmt.Errorf("more than %d keys fit it, for they have no ID; give them the IDs that tokens name, "+
		"in a JWK Set or, where a kid is a thumbprint, with keys.WithThumbprintIDs", maxCandidates))
}

func fitting(hint keys.Hint, found []*keys.Key) (c candidates, tooMany bool) {
	for _, k := range found {
		switch {
		case !hint.Fits(k) || c.has(k):
		case c.n == maxCandidates:
			return c, true
		default:
			c.keys[c.n] = k
			c.n++
		}
	}
	return c, false
}

// noKey says why none of found fits.
func (l *Local) noKey(hint keys.Hint, found []*keys.Key) error {
	for _, k := range found {
		if k != nil && (keys.Hint{KeyID: hint.KeyID, Algorithm: k.Algorithm()}).Fits(k) {
			return invalid(ErrAlgorithm, detail{"the token says ", string(hint.Algorithm), ", its key is for " + string(k.Algorithm())})
		}
	}
	if err := l.foreign(hint.Issuer); err != nil { // RFC 8725 §3.8
		return invalid(nil, err)
	}
	return invalid(ErrUnknownKey, &unknownKey{l.keys, hint})
}

// foreign is the error for a token of an issuer that no key can ever be of, as
// far as the provider is known to be bound; nil when some may be.
func (l *Local) foreign(issuer string) error {
	bound := keys.BoundTo(l.keys)
	if issuer == "" || bound == nil || slices.Contains(bound, issuer) {
		return nil
	}
	return ofAnother(issuer, bound...)
}

// An unknownKey is worded only when somebody reads it: looking for a key that is
// published and not used costs more than the refusal.
type unknownKey struct {
	keys keys.Provider
	hint keys.Hint
}

func (u *unknownKey) Error() string {
	if u.hint.KeyID == "" {
		return "the token has no kid, and no key is for " + message.Quote(string(u.hint.Algorithm))
	}
	if reason, ok := keys.Unused(u.keys, u.hint.KeyID); ok {
		return "the key with the ID " + message.Quote(u.hint.KeyID) + " is published but not used: " + reason
	}
	return "no key has the ID " + message.Quote(u.hint.KeyID)
}

func (l *Local) logRefusal(ctx context.Context, err error) {
	level := slog.LevelInfo
	if Classify(err) == Undecided {
		level = slog.LevelWarn
	}
	attrs := []any{"verdict", Classify(err).String(), "reason", Reason(err), "error", err}
	if set, ok := RefusedClaims(err); ok {
		for _, c := range [...]struct{ name, value string }{{"iss", set.Issuer}, {"sub", set.Subject}, {"jti", set.ID}} {
			if c.value != "" {
				attrs = append(attrs, c.name, message.Plain(c.value))
			}
		}
	}
	l.log.Log(ctx, level, "token not accepted", attrs...)
}
