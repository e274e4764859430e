package verifier

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A Verifier decides whether to trust a token. Verify returns either a Token and
// a nil error, or no Token and an error that [Classify] sorts. Goroutines share a
// Verifier.
//
// [New] makes one for JWTs, [ByIssuer] and [Route] one for several issuers or
// tenants. Anything else that can vouch for a token, such as an introspection
// endpoint (RFC 7662), is one with a [Func]. See [Classify] for what its errors
// should wrap, and [VerifyAt] and [Explain] for what else it may be able to do.
type Verifier interface {
	Verify(ctx context.Context, raw string) (*Token, error)
}

// Func is an adapter that makes a function a [Verifier].
type Func func(ctx context.Context, raw string) (*Token, error)

// Verify calls f.
func (f Func) Verify(ctx context.Context, raw string) (*Token, error) { return f(ctx, raw) }

// A Token holds what a verified token says. Only a [Verifier] makes one. It
// belongs to the caller and does not hold the raw token. Package fmt and log/slog
// print of it what [Token.LogValue] returns. Treat it as read-only
// once goroutines share it.
type Token struct {
	*claims.Set                // never nil
	Algorithm   keys.Algorithm // as the token names it
	KeyID       string         // of the key that verified it; "" if that has none
	Type        string         // "typ" as the token writes it; "" if it has none

	origin *origin // for a [Watcher]; nil if no Keyed has made it
}

// Keyed is the [Verifier] for JWTs: it checks them in this process, with keys from a
// [keys.Provider]. Goroutines share a Keyed. Make one with [New]; the zero Keyed
// cannot verify.
type Keyed struct {
	keys   keys.Provider
	policy policy
	parser *jws.Parser
	cache  *cache // nil without WithCache
	now    func() time.Time
	log    *slog.Logger // nil without WithLogger
	about  Policy       // for Policy: what does not change

	origins  *origins
	observer *observer // nil without WithObserver

	candidate *candidate // nil without WithCandidate
}

var _ Verifier = (*Keyed)(nil)

// New returns a verifier with keys from p. It does not ask p for a key yet, so it
// succeeds while the issuer is down.
//
// Without options a token may have any algorithm of [keys.Algorithms] that its key
// has, and at most 16 KiB. It must have a subject and an expiry, its dates must hold
// with a leeway of 30 seconds, and it must not name an issuer or an audience, except
// the issuer that its key is bound to. The rules of this package say the rest. Most
// programs pass [WithIssuer] and [WithAudience].
//
// New reports every invalid argument in one error: a nil provider or option, an
// empty value, options that contradict each other.
func New(p keys.Provider, opts ...Option) (*Keyed, error) {
	c, err := newConfig(p, opts)
	if err != nil {
		return nil, err
	}
	v := &Keyed{
		keys:   p,
		policy: c.policy(),
		parser: &jws.Parser{MaxSize: c.maxSize, Padded: c.padded},
		now:    c.now,
		log:    c.log,

		origins:  new(origins),
		observer: c.observer,
	}
	v.about = c.about(&v.policy)
	v.candidate = c.candidateFor(v)
	if c.cache > 0 {
		v.cache = newCache(c.cache)
	}
	return v, nil
}

// Verify decides whether to trust raw as of now. It takes a signed JWT in compact
// form (RFC 7515 §7.1), without "Bearer" or anything else around it.
//
// On success it returns the Token and a nil error: the signature verifies with a
// key of the provider, and the claims keep every rule and option. Otherwise the
// Token is nil, and the error has one of three meanings, which [Classify] returns:
//
//   - [ErrInvalidToken]: do not trust the token. A narrower error says why, such
//     as [ErrSignature] or [claims.ErrExpired].
//   - [claims.ErrInsufficientScope]: the token is valid but does not allow this.
//   - [ErrUnavailable]: nothing could be decided, since the keys or what a
//     validator depends on could not be reached. The cause is wrapped.
//
// ctx bounds the lookup of the key, which may wait for a fetch, and is passed to
// validators. A context that ends is an outage and not a verdict on the token.
//
// If the key is at hand, Verify costs the signature check, about a microsecond
// and two allocations. It needs no network then.
func (v *Keyed) Verify(ctx context.Context, raw string) (*Token, error) {
	return v.VerifyAt(ctx, raw, v.now())
}

// VerifyAt is like [Keyed.Verify], but as of a time that the caller vouches for,
// such as the time when a background job was enqueued. It takes the time from the
// caller's own records, never from the token.
//
// Only dates are compared with at. The keys are those of today: a token whose key
// has left the set since fails with [ErrUnknownKey]. Where jobs wait longer than
// the issuer keeps its old keys, verify when the job is enqueued.
//
// The zero time counts as unset, since no token has expired as of it. The error
// then wraps [ErrNoTime] and [ErrUnavailable].
func (v *Keyed) VerifyAt(ctx context.Context, raw string, at time.Time) (*Token, error) {
	if v.observer == nil {
		return v.verifyRead(ctx, raw, at, reading{}, nil)
	}
	var seen sighting
	tok, err := v.verifyRead(ctx, raw, at, reading{}, &seen)
	seen.report(ctx, err)
	return tok, err
}

