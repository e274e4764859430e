package keys

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// An attempt is one fetch, which any number of lookups wait for.
type attempt struct {
	began   time.Time
	start   time.Time     // the same by the clock of the machine, for RefreshEvent
	last    fetchState    // what the fetches before it brought
	known   *index        // the keys at its beginning
	expired bool          // the known keys are too old to be used
	sought  string        // the unknown key ID that triggered it, or ""
	single  bool          // it is for sought alone (R20)
	late    chan struct{} // closed when lookups with keys at hand should stop waiting
	done    chan struct{} // closed at the end, once the outcome is logged and saved
	err     error         // may be read once done is closed
}

// grace is how long past its timeout an unresponsive fetch is kept. A transport
// may ignore its context, and a logger or a disk may block; without an end no
// other fetch would ever start.
const grace = 500 * time.Millisecond

var (
	errOverdue = errors.New("the fetch did not end at its timeout")
	errExit    = errors.New("the fetch ended its goroutine")
	errTooLong = errors.New("the fetch takes too long")
)

// launch starts a fetch, detached from the lookup that triggered it: others wait
// for it too. sought is the unknown key ID of that lookup, or ""; with single, the
// fetch is for it alone. The lock is held, and the schedule knows.
func (r *remote) launch(sought string, single bool) {
	v := r.view.Load()
	a := &attempt{
		began: r.config.now(), start: time.Now(), last: *r.last, known: v.index, sought: sought, single: single,
		late: make(chan struct{}), done: make(chan struct{}),
	}
	a.expired = refresh.Reached(a.began, v.expiry)
	r.attempt = a
	patience := time.AfterFunc(refresh.Patience, func() { close(a.late) })
	release := sync.OnceFunc(func() {
		patience.Stop()
		close(a.done)
	})
	// Whichever comes first, the fetch or its limit, finishes the attempt.
	limit := time.AfterFunc(min(r.config.timeout, math.MaxInt64-grace)+grace, func() {
		e := r.finish(a, fetched{}, errOverdue)
		release() // before the log: a fetch that hangs releases nobody, so only this does
		r.log(e)
	})
	go func() {
		got, err := fetched{}, errExit // stays if the origin calls runtime.Goexit
		defer func() {
			r.conclude(a, got, err, release)
			limit.Stop() // not before: a logger may block
		}()
		got, err = r.fetch(a)
	}()
}

// conclude makes the outcome of a take effect, then logs it, then saves it, and only
// then releases the lookups that wait for it.
func (r *remote) conclude(a *attempt, got fetched, err error, release func()) {
	defer release() // deferred, since a logger may end the goroutine
	e := r.finish(a, got, err)
	r.log(e)
	if e.good && r.config.snapshot != "" {
		r.saveSnapshot()
	}
}

// wait waits for the end of the attempt. It returns an error when ctx ends or
// late is closed before; a nil late never is.
func (a *attempt) wait(ctx context.Context, late <-chan struct{}) error {
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late:
		return errTooLong
	}
}

// fetch calls the origin, for as long as WithTimeout allows. A panic is a failed
// fetch: nobody else could recover it in this goroutine.
func (r *remote) fetch(a *attempt) (got fetched, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.config.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = panickedFetch(p)
		}
		if err != nil {
			err = shortened(err)
		}
	}()
	return r.origin.fetch(ctx, a)
}

func panickedFetch(p any) error {
	return message.Foreign(fmt.Errorf("the fetch panicked: %v", p))
}

// fetchState is what a Remote remembers from one fetch to the next.
type fetchState struct {
	jwksURL   string        // where the set came from
	etag      string        // its entity tag, or ""
	fresh     time.Duration // its lifetime; negative: not said
	body      []byte        // for the snapshot file
	fetchedAt time.Time     // when it was last seen, in time of day
	err       error         // of the last fetch
	single    bool          // that was for one key ID (R20)
	condition condition
}

// A condition says how a Remote is doing, as it was last logged.
type condition int

const (
	sound         condition = iota // the last fetch succeeded
	failing                        // it failed; the last good set is used
	outOfKeys                      // it failed, and there is no set to use
	misconfigured                  // it failed, and no other will succeed
)

// An event is what a fetch changed. It is made under the lock and logged after it
// is released. The zero event is not logged.
type event struct {
	condition condition // failing, outOfKeys or misconfigured, when that is new
	err       error     // why
	until     time.Time // how long the last good keys are used

	good          bool   // the fetch brought a good set, perhaps the same one
	recovered     bool   // it did so after failures
	before, after *index // the set then and now

	refresh *RefreshEvent // nil without an observer, or without a fetch
}

// finish takes over what an attempt brought, unless it was given up. It returns
// what to log once the lock is free: a logger may be slow, or ask for the Status.
func (r *remote) finish(a *attempt, got fetched, err error) (e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.attempt != a {
		return event{} // it was given up
	}
	if err != nil && r.last.fetchedAt.IsZero() { // else it has worked before
		err = neverWorked(err)
	}
	r.attempt, a.err = nil, err
	now, before := r.config.now(), r.view.Load().index
	for _, id := range got.gone { // R7, R20
		r.schedule.Missing(now, id)
	}
	switch {
	case a.single:
		e = r.finishSingle(now, a, got, err)
	case err != nil:
		e = r.failed(now, got, err)
	default:
		e = r.succeeded(now, a, got)
	}
	if r.config.observer != nil && !got.nothing {
		e.refresh = r.refreshed(a, before, r.view.Load().index)
	}
	return e
}

