package simulation_test

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// A watched stream is one that a verifier.Watcher ends with its token.
type watched struct {
	tok    token
	key    entry // that verified it
	feed   *feed
	opened time.Duration
	day    time.Duration // the time of day then
	stop   context.CancelFunc

	over   atomic.Bool
	end    time.Duration
	reason string
}

const (
	// soon is how long a Watcher may take to end a stream.
	soon = time.Second
	// asking is how long it may take where it has to ask for the key.
	asking = 8 * time.Second
)

// open opens a stream on h, if it accepts a token of is. Files are left out, whose model
// has to know of every lookup, and so are providers of somebody else's.
func (w *world) open(e event, h *host, is *issuer) {
	if h.Shape == loose || is.Form == inFile || is.Form == ownProgram || is.Form == onePerID {
		return
	}
	t := w.token(h, is, event{A: e.A})
	t.exp = epoch + int64((w.since()+w.slept)/time.Second) + []int64{10, 60, 150}[e.C%3]
	c := w.verify(h, t, patienceOf(h, e.C), 0)
	v, watcher, f := h.v, h.watcher, h.feeds[is.n]
	go func() {
		<-c.done
		w.mu.Lock()
		alive := h.v == v
		w.mu.Unlock()
		if c.token == nil || !alive {
			return
		}
		now := w.since()
		ctx, stop := watcher.Watch(context.Background(), c.token)
		key := entry{t.key, noID, algOf(t.key)}
		if id := c.token.KeyID; id != "" {
			key.kid, _ = strconv.Atoi(id[1:])
		}
		s := &watched{tok: t, key: key, feed: f, opened: now, day: now + h.clock.log.offset(now), stop: stop}
		w.mu.Lock()
		h.streams = append(h.streams, s)
		w.streamed++
		w.mu.Unlock()
		<-ctx.Done()
		s.end, s.reason = w.since(), verifier.Reason(context.Cause(ctx))
		s.over.Store(true)
	}()
	synctest.Wait()
}

// hangUp closes the streams of h.
func (h *host) hangUp() {
	for _, s := range h.streams {
		s.stop()
	}
	h.streams = nil
}

// expired reports whether the token has expired by one of the clocks.
func (s *watched) expired(c *clockLog, at time.Duration) bool {
	end := time.Duration(s.tok.exp-epoch)*time.Second + leeway
	return at+c.offset(at) >= end || s.day+at-s.opened >= end
}

// expiredIn reports whether the token had expired at every moment of that time: a Watcher
// looks once a second, and the clock may be set back in between.
func (s *watched) expiredIn(c *clockLog, from, to time.Duration) bool {
	return s.expired(c, from) && !slices.ContainsFunc(c.jumps, func(j jump) bool {
		return from < j.at && j.at <= to && !s.expired(c, j.at)
	})
}

// keyGone reports whether the key was gone for sure, or perhaps, at that time, so that a
// stream must or may end.
func (s *watched) keyGone(at, wait time.Duration) (must, may bool) {
	begin := max(s.opened, at-wait)
	if held := s.feed.held; held != nil {
		has := func(at time.Duration) bool {
			return slices.ContainsFunc(held.members, func(m member) bool {
				return m.entry == s.key && (m.retires == 0 || m.retires > at)
			})
		}
		return !has(at-wait) && at-wait > s.feed.changed, !has(at) || at-wait <= s.feed.changed
	}
	src := s.feed.src
	v := src.before(at)
	has := func(v *version) bool { return slices.Contains(v.keys, s.key) } // under another ID it is another key
	may = v == nil || !has(v) || !src.mustLive(v, at)
	old := src.before(begin)
	must = begin > s.opened && (old == nil || !has(old) || !src.mayLive(old, begin))
	for _, t := range src.during(begin, at) {
		if t.good {
			must, may = must && !has(&t.version), may || !has(&t.version)
		}
	}
	return must && !src.outlasts(at) && !src.beganIn(begin, at), may
}

// checkStreams holds the streams of h to the model. Each ends with its token (I1), and
// not before (I2).
func (w *world) checkStreams(h *host, now time.Duration) {
	h.streams = slices.DeleteFunc(h.streams, func(s *watched) bool {
		if s.feed.src != nil { // the Watcher looks for its key
			s.feed.src.sought(lookup{kid: s.tok.kid, begin: s.opened, end: now})
		}
		listing := h.registry[s.feed.is.n]
		if s.over.Load() {
			w.logf("stream of h%d i%d ended at %v: %s", h.n, s.feed.is.n, s.end, s.reason)
			_, may := s.keyGone(s.end, 2*soon)
			delisted := h.Shape == routed && (listing.state == unlisted || listing.since > s.opened)
			if s.reason == "expired" && !s.expired(&h.clock.log, s.end) || s.reason != "expired" && !may && !delisted {
				w.violated(2, "host %d: the stream of a good token of issuer %d ended at %v: %s", h.n, s.feed.is.n, s.end, s.reason)
			}
			return true
		}
		if now-soon > s.opened && s.expiredIn(&h.clock.log, now-soon, now) {
			w.violated(1, "host %d: a stream outlives its token by %v", h.n, soon)
			s.stop()
			return true
		}
		wait := asking
		if h.Shape != merged || len(w.issuers) == 1 {
			wait = 2 * soon
		}
		if must, _ := s.keyGone(now, wait); must {
			w.violated(1, "host %d: a stream outlives its key, of issuer %d, by %v", h.n, s.feed.is.n, wait)
			s.stop()
			return true
		}
		if h.Shape == routed && listing.state == unlisted && now > max(listing.since, s.opened)+asking {
			w.violated(1, "host %d: a stream outlives its tenant", h.n)
			s.stop()
			return true
		}
		return false
	})
}
