package keys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A Remote provides the keys that somebody publishes: at a JWKS URL
// ([NewRemote]) or through OpenID discovery ([NewOIDC]).
//
// The first Find fetches. From then on look-ups take no lock and wait for
// nothing; the keys are refreshed in the background before they are stale, and
// the last good ones go on serving while the endpoint is down. An unknown key
// ID makes one fetch for all who ask, within a budget that no flood of such
// IDs can exceed.
//
// A Remote owns no goroutine, so there is nothing to close: a fetch ends at its
// own timeout, and [Remote.Run] is the caller's. Goroutines may share it.
type Remote struct {
	config *config
	origin origin
	client hardClient
	view   atomic.Pointer[view]
	disk   disk

	mu     sync.Mutex
	plan   *refresh.Schedule
	flight *flight // the fetch under way
	last   outcome
	next   time.Time     // when the plan wants a fetch
	wake   chan struct{} // tells Run that next has changed
}

// A view is one state of the keys, never changed, and when it can be used
// without asking the plan: from and until.
type view struct {
	*index
	from, until, expiry time.Time
}

// NewRemote provides the keys of a JWK Set at an https URL, or an http one on
// loopback. It makes no request and starts no goroutine; all that is wrong
// with its arguments is told at once.
func NewRemote(jwksURL string, opts ...RemoteOption) (*Remote, error) {
	c, err := newConfig(opts)
	if err := joinErrors(err, checkURL("the JWKS URL", jwksURL, c.insecure)); err != nil {
		return nil, err
	}
	return newRemote(c, fixedOrigin(jwksURL))
}

// NewOIDC finds the JWKS URL of issuer by OpenID Connect discovery (or
// RFC 8414) whenever it fetches, and binds the keys to issuer. The metadata
// must name exactly issuer. Otherwise it is as [NewRemote].
func NewOIDC(issuer string, opts ...RemoteOption) (*Remote, error) {
	c, err := newConfig(opts)
	if err := joinErrors(err, checkIssuer(issuer, c.insecure)); err != nil {
		return nil, err
	}
	c.reading.issuer = issuer
	return newRemote(c, &discovery{issuer: issuer, insecure: c.insecure, log: c.log})
}

func newRemote(c *config, o origin) (*Remote, error) {
	c.reading.remote = true
	r := &Remote{
		config: c,
		origin: o,
		client: harden(c.client),
		plan:   refresh.New(refresh.Policy{Every: c.every, MaxStale: c.maxStale}),
		wake:   make(chan struct{}, 1),
	}
	r.view.Store(&view{index: newIndex(nil)})
	if err := r.preload(); err != nil {
		return nil, err
	}
	return r, nil
}

// Find implements [Provider]. Its errors wrap [ErrUnavailable] and the cause.
func (r *Remote) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if ks, ok := r.findQuietly(h); ok {
		return ks, nil
	}
	d, f := r.decide(h)
	switch d.Verdict {
	case refresh.Serve:
		return r.view.Load().find(h), nil
	case refresh.Refuse:
		return nil, r.unavailable(r.lastError())
	case refresh.WaitBriefly:
		return r.answer(h, f, f.wait(ctx, f.late))
	default:
		return r.answer(h, f, f.wait(ctx, nil))
	}
}

// findNow implements [ready].
func (r *Remote) findNow(h Hint) ([]*Key, bool) {
	if ks, ok := r.findQuietly(h); ok {
		return ks, true
	}
	if h.Retry || !r.view.Load().has(h) {
		return nil, false
	}
	if d, _ := r.decide(h); d.Verdict != refresh.Serve {
		return nil, false
	}
	return r.view.Load().find(h), true
}

// findQuietly answers without a lock, when there is nothing to decide.
func (r *Remote) findQuietly(h Hint) ([]*Key, bool) {
	if len(h.KeyID) > maxKeyID {
		return nil, true // no key is taken that has such an ID
	}
	v := r.view.Load()
	if h.Retry || !v.has(h) {
		return nil, false
	}
	if now := r.config.now(); now.Before(v.from) || !now.Before(v.until) {
		return nil, false
	}
	return v.find(h), true
}

// decide asks the plan, and starts the fetch that it wants.
func (r *Remote) decide(h Hint) (refresh.Decision, *flight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, now := r.view.Load(), r.config.now()
	known := v.has(h)
	d := r.plan.Decide(now, refresh.Lookup{KeyID: h.KeyID, Known: known, Again: h.Retry})
	if d.Fetch {
		r.launch()
		if !known {
			r.flight.sought = strings.Clone(h.KeyID)
		}
	}
	r.show(v.index, now)
	return d, r.flight
}

// answer is for a look-up that has waited for f; interrupted tells why it did
// not wait to the end.
func (r *Remote) answer(h Hint, f *flight, interrupted error) ([]*Key, error) {
	v := r.view.Load()
	alive := r.config.now().Before(v.expiry)
	switch {
	case alive && v.has(h):
		return v.find(h), nil
	case interrupted != nil:
		return nil, r.unavailable(interrupted)
	case f.err != nil || !alive:
		return nil, r.unavailable(f.err)
	}
	return v.find(h), nil
}

// has reports whether the view answers h without a fetch: it has a key of that
// ID, whatever its algorithm, or one without ID that was not tried before.
func (v *view) has(h Hint) bool {
	switch {
	case h.KeyID == "":
		return len(v.all) > 0
	case v.knows(h.KeyID):
		return true
	}
	for _, k := range v.anonymous {
		if !h.Retry && h.Fits(k) {
			return true
		}
	}
	return false
}

// show publishes x, and until when it needs no decision. The lock is held.
func (r *Remote) show(x *index, now time.Time) {
	if next := r.plan.Next(); !next.Equal(r.next) {
		r.next = next
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	v := &view{index: x, from: now, until: r.plan.Quiet(), expiry: r.plan.Expiry()}
	if old := r.view.Load(); old.index == x && old.until.Equal(v.until) && old.expiry.Equal(v.expiry) && !now.Before(old.from) {
		return
	}
	r.view.Store(v)
}

func (r *Remote) lastError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last.err
}

// unavailable wraps ErrUnavailable and the cause.
func (r *Remote) unavailable(cause error) error {
	if cause == nil {
		cause = errors.New("the keys are too old")
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, r.origin.name(), cause)
}