// failed records a failed fetch and leaves the last good set in place, but for what
// got says for sure (R20). The lock is held.
func (r *remote) failed(now time.Time, got fetched, err error) event {
	r.schedule.Failed(now, fetch.RetryAfter(err, now))
	x := r.view.Load().index
	if got.partial {
		x = r.indexOf(got, x)
	}
	r.setView(x, now)
	before := r.last.condition
	r.last.err, r.last.condition, r.last.single = err, failing, false
	r.last.etag = "" // in case the endpoint cannot handle a conditional request
	switch {
	case errors.Is(err, ErrConfiguration):
		r.last.condition = misconfigured
	case !now.Before(r.schedule.Expiry()):
		r.last.condition = outOfKeys
	}
	if r.last.condition == before { // logged before
		return event{}
	}
	return event{condition: r.last.condition, err: err, until: r.schedule.Expiry(), after: r.view.Load().index}
}

// succeeded takes over a set that has a usable key, or keeps the one that has not
// changed. The lock is held.
func (r *remote) succeeded(now time.Time, a *attempt, got fetched) event {
	before, was := r.view.Load().index, *r.last
	after := before
	took := refresh.Elapsed(a.began, now)
	// As old as the request: the endpoint may have answered at its beginning.
	r.last = &fetchState{jwksURL: got.jwksURL, etag: got.etag, fresh: got.fresh, fetchedAt: now.Round(0).Add(-took)}
	if r.config.snapshot != "" {
		r.last.body = got.body
	}
	if got.unchanged {
		r.last.body = was.body
		if got.fresh < 0 && !r.perID { // RFC 9111 §4.3.4: what a 304 does not say stays as it was
			r.last.fresh = was.fresh
		}
	} else {
		after = r.indexOf(got, before)
	}
	if got.nothing {
		r.last.fetchedAt = was.fetchedAt
	}
	r.schedule.Succeeded(now, took, r.last.fresh)
	if a.sought != "" && !after.knows(a.sought) {
		r.schedule.Missing(now, a.sought)
	}
	r.setView(after, now)
	return event{good: true, recovered: was.condition != sound, before: before, after: after}
}

// indexOf returns the index of what a fetch brought.
func (r *remote) indexOf(got fetched, before *index) *index {
	x := newIndex(got.keys, got.skipped)
	if r.perID {
		x.countFrom(before, r.config)
	}
	return x
}

// An origin is where the keys of a Remote are fetched from.
type origin interface {
	name() string // for people, without user, password or query
	id() string   // differs between origins, so that one does not start from the snapshot of another
	// fetch gets the set once, or a single key of it. It may panic.
	fetch(ctx context.Context, a *attempt) (fetched, error)
}

// fetched is what a fetch brought.
type fetched struct {
	jwksURL   string        // where the set came from; "" where there is no URL
	etag      string        // its entity tag, or ""
	unchanged bool          // the set is as it was: keys and body are nil
	partial   bool          // the fetch failed, but some of the keys that are fetched one by one (R20) came
	nothing   bool          // keys are fetched one by one, and none is known yet
	gone      []string      // the IDs of those that were known, and are not there any more
	fresh     time.Duration // how long it may be kept; negative: not said
	body      []byte        // for the snapshot file; nil: there is none
	keys      []*Key
	skipped   []Skipped
}

// An endpoint is an origin that answers over HTTP.
type endpoint struct {
	place  // where the JWK Set is
	client *fetch.Client
	parser parser
}

// A place knows the URL of a JWK Set: fixed, or found by discovery.
type place interface {
	name() string
	id() string
	locate(ctx context.Context, client *fetch.Client) (jwksURL string, err error)
}

// A fixedURL is a JWKS URL from the configuration.
type fixedURL string

func (u fixedURL) name() string { return fetch.Redacted(string(u)) }

// id is a hash, since the query of a URL may hold a secret.
func (u fixedURL) id() string { return fmt.Sprintf("jwks:%x", sha256.Sum256([]byte(u))) }

func (u fixedURL) locate(context.Context, *fetch.Client) (string, error) { return string(u), nil }

// fetch locates the JWK Set, gets it and reads its keys. A set without a usable
// key is a failure.
func (e *endpoint) fetch(ctx context.Context, a *attempt) (got fetched, err error) {
	defer e.client.Abandon()
	if got.jwksURL, err = e.locate(ctx, e.client); err != nil {
		return got, err
	}
	etag := "" // a tag of another URL means nothing here
	if got.jwksURL == a.last.jwksURL {
		etag = a.last.etag
	}
	resp, err := e.client.Get(ctx, got.jwksURL, etag)
	if err != nil {
		return got, reached(err)
	}
	got.etag, got.fresh, got.body, got.unchanged = resp.ETag, resp.Fresh, resp.Body, resp.Unchanged
	if got.unchanged {
		return got, nil
	}
	got.keys, got.skipped, err = e.parser.json(got.body)
	switch {
	case errors.Is(err, errNoKey):
		err = errNothingPublished
	case err != nil:
		err = errors.New(message.Bare(err))
	}
	return got, err
}
