package bridge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// An Option configures [FromKeyfunc]. A nil Option is ignored.
type Option func(*source)

// AllowSecrets takes "oct" keys too. Use it only where the program itself fills
// the storage: a secret that an endpoint publishes is not a secret.
func AllowSecrets() Option { return func(s *source) { s.secrets = true } }

// FromKeyfunc provides the keys in the storage of a keyfunc.Keyfunc. keyfunc
// decides when they are fetched; none of the rules of a [keys.Remote] apply. Each
// key is read as [keys.Parse] reads it, so weak keys and those that are not for
// verifying are left out. Secrets are left out too, unless [AllowSecrets] is
// given. keyfunc does not support ML-DSA keys.
//
// Find fails with [keys.ErrUnavailable] for every error of the storage, when k is
// nil, and when the storage has no usable key, which means that it could never be
// filled. Once it has keys, keyfunc does not distinguish a missing key from a
// failed fetch: a token signed with a new key is then refused, where a
// [keys.Remote] of the same URL would leave it undecided.
func FromKeyfunc(k keyfunc.Keyfunc, opts ...Option) keys.Provider {
	s := &source{}
	if !absent.Is(k) {
		s.storage = k.Storage()
	}
	for _, o := range opts {
		if o != nil {
			o(s)
		}
	}
	return s
}

// A source provides the keys of a storage.
type source struct {
	storage jwkset.Storage
	secrets bool // of AllowSecrets
}

// Find implements [keys.Provider].
func (s *source) Find(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
	if absent.Is(s.storage) {
		return nil, fmt.Errorf("%w: FromKeyfunc was given no storage", keys.ErrUnavailable)
	}
	all, err := s.storage.KeyReadAll(ctx)
	if err == nil && h.KeyID != "" && !answers(all, h) {
		// keyfunc fetches only for a lookup of a single key.
		_, err = s.storage.KeyRead(ctx, h.KeyID)
		if err == nil || errors.Is(err, jwkset.ErrKeyNotFound) {
			all, err = s.storage.KeyReadAll(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: keyfunc: %w", keys.ErrUnavailable, message.Foreign(err))
	}
	return s.candidatesFor(all, h.KeyID)
}

// answers reports whether all has a key with the ID of h, or one without an ID
// that was not tried before.
func answers(all []jwkset.JWK, h keys.Hint) bool {
	for _, j := range all {
		if kid := j.Marshal().KID; kid == h.KeyID || kid == "" && !h.Retry {
			return true
		}
	}
	return false
}

// candidatesFor returns the keys with an ID and those without one, or all keys
// where id is "". It fails when no key at all is usable, so that an empty storage
// does not look like an unknown key.
func (s *source) candidatesFor(all []jwkset.JWK, id string) ([]*keys.Key, error) {
	var found []*keys.Key
	var last error
	usable := false
	for _, j := range all {
		kid := j.Marshal().KID
		chosen := id == "" || kid == "" || kid == id
		if usable && !chosen {
			continue // one usable key has shown already that the storage was filled
		}
		k, err := s.key(j)
		switch {
		case err != nil:
			last = err
		case chosen:
			found, usable = append(found, k), true
		default:
			usable = true
		}
	}
	switch {
	case usable:
		return found, nil
	case last != nil:
		return nil, fmt.Errorf("%w: keyfunc: none of its %d keys is usable; the last: %s", keys.ErrUnavailable, len(all), message.Bare(last))
	}
	return nil, fmt.Errorf("%w: keyfunc: its storage has no keys; perhaps they could not be fetched", keys.ErrUnavailable)
}

var errSecret = errors.New("a published secret is not a secret; use AllowSecrets only if the program itself fills the storage")

// key reads a key as if it stood in a document, with all checks of keys.Parse.
func (s *source) key(j jwkset.JWK) (*keys.Key, error) {
	m := j.Marshal()
	if secret, ok := j.Key().([]byte); ok {
		if !s.secrets {
			return nil, errSecret
		}
		m.K = base64.RawURLEncoding.EncodeToString(secret) // keyfunc may leave it out
	}
	doc, err := json.Marshal(m)
	if err != nil {
		return nil, errors.New("it cannot be written as a JWK")
	}
	ks, _, err := keys.Parse(doc)
	if err != nil {
		return nil, err
	}
	return ks[0], nil
}
