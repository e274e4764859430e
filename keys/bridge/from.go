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

// An Option configures [FromKeyfunc].
type Option func(*source)

// AllowSecrets takes "oct" keys too. Use it only where the storage is filled by
// the program itself: a secret that an endpoint publishes is not one.
func AllowSecrets() Option { return func(s *source) { s.secrets = true } }

// FromKeyfunc provides the keys in the storage of a keyfunc.Keyfunc, which
// decides when they are fetched: of the rules of a [keys.Remote] none applies to
// it. Each key is taken as [keys.Parse] takes it, so that weak keys and those
// that are not for verifying are left out. Secrets are left out, too, unless
// [AllowSecrets] is given. keyfunc does not know ML-DSA keys.
//
// A storage without a usable key is one that could never be filled: Find then
// fails with [keys.ErrUnavailable], as it does for every other error of the
// storage and where k is nil. Once the storage has keys, keyfunc no longer
// tells a key that is not there from a fetch that failed; a [keys.Remote] of the
// same URL does.
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

type source struct {
	storage jwkset.Storage
	secrets bool
}

// Find implements [keys.Provider].
func (s *source) Find(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
	if absent.Is(s.storage) {
		return nil, fmt.Errorf("%w: bridge: FromKeyfunc was given no storage", keys.ErrUnavailable)
	}
	all, err := s.storage.KeyReadAll(ctx)
	if err == nil && h.KeyID != "" && !answers(all, h) {
		// Only a lookup of one key lets keyfunc fetch.
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

// answers reports whether there is a key of that ID, or one without ID that was
// not tried before.
func answers(all []jwkset.JWK, h keys.Hint) bool {
	for _, j := range all {
		if kid := j.Marshal().KID; kid == h.KeyID || kid == "" && !h.Retry {
			return true
		}
	}
	return false
}

// candidatesFor takes the keys of an ID and those without one; all of them where id is
// "". Where there are none, a storage that has other usable keys has looked.
func (s *source) candidatesFor(all []jwkset.JWK, id string) ([]*keys.Key, error) {
	var found []*keys.Key
	var last error
	usable := false
	for _, j := range all {
		kid := j.Marshal().KID
		chosen := id == "" || kid == "" || kid == id
		if usable && !chosen {
			continue // its key would only show that the storage was filled
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

var errSecret = errors.New("a published secret is not a secret; AllowSecrets takes it all the same")

// key reads a key as if it stood in a document.
func (s *source) key(j jwkset.JWK) (*keys.Key, error) {
	m := j.Marshal()
	if secret, ok := j.Key().([]byte); ok {
		if !s.secrets {
			return nil, errSecret
		}
		m.K = base64.RawURLEncoding.EncodeToString(secret) // which keyfunc leaves out of some
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
