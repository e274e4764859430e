package verifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A Watcher ends the contexts of streams together with their tokens: Server-Sent
// Events, WebSockets, long polls and whatever else outlives the moment at which a
// token was verified. Make one with [NewWatcher] for each verifier and keep it; the
// zero Watcher ends every context at once. Goroutines share a Watcher.
//
// It has no goroutine for a stream, and nothing to close: one timer runs as long as
// there are streams, and looks at all of them about once a second, which takes a
// millisecond for 10,000. A stream takes about 100 bytes besides its context.
type Watcher struct {
	v Verifier

	mu      sync.Mutex
	streams []*stream
	watched map[watchedID][]*watched
	timer   *time.Timer
	armed   bool // the timer runs, or look does
	round   uint64
	asking  map[forgotten]bool // the choices that a Router is asked about
	list    []*stream          // of look, to be used again
}

// A stream is one context that ends with its token.
type stream struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	tok    *Token
	key    *watched  // nil if nobody knows its key
	end    time.Time // by both clocks; zero: the token does not expire
	place  int       // in streams; negative: it is there no more
}

// A forgotten choice is that of a Router.
type forgotten struct {
	by     *Router
	choice string
}

// lookEvery leaves a fifth of the second after which streams have ended to busy
// machines.
const lookEvery = 800 * time.Millisecond

// NewWatcher returns a Watcher for the tokens that v accepts. It looks through
// [Router] and [Var], an Issuer of package issuers and a Verifier of your own that
// has a method Unwrap() Verifier, so that it follows as they change. It panics if v
// is nil.
func NewWatcher(v Verifier) *Watcher {
	if absent.Is(v) {
		panic("verifier: NewWatcher: the verifier is nil")
	}
	return &Watcher{v: v}
}

var (
	errNoWatcher = errors.New("the Watcher is nil or zero; make it with NewWatcher")
	errNothing   = errors.New("there is no token to watch")
	errExpired   = fmt.Errorf("%w while the stream was open", claims.ErrExpired)
	errRemoved   = errors.New("the key that signed it was removed")
)

// Watch returns a copy of ctx that ends at most a second after tok is no longer
// good. context.Cause then returns why, an error for [Classify] and [Reason]:
//
//   - expired: its "exp" and the leeway have passed, by the time of day, which goes
//     on while the machine sleeps, or by the monotonic clock, which nobody sets
//     back. The clock and the leeway are those of the verifier.
//   - unknown_key: the key that verified it was removed ([ErrUnknownKey]). For keys
//     of a remote set, that is when a refresh no longer finds the key.
//   - iss_mismatch or claim_mismatch: a [Router] no longer has a verifier for it.
//   - unavailable: nobody can say any longer whether the key is still there
//     ([ErrUnavailable]).
//
// An outage of the keys ends no stream as long as the last good set may be used
// (keys.WithMaxStale). After that their tokens are not accepted, and streams end
// too. For a provider of your own, that is one hour after it last had the key.
//
// The provider is asked about once a second for each key, whatever the number of
// streams, and from memory if it is one of package keys. Other checks are not
// repeated, such as [WithClaims]. Of a token that no [Keyed] has made, such as one
// from a [Func], only "exp" counts, with a leeway of 30 seconds.
//
// Call stop when the stream is over, as for context.WithCancel; the cause is then
// context.Canceled. If only ctx ends, the Watcher forgets the stream within a
// second. A nil token ends the context at once.
func (w *Watcher) Watch(ctx context.Context, tok *Token) (watched context.Context, stop context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	switch {
	case w == nil || w.v == nil:
		cancel(undecided(errNoWatcher))
		return ctx, func() {}
	case tok == nil || tok.Set == nil:
		cancel(invalid(nil, errNothing))
		return ctx, func() {}
	}
	s := &stream{ctx: ctx, cancel: cancel, tok: tok}
	keyed := currentOf(w.v, tok).keyed
	if keyed == nil && tok.origin != nil {
		keyed = tok.origin.by
	}
	now := nowOf(keyed)
	s.end = endOf(keyed, tok, now)
	if err := s.expired(now); err != nil {
		cancel(err)
		return ctx, func() {}
	}
	w.add(s, keyed, now)
	return ctx, func() { w.drop(s, nil) }
}

