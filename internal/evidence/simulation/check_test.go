package simulation_test

import (
	"runtime"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// check holds what has happened to the invariants.
func (w *world) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.since()
	if n, most := runtime.NumGoroutine()-w.goroutines, w.mostGoroutines(); n > most {
		w.violated(6, "%d goroutines, and %d at most were to be expected", n, most)
	}
	for _, h := range w.hosts {
		for _, f := range h.feeds {
			if f.line != nil {
				f.line.settle(now)
			}
			w.settleEach(h, f, now)
		}
	}
	for _, h := range w.hosts {
		w.checkStreams(h, now)
	}
	// What a lookup seeks counts from its beginning, also while another source has not
	// answered it.
	for _, c := range w.pending {
		l := c.until(now)
		if c.over.Load() {
			l = c.lookup()
		}
		for _, f := range c.feeds {
			if f.src != nil && c.concerned(f) {
				f.src.sought(l)
			}
		}
	}
	w.pending = slices.DeleteFunc(w.pending, func(c *call) bool {
		c.localSince(w)
		if !c.over.Load() {
			if now > c.begin+c.patience {
				w.violated(6, "the answer to %v is overdue", c)
				return true
			}
			return false
		}
		w.checkCall(c)
		return true
	})
	for _, h := range w.hosts {
		w.checkUpkeep(h, now)
	}
}

// mostGoroutines is how many goroutines there may be: what a host keeps running, fetches
// and calls of Refresh among it, and what each lookup and each stream may cause. A library
// that leaves one behind for each lookup goes beyond it within a world.
func (w *world) mostGoroutines() (n int) {
	for _, h := range w.hosts {
		n += 4 + 2*len(h.streams)
		for _, f := range h.feeds {
			n += 6
			if f.each != nil {
				n += parallel
			}
		}
	}
	return n + (1+len(w.issuers))*len(w.pending)
}

// leeway is that of every verifier.
const leeway = 30 * time.Second

// inTime reports whether the dates of t hold.
func (t token) inTime(at time.Duration) bool {
	at += epoch * time.Second
	second := func(s int64) time.Duration { return time.Duration(s) * time.Second }
	return at < second(t.exp)+leeway && at >= second(t.iat)-leeway && (t.nbf == 0 || at >= second(t.nbf)-leeway)
}

// answer returns what the verdict says about the key: a token that has expired has a
// key.
func (c *call) answer() answers {
	switch {
	case c.verdict == verifier.Undecided:
		return unknown
	case c.verdict == verifier.Trusted, c.reason == "expired", c.reason == "not_yet_valid":
		return found
	}
	return none
}

// checkCall holds the answer to a call to the model.
func (w *world) checkCall(c *call) {
	w.logf("answer to %v of %v", c, c.begin)
	switch c.verdict {
	case verifier.Trusted:
		w.trusted++
	case verifier.Undecided:
		w.undecided++
	default:
		w.invalid++
	}
	is := w.issuerOf(c.tok)
	may, sure := c.may(w)
	got := c.answer()
	if (c.verdict == verifier.Trusted) != (c.token != nil) {
		w.violated(1, "a token without a verdict, or the reverse: %v", c)
	}
	if c.token != nil && (c.token.Issuer != c.tok.iss || c.token.Subject != "user-1" || c.token.KeyID != keyIDOf(c.tok.kid) && c.token.KeyID != "" && c.tok.kid != noID) {
		w.violated(1, "the token is that of another: %v", c)
	}
	switch {
	case c.verdict == verifier.Trusted && (may&found == 0 || is == nil):
		w.violated(1, "accepted, but the model says %v: %v", may, c)
	case c.verdict == verifier.Trusted && !c.tok.inTime(c.at):
		w.violated(1, "accepted out of its time: %v", c)
	case c.verdict == verifier.Invalid && got == found && c.tok.inTime(c.at):
		w.violated(2, "refused as out of its time: %v", c)
	case got == found && may&found == 0:
		w.violated(1, "its key is used, but the model says %v: %v", may, c)
	case got == none && may&none == 0:
		w.violated(2, "refused, but the model says %v: %v", may, c)
	case got == unknown && may&unknown == 0:
		w.violated(3, "undecided, but the model says %v: %v: %v", may, c, c.err)
	}
	for _, f := range c.feeds {
		if f.each != nil && c.concerned(f) && c.alone() && f.each.dawdles(c.lookup()) {
			w.violated(5, "a lookup of a known key waits for too long: %v", c)
		}
	}
	if asked := sure || is != nil && c.listed.state == listed && c.begin >= c.listed.since+5*time.Second; asked && !w.fetchBegan(c) {
		w.violated(5, "no refresh although it is due: %v", c)
	}
	w.checkNewKey(c, got)
	for _, f := range c.feeds {
		if f.src != nil && c.concerned(f) && (got != found || len(c.models) > 1) {
			f.src.wants(c.lookup())
		}
	}
}

