package keys

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A Remote provides the keys that somebody publishes: at a JWKS URL
// ([NewRemote]), through OpenID discovery ([NewOIDC]), or wherever a function
// of yours gets them ([NewSource]).
//
// The first Find fetches. From then on lookups take no lock and wait for
// nothing; the keys are refreshed in the background before they are stale, and
// the last good ones are used while the endpoint is down. An unknown key ID
// triggers one fetch for all who ask, within a budget that no flood of such IDs
// can exceed.
//
// How old keys are is counted by the time of day, so that it goes on while the
// machine sleeps, and a clock that is set back makes nothing younger.
//
// A Remote owns no goroutine, so there is nothing to close: a fetch ends at its
// own timeout, and [Remote.Run] is the caller's. Goroutines may share it. The
// zero Remote, and a nil one, cannot look.
type Remote struct{ state *remote }

// NewRemote provides the keys of a JWK Set at an https URL, or an http one on
// loopback. It makes no request and starts no goroutine; all that is wrong
// with its arguments is reported in one error.
func NewRemote(jwksURL string, opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	err = message.Join("keys: ", err, c.meaningless("a JWKS URL", forOIDC, forSecret), fetch.CheckURL("the JWKS URL", jwksURL, c.insecure))
	if err != nil {
		return nil, err
	}
	c.parser.remote = true
	return newRemote(c, &endpoint{place: fixedURL(jwksURL), client: fetch.NewClient(c.client), parser: c.parser})
}

// NewOIDC finds the JWKS URL of issuer by OpenID Connect discovery (or
// RFC 8414) whenever it fetches, and binds the keys to issuer. The metadata
// must name exactly issuer; [WithMetadataURL] says where they are when they are
// not at a place that follows from it. Otherwise it is as [NewRemote].
//
// For a token that names another issuer, Find makes no request and never
// fails: it finds the keys in memory, which are then refused.
func NewOIDC(issuer string, opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	err = message.Join("keys: ", err, c.meaningless("an issuer", forSecret), checkIssuer(issuer, c.insecure))
	if c.metadata != "" {
		err = message.Join("keys: ", err, fetch.CheckURL("the metadata URL", c.metadata, c.insecure))
	}
	if err != nil {
		return nil, err
	}
	c.parser.issuer, c.parser.remote = issuer, true
	found := &discovery{issuer: issuer, metadata: c.metadata, insecure: c.insecure, log: c.logLine}
	return newRemote(c, &endpoint{place: found, client: fetch.NewClient(c.client), parser: c.parser})
}

// Find implements [Provider]. Its errors wrap [ErrUnavailable] and the cause.
func (r *Remote) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if r.isZero() {
		return nil, errZeroRemote
	}
	return r.state.find(ctx, h)
}

// Refresh fetches now, or waits for the fetch under way, whatever the backoff
// says: to warm up, or to fail fast at start. Its errors wrap [ErrUnavailable].
func (r *Remote) Refresh(ctx context.Context) error {
	if r.isZero() {
		return errZeroRemote
	}
	return r.state.refresh(ctx)
}

// Run keeps the keys fresh until ctx ends and then returns nil, so that no
// lookup ever finds them stale. It waits in real time, and looks at the time of
// day once a minute, which goes on while the machine sleeps.
func (r *Remote) Run(ctx context.Context) error {
	if r.isZero() {
		return errZeroRemote
	}
	r.state.run(ctx)
	return nil
}

// Status reports how the provider is doing.
func (r *Remote) Status() Status {
	if r.isZero() {
		return Status{Err: errZeroRemote}
	}
	return r.state.status()
}

var errZeroRemote = fmt.Errorf("%w: the Remote is nil or zero; make it with NewRemote, NewOIDC or NewSource", ErrUnavailable)

func (r *Remote) isZero() bool { return r == nil || r.state == nil }

func (r *Remote) findNow(h Hint) ([]*Key, bool) {
	if r.isZero() {
		return nil, false
	}
	return r.state.findNow(h)
}

func (r *Remote) atHand(h Hint) []*Key {
	if r.isZero() {
		return nil
	}
	return r.state.atHand(h)
}

func (r *Remote) boundTo() []string {
	if r.isZero() || r.state.issuer == "" {
		return nil
	}
	return []string{r.state.issuer}
}

func (r *Remote) unused(keyID string) (string, bool) {
	if r.isZero() {
		return "", false
	}
	return r.state.published.Load().unused(keyID)
}

// refresh fetches now, or waits for the fetch under way, whatever the backoff
// says.
func (r *remote) refresh(ctx context.Context) error {
	r.mu.Lock()
	if r.schedule.Start(r.config.now()) {
		r.launch()
	}
	f := r.attempt
	r.mu.Unlock()
	if err := f.wait(ctx, nil); err != nil {
		return r.unavailable(err)
	}
	if f.err != nil {
		return r.unavailable(f.err)
	}
	return nil
}

// A nap is how long run sleeps at most: timers stand still while the machine
// sleeps, and the keys grow old.
const nap = time.Minute

// run keeps the keys fresh until ctx ends.
func (r *remote) run(ctx context.Context) {
	for ctx.Err() == nil {
		f, delay := r.due()
		if f != nil {
			f.wait(ctx, nil)
			continue
		}
		timer := time.NewTimer(min(delay, nap))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.wake:
		}
		timer.Stop()
	}
}

// due returns the fetch under way, started if it is time, or how long until
// then.
func (r *remote) due() (*attempt, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.now()
	if r.schedule.Due(now) {
		r.launch()
	}
	return r.attempt, r.schedule.Next().Sub(now)
}

func (r *remote) status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, v := r.config.now(), r.published.Load()
	s := Status{
		Source:      r.origin.name(),
		Skipped:     slices.Clone(v.skipped),
		FetchedAt:   r.last.fetchedAt,
		NextRefresh: r.schedule.Next(),
		Stale:       refresh.Reached(now, v.stale),
	}
	if r.last.err != nil {
		s.Err = r.unavailable(r.last.err)
	}
	if !refresh.Reached(now, v.expiry) {
		s.Keys = slices.Clone(v.all)
	}
	return s
}