// nowOf returns the time of the verifier, which may be nil.
func nowOf(k *Keyed) time.Time {
	if k == nil {
		return time.Now()
	}
	return k.now()
}

// endOf returns when tok is over, on both clocks of now.
func endOf(k *Keyed, tok *Token, now time.Time) time.Time {
	leeway := defaultLeeway
	if k != nil {
		leeway = k.policy.leeway
	}
	if tok.Expiry.IsZero() && !tok.Has("exp") {
		return time.Time{}
	}
	return now.Add(tok.Expiry.Add(leeway).Sub(now.Round(0)))
}

// expired returns the error for a stream whose token has expired, or nil.
func (s *stream) expired(now time.Time) error {
	if s.end.IsZero() || !refresh.Reached(now, s.end) {
		return nil
	}
	return refused(&claims.Error{Claim: "exp", Err: errExpired}, s.tok.Set)
}

func (w *Watcher) add(s *stream, keyed *Keyed, now time.Time) {
	has := inMemory(keyed, s.tok) // now, since the key may be too old at the first look
	w.mu.Lock()
	defer w.mu.Unlock()
	s.key = w.watchedOf(keyed, s.tok, now, w.round, has)
	s.place = len(w.streams)
	w.streams = append(w.streams, s)
	if w.armed {
		return
	}
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(lookEvery, w.look)
	} else {
		w.timer.Reset(lookEvery)
	}
}

// drop ends s for the reason why, or for none if its handler has stopped it.
func (w *Watcher) drop(s *stream, why error) {
	w.mu.Lock()
	w.remove(s)
	w.mu.Unlock()
	s.cancel(why)
}

// remove takes s out, under the lock.
func (w *Watcher) remove(s *stream) {
	if s.place < 0 {
		return
	}
	last := len(w.streams) - 1
	w.streams[s.place] = w.streams[last]
	w.streams[s.place].place = s.place
	w.streams[last] = nil
	w.streams = w.streams[:last]
	s.place = -1
}

// look ends the streams whose time has come. It runs when the timer says so, and
// never twice at the same time. What it calls may be anybody's code, so it does
// not hold the lock meanwhile.
func (w *Watcher) look() {
	w.mu.Lock()
	w.round++
	list := append(w.list[:0], w.streams...)
	w.mu.Unlock()
	for _, s := range list {
		if s.ctx.Err() != nil {
			w.drop(s, nil)
		} else if why := w.check(s); why != nil {
			w.drop(s, why)
		}
	}
	clear(list)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = list[:0]
	w.sweep()
	if len(w.streams) == 0 {
		w.armed, w.streams, w.watched, w.list = false, nil, nil, nil
		return
	}
	w.timer.Reset(lookEvery)
}

// check returns why s must end, or nil.
func (w *Watcher) check(s *stream) error {
	c := currentOf(w.v, s.tok)
	if c.over != nil {
		return refused(c.over, s.tok.Set)
	}
	if c.ask != nil {
		w.askAgain(forgotten{c.ask, c.about})
	}
	if c.keyed == nil && s.tok.origin != nil {
		c.keyed = s.tok.origin.by
	}
	if s.key == nil || s.key.by != c.keyed {
		now, has := nowOf(c.keyed), inMemory(c.keyed, s.tok)
		w.mu.Lock()
		s.key = w.watchedOf(c.keyed, s.tok, now, w.round-1, has)
		w.mu.Unlock()
		if s.key == nil {
			return s.expired(now)
		}
	}
	w.ask(s.key)
	if err := s.expired(s.key.now); err != nil {
		return err
	}
	return s.key.why(s.tok)
}

// askAgain asks what became of a choice, and looks again as soon as it is known.
func (w *Watcher) askAgain(about forgotten) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asking[about] {
		return
	}
	if w.asking == nil {
		w.asking = map[forgotten]bool{}
	}
	w.asking[about] = true
	go func() {
		about.by.tenants.askAgain(about.choice)
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.asking, about)
		if w.armed && w.timer.Stop() {
			w.timer.Reset(0)
		}
	}()
}
