package simulation_test

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// epoch is when every bubble begins, in Unix seconds.
const epoch = 946684800

// A world is a plan while it runs.
type world struct {
	plan    plan
	dir     string
	began   time.Time
	slept   time.Duration // by all machines
	serial  int
	issuers []*issuer
	hosts   []*host
	pending []*call
	sent    map[[2]int]token // a good token for a host, of an issuer

	goroutines int // that there were before anything began

	logging sync.Mutex // guards lines
	lines   []logLine

	mu    sync.Mutex // guards what requests look at and change
	wrong []violation
	tally

	firstWrong int // which event came before the first violation
}

// A tally counts what happened.
type tally struct {
	events, tries                         int
	trusted, invalid, undecided, streamed int
}

func (t *tally) add(o tally) {
	t.events += o.events
	t.tries += o.tries
	t.trusted += o.trusted
	t.invalid += o.invalid
	t.undecided += o.undecided
	t.streamed += o.streamed
}

type logLine struct {
	at   time.Duration
	text string
}

// A violation is that of an invariant.
type violation struct {
	invariant int
	text      string
}

func (v violation) String() string { return fmt.Sprintf("I%d: %s", v.invariant, v.text) }

func (w *world) since() time.Duration { return time.Since(w.began) }

func (w *world) logf(format string, args ...any) {
	w.logging.Lock()
	defer w.logging.Unlock()
	w.lines = append(w.lines, logLine{w.since(), fmt.Sprintf(format, args...)})
}

// violated notes a violation.
func (w *world) violated(invariant int, format string, args ...any) {
	if len(w.wrong) == 0 {
		w.firstWrong = w.events
	}
	w.wrong = append(w.wrong, violation{invariant, fmt.Sprintf("at %v ", w.since()) + fmt.Sprintf(format, args...)})
	w.logf("VIOLATED I%d %s", invariant, fmt.Sprintf(format, args...))
}

func (w *world) must(err error) {
	if err != nil {
		panic(err)
	}
}

// log returns the lines in the order of their times. Of the same time they are sorted,
// since nothing says in which order goroutines ran.
func (w *world) log() []string {
	slices.SortStableFunc(w.lines, func(a, b logLine) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return strings.Compare(a.text, b.text)
	})
	var all []string
	for _, l := range w.lines {
		all = append(all, fmt.Sprintf("%v %s", l.at, l.text))
	}
	return all
}

func (w *world) hash() uint64 {
	h := fnv.New64a()
	for _, l := range w.log() {
		h.Write([]byte(l))
		h.Write([]byte{'\n'})
	}
	return h.Sum64()
}

// run runs p in a bubble.
func run(t *testing.T, p plan) (w *world) {
	dir, err := os.MkdirTemp(scratch(), "simulation")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w = &world{plan: p, dir: dir, sent: map[[2]int]token{}}
	material()
	odd()
	seedJitter(uint64(len(p.Events)))
	synctest.Test(t, func(*testing.T) { w.live() })
	return w
}

// scratch is a folder in memory, if there is one: snapshots are synced to the disk.
func scratch() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (w *world) live() {
	w.began, w.goroutines = time.Now(), runtime.NumGoroutine()
	for n, spec := range w.plan.Issuers {
		w.issuers = append(w.issuers, w.newIssuer(n, spec))
	}
	for n, spec := range w.plan.Hosts {
		h := &host{hostSpec: spec, n: n, snapshots: map[int]*kept{}, registry: make([]listing, len(w.issuers))}
		w.hosts = append(w.hosts, h)
		w.until(w.since() + 2*time.Millisecond + 13*time.Nanosecond)
		h.start(w)
	}
	for _, e := range w.plan.Events {
		// The model forgets what is long ago, so answers are checked soon.
		if soon := w.since() + 31*time.Second; len(w.pending) > 0 && soon < e.At {
			w.until(soon)
			w.check()
		}
		w.until(e.At)
		w.check()
		w.events++
		w.logf("%s h%d i%d %d %d %d", e.Kind, e.Host, e.Issuer, e.A, e.B, e.C)
		w.apply(e)
		synctest.Wait()
	}
	w.until(w.since() + 40*time.Second)
	w.check()
	for _, h := range w.hosts {
		h.die(w)
	}
	w.until(w.since() + 10*time.Second)
	w.check()
	if n := len(w.pending); n > 0 {
		w.violated(6, "%d lookups have not ended", n)
	}
}

