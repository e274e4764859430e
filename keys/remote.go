package keys

import (
	"context"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A Remote provides the keys that somebody else publishes: at a JWKS URL
// ([NewRemote]), through OpenID discovery ([NewOIDC]), at a URL for each key ID
// ([NewPerID]), or wherever your own function gets them ([NewSource]).
//
// The first Find fetches. From then on lookups of known keys take no lock and do
// not wait. The keys are fresh for as long as the endpoint says, or for ten minutes
// if it does not say, and are refreshed in the background before that has passed.
// The last good keys are used while the endpoint is down, until [WithMaxStale]
// (one hour by default) past their freshness. A key that the endpoint no longer
// publishes stops verifying at the next refresh.
//
// An unknown key ID triggers a fetch, which all waiting lookups share: three at
// first, then one every ten seconds, so a flood of such IDs reaches neither the
// endpoint nor the known keys. After a failure the delay doubles from one second
// to one minute, and Retry-After is honoured up to an hour.
//
// The age of keys is counted by the time of day, so it goes on while the machine
// sleeps, and setting the clock back makes nothing younger.
//
// A Remote owns no goroutine, so there is nothing to close: a fetch ends at its
// own timeout, and [Remote.Run] runs in a goroutine of the caller. Goroutines may
// share a Remote. Every method of a nil or zero Remote fails with
// [ErrUnavailable].
type Remote struct{ state *remote }

// NewRemote provides the keys of the JWK Set (RFC 7517 §5) at jwksURL, an https
// URL, or an http one on loopback. Instead of a JWK Set there may be a JSON object of
// PEM by key ID, as Google publishes certificates.
//
// It makes no request and starts no goroutine: it succeeds while the endpoint is
// down, and the first Find fetches, for five seconds at most ([WithTimeout]).
// Call [Remote.Refresh] to fetch at start instead. The keys are bound to no
// issuer: where the URL belongs to one, use [NewOIDC], or wrap the Remote in
// [ForIssuer].
//
// Only public keys are used: secrets and keys whose private half is published are
// skipped, and so are weak keys and those not for signatures. Answers are limited
// to 1 MiB, redirects to three on the same host.
//
// NewRemote fails when jwksURL is not such a URL, for an invalid option or one
// that has no meaning for a JWKS URL, and for a seed without a usable key. It
// reports every mistake in one error.
func NewRemote(jwksURL string, opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	err = message.Join("keys: ", err, c.meaningless("a JWKS URL", forOIDC, forSecret), fetch.CheckURL("the JWKS URL", jwksURL, c.insecure), c.settings(jwksURL).Check())
	if err != nil {
		return nil, err
	}
	c.parser.remote = true // rule 6: no secrets, no private keys
	return newRemote(c, &endpoint{place: fixedURL(jwksURL), client: fetch.NewClient(c.settings(jwksURL)), parser: c.parser})
}

// NewOIDC provides the keys of an identity provider. It finds the JWKS URL in the
// metadata of issuer (OpenID Connect Discovery 1.0 §4, RFC 8414 §3) whenever it
// fetches, and binds the keys to issuer, so a token that they verify must name
// it. While the metadata cannot be had, the last JWKS URL is used.
//
// issuer is exactly the "iss" of the tokens, with or without a trailing
// slash; the metadata must name it in the same way. It is an https URL, or an
// http one on loopback, without query or fragment. [WithMetadataURL] says where
// the metadata is when its URL does not follow from issuer.
//
// In all else NewOIDC does what [NewRemote] does: it makes no request, the first
// Find fetches (the metadata and the JWK Set, within one [WithTimeout]), and it
// fails for the same reasons, with every mistake in one error.
//
// For a token that names another issuer, Find makes no request and never fails:
// it returns the keys in memory, and the token is refused.
func NewOIDC(issuer string, opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	err = message.Join("keys: ", err, c.meaningless("an issuer", forSecret), checkIssuer(issuer, c.insecure))
	home := issuer
	if c.metadata != "" {
		home = c.metadata
		err = message.Join("keys: ", err, fetch.CheckURL("the metadata URL", c.metadata, c.insecure))
	}
	if err = message.Join("keys: ", err, c.settings(home).Check()); err != nil {
		return nil, err
	}
	c.parser.issuer, c.parser.remote = issuer, true
	found := &discovery{issuer: issuer, metadata: c.metadata, insecure: c.insecure, log: c.logLine}
	return newRemote(c, &endpoint{place: found, client: fetch.NewClient(c.settings(home)), parser: c.parser})
}

// Refresh fetches now, even during backoff, or waits for the fetch under way.
// Call it at start to warm up or to fail fast. It returns when the fetch has
// ended or ctx ends; its errors wrap [ErrUnavailable] and the cause. After a
// failed Refresh the last good keys are still used.
func (r *Remote) Refresh(ctx context.Context) error {
	if r.isZero() {
		return errZeroRemote
	}
	return r.state.refresh(ctx)
}

// Run keeps the keys fresh until ctx ends, and then returns nil, so that no
// lookup of a known key waits, whether the endpoint is up or down. It is optional,
// and blocks: call it in your own goroutine. Failures do not end it;
// [Remote.Status] reports them. Once a minute it compares the time of day, which
// goes on while the machine sleeps.
func (r *Remote) Run(ctx context.Context) error {
	if r.isZero() {
		return errZeroRemote
	}
	r.state.run(ctx)
	return nil
}

// Status returns the state of the provider. It makes no request.
func (r *Remote) Status() Status {
	if r.isZero() {
		return Status{Err: errZeroRemote}
	}
	return r.state.status()
}

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
	return r.state.view.Load().unused(keyID)
}

// refresh fetches now, even during backoff, or waits for the fetch under way.
func (r *remote) refresh(ctx context.Context) error {
	now := r.config.now() // a clock that panics must not keep the lock
	r.mu.Lock()
	if r.schedule.StartNow(now) {
		r.launch(now, "", false)
	}
	a := r.attempt
	r.mu.Unlock()
	if err := a.wait(ctx, nil); err != nil {
		return r.unavailable(err)
	}
	if a.err != nil {
		return r.unavailable(a.err)
	}
	return nil
}

// A nap is how long run waits at most before it compares the time of day again:
// timers stand still while the machine sleeps, but keys grow old.
const nap = time.Minute

// run keeps the keys fresh until ctx ends. wake interrupts its wait when the next
// fetch is due at another time than before.
func (r *remote) run(ctx context.Context) {
	for ctx.Err() == nil {
		a, delay := r.due()
		if a != nil {
			a.wait(ctx, nil)
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

// due starts a fetch if it is time to. It returns the fetch under way, or nil
// and how long until the next one is due.
func (r *remote) due() (*attempt, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.now()
	if r.schedule.StartDue(now) {
		r.launch(now, "", false)
	}
	return r.attempt, r.schedule.Next().Sub(now)
}

func (r *remote) status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, v := r.config.now(), r.view.Load()
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
	if !refresh.Reached(now, v.expiry) { // else they verify nothing
		s.Keys = slices.Clone(v.all)
	}
	return s
}
