package simulation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A host is a process that verifies tokens. It can be restarted.
type host struct {
	hostSpec
	n     int
	clock hostClock

	feeds     []*feed
	v         verifier.Verifier
	watcher   *verifier.Watcher
	streams   []*watched
	stop      context.CancelFunc // of Run
	snapshots map[int]*kept      // what its snapshot files hold, by issuer

	router   *verifier.Router
	keyed    []*verifier.Keyed // by issuer
	registry []listing         // what the list says of each issuer
}

// A kept set is what a snapshot holds. The time is the time of day.
type kept struct {
	fetched time.Duration
	said    int
	keys    []entry
}

// A listing is what the list of a Router says of an issuer, and since when.
type listing struct {
	state int
	since time.Duration
}

// A feed is one source of a host, and its model.
type feed struct {
	is       *issuer
	provider keys.Provider

	line    *line
	src     *source    // nil unless it is fetched
	each    *perKey    // nil unless it is fetched key by key
	file    *fileModel // nil unless it is a file
	set     *keys.Set
	held    *setModel     // nil unless it is a Set
	changed time.Duration // when the Set was
	dead    bool          // it could not be made
}

// fresh returns for how long a set counts as fresh whose answer said so.
func (h *host) fresh(said int) time.Duration {
	switch {
	case h.Every > 0:
		return h.Every
	case said < 0:
		return 10 * time.Minute
	}
	return min(max(time.Duration(said)*time.Second, time.Minute), 24*time.Hour)
}

func (h *host) snapshotPath(w *world, is *issuer) string {
	return filepath.Join(w.dir, fmt.Sprintf("snapshot-%d-%d.json", h.n, is.n))
}

// start starts h.
func (h *host) start(w *world) {
	h.feeds = nil
	var all []keys.Provider
	for _, is := range w.issuers {
		f := h.feed(w, is)
		h.feeds = append(h.feeds, f)
		if h.Shape != loose {
			f.provider = keys.ForIssuer(is.name, f.provider)
		}
		all = append(all, f.provider)
	}
	if h.Run {
		ctx, cancel := context.WithCancel(context.Background())
		h.stop = cancel
		p := keys.Merge(all...)
		go keys.Run(ctx, p)
	}
	h.verifiers(w, all)
	h.watcher = verifier.NewWatcher(h.v)
	h.streams = nil
}

func (h *host) verifiers(w *world, all []keys.Provider) {
	h.router, h.keyed = nil, nil
	opts := []verifier.Option{verifier.WithClock(h.clock.now), verifier.WithAnyAudience()}
	if h.Cache > 0 {
		opts = append(opts, verifier.WithCache(h.Cache))
	}
	fixed := map[string]verifier.Verifier{}
	var names []string
	for i, is := range w.issuers {
		names = append(names, is.name)
		v, err := verifier.New(all[i], append(opts, verifier.WithIssuer(is.name))...)
		w.must(err)
		fixed[is.name], h.keyed = v, append(h.keyed, v)
	}
	switch h.Shape {
	case byIssuer:
		h.v = verifier.ByIssuer(fixed)
	case routed:
		h.router = verifier.Route(func(s *claims.Set) string { return s.Issuer }, func(_ context.Context, choice string) (verifier.Verifier, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for i, is := range w.issuers {
				if is.name == choice {
					return h.listed(i)
				}
			}
			return nil, nil
		}, 1)
		h.v = h.router
	default:
		v, err := verifier.New(keys.Merge(all...), append(opts, verifier.WithIssuer(names...))...)
		w.must(err)
		h.v = v
	}
}

func (h *host) listed(i int) (verifier.Verifier, error) {
	switch h.registry[i].state {
	case unlisted:
		return nil, nil
	case listDown:
		return nil, errors.New("the list cannot be read")
	}
	return h.keyed[i], nil
}