// until lets time pass: at least a little, so that what comes next has an instant of its
// own, also where lookups that wait for each other have made it late.
func (w *world) until(at time.Duration) {
	const little = 100 * time.Nanosecond
	<-time.After(max(little, at-w.since()))
	synctest.Wait()
}

func (w *world) apply(e event) {
	h, is := w.hosts[max(0, e.Host)], w.issuers[e.Issuer]
	switch e.Kind {
	case verify, job, flood, volley:
		w.send(e, h, is)
		return
	case restart:
		h.die(w)
		synctest.Wait()
		w.check()
		h.spoil(w, e.A)
		h.start(w)
		return
	case warmUp:
		w.warmUp(h)
		return
	case stream:
		w.open(e, h, is)
		return
	case hangUp:
		h.hangUp()
		return
	case wreck:
		w.violated(0, "as the plan says")
		return
	case rotate, retire, revoke:
		w.change(e, is)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.Kind {
	case oddKey:
		is.odd = append(is.odd, odd()[e.A])
		is.publish(w)
	case publish:
		if is.state = e.A; is.Form == inSet {
			is.state = asUsual
		}
		is.publish(w)
	case headers:
		is.MaxAge, is.age, is.other = e.A, e.B, e.C
	case fault:
		for n := range is.faults {
			if e.Host < 0 || n == e.Host {
				is.faults[n] = e.A
			}
		}
		w.changes(is, e.Host)
	case metadata:
		is.meta = e.A
		w.changes(is, -1)
	case freeze:
		is.frozen = nil
		w.changes(is, -1)
		if e.A > 0 {
			is.frozen, is.frozenAt = is.current, w.since()+w.slept
		}
	case step:
		h.clock.jump(w.since(), time.Duration(e.A)*time.Second)
	case sleep:
		by := time.Duration(e.A) * time.Second
		w.slept += by
		for _, h := range w.hosts {
			h.clock.jump(w.since(), by)
		}
	case tenant:
		if h.router == nil {
			return
		}
		h.registry[is.n] = listing{e.A, w.since()}
		if e.A == unlisted {
			h.router.Forget(is.name)
		}
	}
}

// changes notes that what a host gets from is changes.
func (w *world) changes(is *issuer, host int) {
	for n := range is.changed {
		if host < 0 || n == host {
			is.changed[n] = w.since()
		}
	}
}

// change changes the keys of an issuer, and what the Sets of the hosts hold.
func (w *world) change(e event, is *issuer) {
	w.mu.Lock()
	old := is.signing
	switch {
	case e.Kind == rotate:
		is.rotate(w, e.A, e.B)
	case e.Kind == retire:
		is.ring = []entry{is.signing}
		is.publish(w)
	}
	w.mu.Unlock()
	if is.Form != inSet {
		return
	}
	now := w.since()
	const grace = 10 * time.Minute
	for _, h := range w.hosts {
		f := h.feeds[is.n]
		f.changed = now
		key := material().key
		switch next := is.signing; {
		case e.Kind == revoke:
			gone := is.key(e.A)
			f.set.Remove(keyIDOf(gone.kid))
			f.held.remove(func(m member) bool { return m.kid == gone.kid })
		case e.Kind == retire:
			f.set.Rotate(key(next), 0)
			f.held.rotate(next, now)
		case e.B == overlap:
			f.set.Rotate(key(next), grace)
			f.held.rotate(next, now+grace)
		case e.B == sameID:
			f.set.Remove(keyIDOf(old.kid))
			f.held.remove(func(m member) bool { return m.kid == old.kid })
			f.set.Add(key(next))
			f.held.add(next)
		case e.B == announce:
			announced := is.ring[0]
			f.set.Add(key(announced))
			f.held.add(announced)
		default:
			f.set.Replace(key(next))
			f.held.members = []member{{entry: next}}
		}
	}
}

func keyIDOf(kid int) string {
	if kid == noID {
		return ""
	}
	return kidOf(kid)
}

// warmUp calls Refresh, and waits for nothing.
func (w *world) warmUp(h *host) {
	now := w.since()
	w.mu.Lock()
	var all []keys.Provider
	for _, f := range h.feeds {
		if f.src != nil {
			f.src.refresh = append(f.src.refresh, now)
		}
		if f.each != nil {
			f.each.refresh = append(f.each.refresh, now)
		}
		if f.file != nil {
			f.file.reads(now, f.is.current)
		}
		all = append(all, f.provider)
	}
	w.mu.Unlock()
	ctx, cancel := contextFor(10 * time.Second)
	go func() {
		defer cancel()
		for _, p := range all {
			go keys.Refresh(ctx, p)
		}
		<-ctx.Done()
	}()
}