// may returns what the model allows, and whether the lookup is of a key that is known
// for sure.
func (c *call) may(w *world) (a answers, sure bool) {
	l := c.lookup()
	all, any := none, answers(0)
	wrong, trouble := c.misled, false
	for i, f := range c.feeds {
		if !c.concerned(f) {
			continue
		}
		of := c.local[i]
		if f.src != nil {
			of = f.src.may(l)
			wrong = wrong || f.src.mayMislead(l)
			trouble = trouble || f.src.troubled(l)
		}
		if f.each != nil {
			of = f.each.may(l)
			wrong = wrong || f.each.mayMislead(l)
			trouble = trouble || f.each.troubled(l)
		}
		c.models = append(c.models, of)
		sure = sure || of == found
		all &= of
		any |= of
	}
	a = any&(found|unknown) | all
	if sure {
		a = found
		if wrong && (trouble || any&unknown != 0) && len(c.feeds) > 1 {
			a |= unknown // the wrong key came first, and to look again Merge needs the answers of all
		}
	}
	if w.issuerOf(c.tok) == nil && a&found != 0 { // of an issuer that is not ours
		a, sure = a&^found|none, false
	}
	if l.gaveUp() && len(c.feeds) > 1 && (c.host.Shape == merged || c.host.Shape == loose) {
		a |= unknown // Merge does not wait for the answer that its caller does not want
	}
	if c.host.Shape != routed {
		return a, sure
	}
	if w.issuerOf(c.tok) == nil || c.listed.state == unlisted {
		return none, false
	}
	if c.begin < c.listed.since+5*time.Second { // it may have been unlisted before
		a, sure = a|none, false
	}
	if c.listed.state == listDown {
		a, sure = a|unknown, false
	}
	if after := c.host.registry[w.issuerOf(c.tok).n]; after != c.listed { // it asks again before it accepts
		a, sure = a|none|unknown, false
	}
	return a, sure
}

// sought notes which ID the tries of that time were asked for.
func (s *source) sought(l lookup) {
	for _, t := range s.tries {
		if t.began <= l.end && (t.pending || t.ended >= l.begin) {
			t.asked[l.kid] = true
		}
	}
}

// wants notes that no known key verified a token. If the budget was spent, the next try is
// for its ID (R5, R9).
func (s *source) wants(l lookup) {
	if v := s.before(l.begin); v == nil || !v.knows(l.kid, "") || !s.spent(l.begin) {
		return
	}
	for _, t := range s.tries {
		if t.pending || t.ended >= l.begin {
			t.asked[l.kid] = true
			return
		}
	}
	s.wanted = append(s.wanted, l.kid)
}

// fetchBegan reports whether the sources of a known key were refreshed when it was time
// (I5).
func (w *world) fetchBegan(c *call) bool {
	for _, f := range c.feeds {
		if f.each != nil && c.concerned(f) && !f.each.refreshed(c.lookup()) {
			return false
		}
		if f.src == nil || !c.concerned(f) || f.src.before(c.begin) == nil || !f.src.before(c.begin).knows(c.tok.kid, "") {
			continue
		}
		if f.src.overdue(c.begin) && !f.src.beganIn(c.begin, c.begin) {
			return false
		}
	}
	return true
}

// checkNewKey holds the bound of a new key (I5): whoever looked for it more than a minute
// after the endpoint had it and was well finds it.
func (w *world) checkNewKey(c *call, got answers) {
	if got != none || w.issuerOf(c.tok) == nil {
		return
	}
	l := c.lookup()
	if l.gaveUp() { // R13: nobody waits longer than his own context
		return
	}
	for _, f := range c.feeds {
		if f.src == nil || !c.concerned(f) || c.listed.state != listed {
			continue
		}
		last, n := f.src.failures(c.begin)
		doc := f.is.current
		if n > 0 || last == nil || f.is.frozen != nil || f.is.faults[c.host.n] != fine || !(&version{keys: doc.keys}).has(l) {
			continue
		}
		if old := f.src.before(c.begin); old != nil && old.knows(l.kid, "") && !old.knows(l.kid, l.alg) {
			continue // R5, R9: neither unknown nor of a bad signature, so a refresh finds it
		}
		const bound = time.Minute + 10*time.Second
		if c.begin > max(doc.since, f.is.changed[c.host.n])+bound && f.src.beganIn(c.begin-10*time.Second, c.begin) && last.began > doc.since {
			w.violated(5, "a key that was published at %v is not found: %v", doc.since, c)
		}
	}
}

// checkUpkeep holds what Run keeps fresh to that (I5).
func (w *world) checkUpkeep(h *host, now time.Duration) {
	const nap = time.Minute + time.Second
	if !h.Run || h.v == nil { // nothing runs in a host that has died
		return
	}
	for _, f := range h.feeds {
		if e := f.each; e != nil && now-nap > e.began && e.overdue(now-nap) && !e.beganIn(now-nap, now) && !e.restsAt(now) {
			w.violated(5, "host %d, issuer %d: Run has let the keys grow old", h.n, f.is.n)
		}
		if f.src == nil || now < nap {
			continue
		}
		if s := f.src; now-nap > s.began && s.overdueAll(now-nap, now) && !s.resting(now) && !s.beganIn(now-nap, now) {
			w.violated(5, "host %d, issuer %d: Run has let the keys grow old", h.n, f.is.n)
		}
	}
}
