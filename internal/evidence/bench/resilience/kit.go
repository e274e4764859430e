package resilience

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// A Kit is the keys of the scenarios, and how much each sends. Its fields may be
// set before the first run; the figures of different settings are not comparable.
type Kit struct {
	Tokens   int           // good tokens in a stream
	Every    time.Duration // between two of them
	Flood    int           // forged tokens of a flood
	Callers  int           // goroutines that send them, and callers on a cold cache
	Latency  time.Duration // of the endpoint in those two, and in a rotation
	Body     int64         // where an endless body ends after all
	Deadline time.Duration // after which a caller gives up, by its context
	Patience time.Duration // after which a caller is no longer waited for
	Start    time.Duration // how long a start may take before requests come
	Outage   time.Duration // how long the endpoint is down at a cold start
	Limit    time.Duration // within which a change of the endpoint is to be noticed

	first, second, other, weak *signer
	secret                     []byte
	packed                     func() []byte
}

// NewKit returns a kit as the report uses it.
func NewKit() (*Kit, error) {
	trust()
	k := &Kit{
		Tokens: 300, Every: 10 * time.Millisecond,
		Flood: 10_000, Callers: 100, Latency: 20 * time.Millisecond,
		Body:     256 << 20,
		Deadline: 2 * time.Second, Patience: 5 * time.Second,
		Start: 3 * time.Second, Outage: 2 * time.Second, Limit: 6 * time.Second,
		secret: make([]byte, 32),
	}
	rand.Read(k.secret)
	k.packed = sync.OnceValue(func() []byte { return pack(k.Body) })
	var errs []error
	for _, s := range []struct {
		to   **signer
		kid  string
		bits int
	}{{&k.first, "first", 2048}, {&k.second, "second", 2048}, {&k.other, "other", 2048}, {&k.weak, "weak", 1024}} {
		var err error
		*s.to, err = newSigner(s.kid, s.bits)
		errs = append(errs, err)
	}
	return k, errors.Join(errs...)
}

// pool is how many different tokens a stream uses in turn.
const pool = 16

// good is a stream of tokens of the issuer.
func (k *Kit) good(by *signer, iss Issuer) stream {
	return stream{by.tokens(iss, pool), k.Tokens, k.Every}
}

// elsewhereID is the kid of the second issuer's key.
const elsewhereID = "elsewhere"

// few are so many bad tokens that one accepted is no chance.
const few = 20

// A beginning is how most scenarios begin: one endpoint that works.
type beginning struct {
	set     []byte        // that it publishes; nil: k.first alone
	latency time.Duration // of its answers
	refresh time.Duration // as in a Setting
}

// after makes an endpoint and a service that has its keys, and lets then go on.
func (k *Kit) after(ctx context.Context, lib Library, b beginning, then func(s *service, at *site, f *Figures) error) (f Figures, err error) {
	if b.set == nil {
		b.set = setOf(k.first.public())
	}
	at, err := newSite("127.0.0.1", b.set)
	if err != nil {
		return f, err
	}
	defer at.close()
	at.latency = b.latency
	s, err := k.running(ctx, lib, b.refresh, at)
	if err != nil {
		return f, err
	}
	defer s.close()
	err = then(s, at, &f)
	return f, err
}

// running starts a service at the sites, and sees that it verifies a token of each:
// the first signs with k.first, and another with the same key as "elsewhere".
func (k *Kit) running(ctx context.Context, lib Library, refresh time.Duration, sites ...*site) (*service, error) {
	set := Setting{Refresh: refresh}
	for _, s := range sites {
		set.Issuers = append(set.Issuers, s.Issuer)
	}
	s := start(ctx, lib, set, k.Limit)
	by := k.first
	for _, at := range sites {
		raw := by.token(at.Issuer)
		if _, ok := k.until(s, raw, true, k.Limit); !ok {
			err := s.verify(raw, k.Deadline, k.Patience)
			s.close()
			return nil, fmt.Errorf("%s does not verify a good token: %w", lib.Name(), err)
		}
		by = k.first.as(elsewhereID)
	}
	for _, at := range sites {
		at.fetches.Store(0)
		at.written.Store(0)
	}
	return s, nil
}

// Sound checks that a library, as it is set up, verifies a good token and refuses
// bad ones of every kind that a healthy endpoint lets it know.
func (k *Kit) Sound(ctx context.Context, lib Library) error {
	at, err := newSite("127.0.0.1", setOf(k.first.public()))
	if err != nil {
		return err
	}
	defer at.close()
	s, err := k.running(ctx, lib, 0, at)
	if err != nil {
		return err
	}
	defer s.close()
	other := at.Issuer
	other.URL += "/other"
	another := at.Issuer
	another.Audience = "another-api"
	var errs []error
	for what, raw := range map[string]string{
		"with a bad signature": forged(k.first.kid, at.Issuer),
		"of an unknown key":    k.other.token(at.Issuer),
		"of another issuer":    k.first.token(other),
		"for another audience": k.first.token(another),
		"without a signature":  signingInput("none", k.first.kid, at.Issuer) + ".",
	} {
		if s.verify(raw, k.Deadline, k.Patience) == nil {
			errs = append(errs, fmt.Errorf("%s accepts a token %s", lib.Name(), what))
		}
	}
	return errors.Join(errs...)
}

// prod is a bad token now and then: some libraries fetch for nothing else.
func (k *Kit) prod(s *service, iss Issuer, stop <-chan struct{}) *tally {
	raws := make([]string, pool)
	for i := range raws {
		raws[i] = forged(rand.Text(), iss)
	}
	return k.send(s, stream{tokens: raws, every: 50 * k.Every}, stop)
}

// heap is how many bytes are in use on the heap.
func heap() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// held starts to watch the heap, and returns a function that ends it and says by
// how much the heap has grown at most.
func held() func() int64 {
	before, stop, most := settled(), make(chan struct{}), make(chan int64)
	go func() {
		top := int64(0)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				top = max(top, heap()-before)
			case <-stop:
				most <- top
				return
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-most
	}
}

// settled is the size of the heap once what earlier scenarios left behind, such as
// a body that is still being read, is gone; or after a while.
func settled() int64 {
	last := int64(0)
	for range 50 {
		runtime.GC()
		debug.FreeOSMemory()
		now := heap()
		if change := now - last; change < 256<<10 && change > -256<<10 {
			return now
		}
		last = now
		time.Sleep(200 * time.Millisecond)
	}
	return last
}
