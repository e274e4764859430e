package simulation_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// A call is one Verify or VerifyAt.
type call struct {
	host     *host
	feeds    []*feed // of the host as it was started then
	tok      token
	begin    time.Duration
	patience time.Duration
	at       time.Duration // as of when the token is verified, by the time of day of the host
	listed   listing       // what the list of a Router said
	local    []answers     // what the models that look at no interval said, by feed
	misled   bool          // one of these had a key that fits, and has not signed it

	models  []answers // what all of them said, for a message
	done    chan struct{}
	over    atomic.Bool
	end     time.Duration
	verdict verifier.Verdict
	reason  string
	err     error
	token   *verifier.Token
}

func contextFor(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

// send makes the tokens of e and sends them.
func (w *world) send(e event, h *host, is *issuer) {
	switch e.Kind {
	case verify:
		w.verify(h, w.token(h, is, e), patienceOf(h, e.C), 0)
	case job:
		e.Kind = verify
		waited := time.Duration(e.C) * time.Minute
		e.C = 5
		t := w.token(h, is, e)
		t.iat, t.exp = t.iat-int64(waited/time.Second), t.exp-int64(waited/time.Second)
		w.verify(h, t, patienceOf(h, e.C), max(waited, time.Second))
	case flood:
		for n := range e.A {
			w.verify(h, w.token(h, is, event{B: unknownID, C: 7000 + e.B + n}), patienceOf(h, 2), 0)
		}
	case volley:
		for _, h := range w.hosts {
			for n := range e.A {
				w.verify(h, w.token(h, is, event{A: n, C: n}), patienceOf(h, 4), 0)
			}
		}
	}
}

// patienceOf returns how long a caller waits. With a Merge it is more than a second: its
// answer for a stale set and the end of the context at the same time would be a race.
func patienceOf(h *host, c int) time.Duration {
	short := []time.Duration{50 * time.Millisecond, 900 * time.Millisecond}
	if h.Shape == merged || h.Shape == loose {
		short = []time.Duration{1300 * time.Millisecond, 1300 * time.Millisecond}
	}
	// Off the grid of the network's delays: that both end at once would be a race too.
	const off = 130 * time.Microsecond
	return off + append(short, 3*time.Second, 10*time.Second, 10*time.Second, 30*time.Second)[c%6]
}

// token makes the token of an event. Its times are those of a right clock, and most are
// whole minutes, so that tokens are signed once.
func (w *world) token(h *host, is *issuer, e event) token {
	to := [2]int{h.n, is.n}
	sent, ok := w.sent[to]
	if e.B == again && ok {
		return sent
	}
	t := w.newToken(h, is, e)
	if e.B == good && (!ok || e.C%4 == 0) { // not each time, so that some outlive their key
		w.sent[to] = t
	}
	return t
}

func (w *world) newToken(h *host, is *issuer, e event) token {
	k := is.key(e.A)
	now := epoch + int64((w.since()+w.slept)/time.Second)
	minute := now - now%60
	t := token{key: k.key, kid: k.kid, iss: is.name, iat: minute, exp: minute + []int64{600, 3600, 43200}[e.C%3]}
	switch e.B {
	case expired:
		t.iat, t.exp = minute-7200, minute-3600
		if e.C%2 == 0 { // just past the leeway
			t.exp = now - 40
		}
	case future:
		t.nbf = minute + 3600
	case aboutToExpire:
		t.exp = now + 40
	case justExpired:
		t.exp = now - 20
	case spoiltSig:
		t.spoilt = true
	case stolenID:
		t.key = thief
	case unknownID:
		t.key, t.kid = thief, 10000+e.C
	case unsigned:
		t.alg = "none"
	case otherAlg:
		t.key, t.kid = secret, oddSecret
	case confused:
		t.alg = "HS256"
	case foreignIssuer:
		t.iss = "https://nobody.example"
	case crossSigned:
		k := w.issuers[(is.n+1)%len(w.issuers)].signing
		t.key, t.kid = k.key, k.kid
	case withoutID:
		t.kid = noID
	}
	if t.kid == noID && h.Shape == loose && len(w.issuers) > 1 {
		t.kid = 8000 // more than four keys might fit a token without an ID
	}
	return t
}

// signedWith returns the key whose signature t really has.
func (t token) signedWith() int {
	if t.spoilt || t.alg != "" {
		return nobody
	}
	return t.key
}

// verify sends t to h. waited is how long ago the time is as of which it counts; 0 means
// now.
func (w *world) verify(h *host, t token, patience, waited time.Duration) *call {
	w.queue(h, t)
	raw := material().sign(t)
	now := w.since()
	c := &call{done: make(chan struct{}), host: h, feeds: h.feeds, tok: t, begin: now, patience: patience, at: now + h.clock.log.offset(now) - waited}
	if is := w.issuerOf(t); is != nil {
		c.listed = h.registry[is.n]
	}
	w.mu.Lock()
	for _, f := range c.feeds {
		c.local = append(c.local, f.local(w, c))
		if f.each != nil && c.concerned(f) {
			f.each.lookups = append(f.each.lookups, c)
		}
	}
	w.mu.Unlock()
	w.pending = append(w.pending, c)
	v, at := h.v, h.clock.now().Add(-waited)
	go func() {
		ctx, cancel := contextFor(patience)
		defer cancel()
		var err error
		if waited == 0 {
			c.token, err = v.Verify(ctx, raw)
		} else {
			c.token, err = verifier.VerifyAt(ctx, v, raw, at.Round(0))
		}
		c.err = err
		c.end, c.verdict, c.reason = w.since(), verifier.Classify(err), verifier.Reason(err)
		c.over.Store(true)
		close(c.done)
	}()
	synctest.Wait()
	return c
}

func (w *world) issuerOf(t token) *issuer {
	for _, is := range w.issuers {
		if is.name == t.iss {
			return is
		}
	}
	return nil
}

// concerned reports whether the lookup of c reaches f.
func (c *call) concerned(f *feed) bool {
	bound := c.host.Shape != loose || f.is.Form == overOIDC // which binds its keys by itself
	return c.tok.alg != "none" && (!bound || f.is.name == c.tok.iss)
}

func (c *call) lookup() lookup { return c.until(c.end) }

// until is the lookup as far as it has come by that time.
func (c *call) until(end time.Duration) lookup {
	alg := c.tok.alg
	if alg == "" {
		alg = algOf(c.tok.key)
	}
	return lookup{kid: c.tok.kid, key: c.tok.signedWith(), alg: alg, begin: c.begin, end: end, patientFor: c.patience, merged: c.host.Shape == merged || c.host.Shape == loose}
}

// local asks the models that need no interval, when the call begins.
func (f *feed) local(w *world, c *call) answers {
	l := c.lookup()
	has := version{}
	switch {
	case !c.concerned(f):
		return none
	case f.dead:
		return unknown
	case f.src != nil, f.each != nil:
		return 0
	case f.file != nil:
		f.file.looks(c.begin, f.is.current)
		has.keys = f.file.keys
	case f.held != nil:
		has.keys = f.held.entries(c.begin)
	case f.is.faults[c.host.n] == fine:
		has.keys = f.is.current.keys
	}
	c.misled = c.misled || has.mayMislead(l)
	switch {
	case f.file != nil && f.file.gone(), f.held != nil && len(has.keys) == 0, f.is.Form == ownProgram && f.is.faults[c.host.n] != fine:
		return unknown
	case has.has(l):
		if l.kid == noID && has.count(l.alg) > maxCandidates { // too many fit
			return found | none
		}
		return found
	}
	return none
}

// localSince adds what these models say since a Set or a provider of somebody else's has
// changed: a verifier asks twice.
func (c *call) localSince(w *world) {
	for i, f := range c.feeds {
		if f.held == nil && f.is.Form != ownProgram {
			continue
		}
		if changed := max(f.changed, f.is.current.since, f.is.changed[c.host.n]); changed > c.begin && (!c.over.Load() || changed <= c.end) {
			c.local[i] |= f.local(w, c)
		}
	}
}

// maxCandidates is how many keys are tried for one token.
const maxCandidates = 4

func (c *call) String() string {
	return fmt.Sprintf("h%d %s %s kid %d key %d %s: %v %s after %v of %v, models %v", c.host.n, c.host.Shape, c.tok.iss, c.tok.kid, c.tok.key, c.tok.alg, c.verdict, c.reason, c.end-c.begin, c.begin, c.models)
}