// verifyRead is VerifyAt for a token that a [Router] has read. It leaves the Event to
// whoever made seen, which is nil if nobody observes: its methods do nothing then.
func (v *Keyed) verifyRead(ctx context.Context, raw string, at time.Time, read reading, seen *sighting) (*Token, error) {
	if v.candidate != nil && seen == nil {
		seen = new(sighting)
	} else {
		seen.decidedBy(v.observer, v.log)
	}
	tok, err := v.verify(ctx, raw, at, read, seen)
	if err != nil && v.log != nil {
		v.logRefusal(ctx, err)
	}
	if v.candidate != nil && (err != nil || !v.candidate.agrees(ctx, raw, at, tok.Set, seen)) {
		v.candidate.compare(ctx, tried{v, raw, at, err}, seen)
	}
	return tok, err
}

// A reading is what a [Router] has read of a token before it came to a Keyed. The
// zero reading is that of a token which nobody has read yet. Only what is read as
// strictly as any Keyed would do it may be in one, except for the size. A Keyed that
// takes padding reads the token itself, since a Router around it does not.
type reading struct {
	msg *jws.Message
	tok *Token // holds the claims of msg, which are not verified
}

func (v *Keyed) verify(ctx context.Context, raw string, at time.Time, read reading, seen *sighting) (*Token, error) {
	if at.IsZero() {
		return nil, &failure{ErrUnavailable, ErrNoTime, nil, nil}
	}
	if tok, err := v.cached(ctx, raw, at, seen); tok != nil || err != nil { // rule 10; neither without WithCache
		return tok, err
	}
	msg, tok, accepted := read.msg, read.tok, false
	if msg == nil || len(raw) > v.parser.MaxSize || v.parser.Padded {
		var err error
		if msg, err = v.parser.Parse(raw); err != nil { // rules 1, 2 and 3
			return nil, misshapen(err)
		}
		defer msg.Free()
		tok, accepted = nil, msg.Remembered() // this parser remembers only headers that v has accepted
	}
	seen.read(msg.Header)
	if !accepted {
		if err := v.policy.checkHeader(msg.Header); err != nil { // rules 3 and 4: an expected algorithm and type
			return nil, err
		}
	}
	// Until the signature is verified, the claims only help to choose the key.
	// That they cannot be read is therefore reported later: a forged token must
	// not learn more than that it is forged.
	var unreadable error
	if tok == nil {
		tok = newToken(msg)
		unreadable = v.policy.read(tok.Set, msg.Payload) // rule 2
	}
	hint := hintOf(msg.Header, tok.Issuer)
	key, err := v.authenticate(ctx, msg, hint) // rules 5 and 6
	if err != nil {
		return nil, err
	}
	v.parser.Remember(msg) // rule 10
	if unreadable != nil {
		seen.signed(key, nil)
		return nil, invalid(nil, unreadable)
	}
	seen.signed(key, tok.Set)
	tok.KeyID, tok.origin = key.ID(), v.origins.of(v, key, hint.KeyID)
	head, err := v.header(msg)
	if err != nil {
		return nil, refused(err, tok.Set)
	}
	v.store(raw, tok, head, key, hint)                                        // nothing without WithCache; else only that the signature is good (rule 10)
	if err := v.policy.checkClaims(ctx, tok.Set, head, key, at); err != nil { // rules 7, 8 and 9: dates, issuer and audience, possession
		return nil, err
	}
	return tok, nil
}

func hintOf(h jws.Header, issuer string) keys.Hint {
	return keys.Hint{KeyID: h.KeyID, Algorithm: keys.Algorithm(h.Algorithm), Issuer: issuer}
}

// newToken returns a token with what its header says, and no claims yet. It and
// its claims are one allocation.
func newToken(msg *jws.Message) *Token {
	t := new(struct {
		Token
		claims claims.Set
	})
	t.Set = &t.claims
	t.Algorithm, t.Type = keys.Algorithm(msg.Algorithm), msg.Type
	return &t.Token
}

// header reads the header of msg, whose signature verified, for the validators of
// WithHeader. It returns nil without them.
func (v *Keyed) header(msg *jws.Message) (*claims.Set, error) {
	if len(v.policy.head) == 0 {
		return nil, nil
	}
	head, err := claims.Parse([]byte(v.parser.HeaderText(msg)))
	if err != nil {
		return nil, &headerError{err}
	}
	return head, nil
}

// An origin is what a Token remembers of its verification: by whom and with which
// key. It is shared by the tokens of one key, so that it costs them no allocation.
type origin struct {
	by  *Keyed
	key *keys.Key
	kid string // as the tokens write it; "" if they have none
}

// origins are the last ones in use.
type origins struct {
	slots [8]atomic.Pointer[origin]
	next  atomic.Uint32
}

// of returns the origin of a token that key has verified.
func (o *origins) of(by *Keyed, key *keys.Key, kid string) *origin {
	for i := range o.slots {
		if s := o.slots[i].Load(); s != nil && s.key == key && s.kid == kid {
			return s
		}
	}
	s := &origin{by, key, strings.Clone(kid)} // kid is part of a token
	o.slots[o.next.Add(1)%uint32(len(o.slots))].Store(s)
	return s
}

// hint returns the hint that finds the key of tok again.
func (o *origin) hint(tok *Token) keys.Hint {
	return keys.Hint{KeyID: o.kid, Algorithm: tok.Algorithm, Issuer: tok.Issuer}
}

// logRefusal logs one line. It names the claims that tell whose token it was, but
// only if the signature verified: others would be an attacker's choice.
func (v *Keyed) logRefusal(ctx context.Context, err error) {
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
	v.log.Log(ctx, level, "token not accepted", attrs...)
}