// feed makes the source of is, and its model.
func (h *host) feed(w *world, is *issuer) *feed {
	f := &feed{is: is}
	now := w.since()
	base := []keys.Option{keys.WithClock(h.clock.now), keys.WithMaxStale(h.MaxStale)}
	var err error
	switch is.Form {
	case inFile:
		f.file = &fileModel{clock: &h.clock.log, maxStale: h.MaxStale, checked: now, next: now + h.clock.log.offset(now) + checkEvery, keys: is.current.keys}
		if f.provider, err = keys.NewFile(is.path, base...); err != nil {
			if is.current.good {
				w.must(err)
			}
			f.provider, f.dead = keys.Static(), true
		}
		return f
	case inSet:
		f.set, f.held = keys.NewSet(), &setModel{}
		for _, e := range is.current.keys {
			f.set.Add(material().key(e))
			f.held.add(e)
		}
		f.provider = f.set
		return f
	case ownProgram:
		f.provider = keys.ProviderFunc(f.find(w, h))
		return f
	}
	if is.Form == onePerID {
		f.each = newPerKey(&h.clock.log, h.MaxStale, now)
		f.line = &line{w: w, host: h, is: is, dead: make(chan struct{})}
		if h.Every > 0 {
			base = append(base, keys.WithRefresh(h.Every))
		}
		r, err := keys.NewPerID(is.name+"/keys/{kid}", append(base, keys.WithHTTPClient(&http.Client{Transport: singleLine{f.line, f.each}}))...)
		w.must(err)
		f.provider = r
		return f
	}
	f.src = &source{clock: &h.clock.log, maxStale: h.MaxStale, began: now, first: h.begin(w, is)}
	f.line = &line{w: w, host: h, is: is, src: f.src, dead: make(chan struct{}), said: -1}
	if h.Every > 0 {
		base = append(base, keys.WithRefresh(h.Every))
	}
	if h.Snapshot {
		base = append(base, keys.WithSnapshotFile(h.snapshotPath(w, is)))
	}
	if h.Seed {
		base = append(base, keys.WithSeed([]byte(is.versions[0].body)))
	}
	client := keys.WithHTTPClient(&http.Client{Transport: f.line})
	var r *keys.Remote
	switch is.Form {
	case overJWKS:
		r, err = keys.NewRemote(is.name+"/jwks", append(base, client)...)
	case overOIDC:
		r, err = keys.NewOIDC(is.name, append(base, client)...)
	case fromFunc:
		r, err = keys.NewSource(is.name, f.line.fetch, base...)
	}
	w.must(err)
	f.provider = r
	return f
}

// begin returns what the model of a remote set starts from.
func (h *host) begin(w *world, is *issuer) *version {
	now := w.since()
	if k := h.snapshots[is.n]; k != nil && h.Snapshot {
		day := now + h.clock.log.offset(now)
		v := &version{from: now, age: max(0, day-k.fetched), fresh: h.fresh(k.said), keys: k.keys, seeded: true}
		if k.fetched <= day+time.Minute && v.age < v.fresh+h.MaxStale {
			return v
		}
	}
	if h.Seed {
		return &version{from: now, fresh: h.fresh(-1), keys: is.versions[0].keys, seeded: true}
	}
	return nil
}

// find is a provider of somebody else's.
func (f *feed) find(w *world, h *host) func(context.Context, keys.Hint) ([]*keys.Key, error) {
	return func(context.Context, keys.Hint) ([]*keys.Key, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch f.is.faults[h.n] {
		case fine:
		case panics:
			if (h.Shape == merged || h.Shape == loose) && len(w.issuers) > 1 { // Merge recovers
				panic("the provider panics")
			}
			fallthrough
		default:
			return nil, keys.ErrUnavailable
		}
		var ks []*keys.Key
		for _, e := range f.is.current.keys {
			ks = append(ks, material().key(e))
		}
		return ks, nil
	}
}

// die ends h, and with it everything that it waits for.
func (h *host) die(w *world) {
	w.mu.Lock()
	h.v = nil
	w.mu.Unlock()
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
	for _, f := range h.feeds {
		if f.line != nil {
			close(f.line.dead)
		}
	}
	h.hangUp()
}

// spoil does to the snapshots what fate says.
func (h *host) spoil(w *world, fate int) {
	for _, f := range h.feeds {
		if f.line == nil || !h.Snapshot {
			continue
		}
		path := h.snapshotPath(w, f.is)
		doc, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		switch fate {
		case keepSnapshot:
			continue
		case loseSnapshot:
			w.must(os.Remove(path))
		case cutSnapshot:
			w.must(os.WriteFile(path, doc[:len(doc)/2], 0o600))
		case openSnapshot:
			w.must(os.Chmod(path, 0o666))
		case swapSnapshot:
			w.must(os.WriteFile(path, bytes.Replace(doc, []byte(`"origin":"`), []byte(`"origin":"x`), 1), 0o600))
		}
		delete(h.snapshots, f.is.n)
	}
}
