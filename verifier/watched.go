package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
	"github.com/jwtverify/jwtverify/keys"
)

// A watched key is one that streams depend on. They share it, so that its provider
// is asked once for all of them.
type watched struct {
	watchedID
	key  *keys.Key
	over atomic.Pointer[failure] // why its tokens are no longer good; nil while they are

	round uint64    // of look, when it was asked last
	now   time.Time // by the clock of the verifier, at that time

	// The mutex of the Watcher guards these.
	asking bool      // Find runs
	memory bool      // its provider had it in memory, so it also keeps it through an outage
	seen   time.Time // when its provider last had it
}

// A watchedID tells the keys apart for which a provider is asked differently.
type watchedID struct {
	by   *Keyed
	hint keys.Hint
}

const (
	// findTime bounds one lookup of a key that is not in memory.
	findTime = 5 * time.Second
	// maxUnseen is how long a key counts that its provider, which is not one of
	// package keys, cannot look for. It is the default of keys.WithMaxStale.
	maxUnseen = time.Hour
)

var errProviderGone = errors.New("the provider ended its goroutine")

// watchedOf returns the key of tok as it is watched for the verifier k, or nil if
// nobody knows the key. A new one counts as asked in that round, with the answer
// inMemory. The lock is held.
func (w *Watcher) watchedOf(k *Keyed, tok *Token, now time.Time, round uint64, inMemory bool) *watched {
	if k == nil || tok.origin == nil {
		return nil
	}
	id := watchedID{k, tok.origin.hint(tok)}
	for _, a := range w.watched[id] {
		if a.key.Equal(tok.origin.key) {
			return a
		}
	}
	id.hint.Issuer = strings.Clone(id.hint.Issuer) // it is part of a token
	id.hint.Algorithm = tok.origin.key.Algorithm()
	if tok.Algorithm != id.hint.Algorithm {
		id.hint.Algorithm = keys.Algorithm(strings.Clone(string(tok.Algorithm)))
	}
	a := &watched{watchedID: id, key: tok.origin.key, round: round, now: now, seen: time.Now(), memory: inMemory}
	if w.watched == nil {
		w.watched = map[watchedID][]*watched{}
	}
	w.watched[id] = append(w.watched[id], a)
	return a
}

// inMemory reports whether the provider of k has the key of tok in memory. The lock is
// free: the provider may ask a clock of the caller.
func inMemory(k *Keyed, tok *Token) bool {
	if k == nil || tok.origin == nil {
		return false
	}
	found, _ := keys.InMemory(k.keys, tok.origin.hint(tok))
	return slices.ContainsFunc(found, tok.origin.key.Equal)
}

// forget makes the next token of a key start anew. The lock is held.
func (w *Watcher) forget(a *watched) {
	left := slices.DeleteFunc(w.watched[a.watchedID], func(other *watched) bool { return other == a })
	if len(left) > 0 {
		w.watched[a.watchedID] = left
	} else {
		delete(w.watched, a.watchedID) // the map is nil if the last stream has gone meanwhile
	}
}

// sweep forgets the keys that no stream needs now. The lock is held.
func (w *Watcher) sweep() {
	for _, list := range w.watched {
		for _, a := range slices.Clone(list) {
			if a.round != w.round && !a.asking {
				w.forget(a)
			}
		}
	}
}

// ask asks once a round whether the key is still there. Only look calls it.
func (w *Watcher) ask(a *watched) {
	if a.round == w.round {
		return
	}
	a.round, a.now = w.round, a.by.now()
	found, complete := keys.InMemory(a.by.keys, a.hint)
	has := slices.ContainsFunc(found, a.key.Equal)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case has:
		a.memory, a.seen = true, time.Now()
	case complete:
		w.end(a, &failure{umbrella: ErrInvalidToken, kind: ErrUnknownKey, cause: errRemoved})
	case !a.asking:
		a.asking = true
		go w.find(a)
	}
}

// end makes every stream of a end. The lock is held. A token that is verified
// later starts anew.
func (w *Watcher) end(a *watched, why *failure) {
	a.over.Store(why)
	w.forget(a)
}

// why returns why tok, which the key has signed, is no longer good, or nil.
func (a *watched) why(tok *Token) error {
	if f := a.over.Load(); f != nil {
		return &failure{f.umbrella, f.kind, f.cause, tok.Set}
	}
	return nil
}

// find asks the provider, which may be anybody's code and may wait. If the key has
// gone, it ends the streams without waiting for the next look.
func (w *Watcher) find(a *watched) {
	has, err := false, errProviderGone
	// Deferred, since the provider may end the goroutine instead of returning.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the provider panicked: %s", panicked(p))
		}
		for _, s := range w.found(a, has, err) {
			w.drop(s, a.why(s.tok))
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), findTime)
	defer cancel()
	has, err = a.find(ctx)
}

// find reports whether the provider still has the key. If it finds others, it is
// asked to look again: the answer of a keys.Merge may lack the keys of a source
// that is slow.
func (a *watched) find(ctx context.Context) (bool, error) {
	hint := a.hint
	for {
		found, err := a.by.keys.Find(ctx, hint)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(found, a.key.Equal) {
			return true, nil
		}
		if hint.Retry {
			return false, nil
		}
		hint.Retry = true
	}
}

// found takes over the answer of find and returns the streams that it ends.
func (w *Watcher) found(a *watched, has bool, err error) (over []*stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.asking = false
	switch now := time.Now(); {
	case err == nil && has:
		a.seen = now
		return nil
	case err == nil:
		w.end(a, &failure{umbrella: ErrInvalidToken, kind: ErrUnknownKey, cause: errRemoved})
	case a.memory, refresh.Elapsed(a.seen, now) >= maxUnseen:
		w.end(a, undecided(err))
	default:
		return nil
	}
	for _, s := range w.streams {
		if s.key == a {
			over = append(over, s)
		}
	}
	return over
}
