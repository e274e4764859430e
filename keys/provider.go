package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/internal/signature"
)

// ErrUnavailable is returned when a provider could not look: it knows neither
// that there is a key nor that there is none. The error wraps the cause too.
// Trying again later may help; the token is not to blame.
var ErrUnavailable = errors.New("keys: unavailable")

// A Hint is what a token says about its key, before anything in it is trusted.
// It selects among the keys that a [Provider] has; it never supplies one. The
// zero Hint selects nothing, since every key needs an algorithm.
type Hint struct {
	// KeyID is the "kid" of the token (RFC 7515 §4.1.4), or "" when it has none.
	KeyID string
	// Algorithm is the "alg" of the token (RFC 7515 §4.1.1).
	Algorithm Algorithm
	// Issuer is the "iss" of the token, or "" when it has none or nobody has
	// read it yet. It is not verified, so it only narrows the choice: keys bound
	// to another issuer are left out, and a source bound to another issuer does
	// not fetch. "" narrows nothing.
	Issuer string
	// Retry is true when the keys found before did not verify the token: the
	// issuer may have replaced a key without changing its ID. A provider that
	// can look again does so, within its limits; others return the same keys.
	Retry bool
}

// Fits reports whether k may verify the token: it accepts the algorithm, the key
// IDs are equal or one is missing, and it is not bound to an issuer other than
// h.Issuer. A nil key does not fit.
func (h Hint) Fits(k *Key) bool {
	return k != nil && k.Accepts(h.Algorithm) && h.names(k) && (h.Issuer == "" || k.VouchesFor(h.Issuer)) // rule 5: only a key that fits
}

// names reports whether the key IDs are equal, or one is missing.
func (h Hint) names(k *Key) bool {
	return h.KeyID == "" || k.id == "" || h.KeyID == k.id
}

// foreign reports whether the token of h names an issuer other than issuer.
func (h Hint) foreign(issuer string) bool {
	return issuer != "" && h.Issuer != "" && h.Issuer != issuer
}

// A Provider finds the keys that may verify a token.
//
// No keys and a nil error mean that it looked and found none: the token is
// refused. An error means that it could not look; it should wrap
// [ErrUnavailable], and no keys come with it: the token stays undecided. Telling
// these apart is the heart of the contract, and package keystest checks it.
//
// Find is called by many goroutines, for every token, so a provider that asks
// over a network should cache; [NewSource] does. It should return when ctx ends.
// The slice it returns is shared and read-only.
//
// Keys that do not fit the hint may be among those returned: the verifier
// leaves them out. When no key fits, return keys with the right ID and another
// algorithm if there are any, so that the verifier can say what is wrong with
// the token.
type Provider interface {
	Find(ctx context.Context, h Hint) ([]*Key, error)
}

// ProviderFunc makes a function a [Provider].
type ProviderFunc func(ctx context.Context, h Hint) ([]*Key, error)

// Find calls f. The Find of a nil f fails with [ErrUnavailable].
func (f ProviderFunc) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if f == nil {
		return nil, errNilProvider
	}
	return f(ctx, h)
}

// HMAC provides one secret that the signer knows too, as a key without an ID:
// it is tried for every token of its algorithm. alg is HS256, HS384 or HS512.
// HMAC fails as [NewSecret] does, such as for a secret shorter than the hash.
//
// Anyone who can verify with a secret can also sign with it. Where the signer is
// another party, use its public keys instead.
func HMAC(alg Algorithm, secret []byte) (Provider, error) {
	k, err := NewSecret("", alg, secret)
	if err != nil {
		return nil, err
	}
	return Static(k), nil
}

// Static provides ks, which never change. Nil and zero keys are left out. When
// none is left, Find and [Refresh] fail with [ErrUnavailable].
func Static(ks ...*Key) Provider { return static{newIndex(ks, nil)} }

// newStatic is Static for the keys of a document, which remembers why some of
// its keys are not used.
func newStatic(ks []*Key, skipped []Skipped) Provider { return static{newIndex(ks, skipped)} }

type static struct{ *index }

var errNoStatic = fmt.Errorf("%w: Static was given no key; give it at least one", ErrUnavailable)

func (s static) Find(_ context.Context, h Hint) ([]*Key, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.find(h), nil
}

// check fails when there is nothing to verify with: that is a mistake in the
// program, not in a token.
func (s static) check() error {
	if len(s.all) == 0 {
		return errNoStatic
	}
	return nil
}

func (s static) findNow(h Hint) ([]*Key, bool) { return s.find(h), len(s.all) > 0 }
func (s static) atHand(h Hint) []*Key          { return s.find(h) }
func (s static) boundTo() []string             { return nil }

// An index is an immutable set of keys that is searched without allocating. Every
// provider that has keys in memory searches one: Static, Set, File and Remote.
type index struct {
	all         []*Key
	byID        map[string][]*Key    // the keys of that ID, then those without an ID
	byAlgorithm map[Algorithm][]*Key // for tokens without a key ID
	anonymous   []*Key               // the keys without an ID

	skipped []Skipped         // the keys of the source that are not used
	reasons map[string]string // why, by key ID

	used map[string]*atomic.Int64 // when a key was last looked up, by ID; nil: not counted
}

// A class is the set of keys without an ID that fit the same tokens.
type class struct {
	alg           Algorithm
	issuer, scope string
}

// Bounds on what a source can make an index hold: each key without an ID is in
// the list of every key ID.
const (
	maxAnonymous = 64   // keys without an ID, of all classes
	maxReasons   = 1024 // key IDs of skipped keys
)

// newIndex returns an index of ks, without nil and zero keys. Of the keys without
// an ID it keeps in each class one more than a verifier tries: with more than
// that the verifier refuses, and must see that there are too many (rule 5: at most four).
func newIndex(ks []*Key, skipped []Skipped) *index {
	x := &index{byID: map[string][]*Key{}, byAlgorithm: map[Algorithm][]*Key{}, skipped: skipped, reasons: map[string]string{}}
	for _, s := range skipped {
		if s.KeyID != "" && len(x.reasons) < maxReasons {
			x.reasons[s.KeyID] = s.Reason
		}
	}
	anonymous := map[class]int{}
	for _, k := range ks {
		if k == nil || k.material == nil {
			continue
		}
		x.all = append(x.all, k)
		x.byAlgorithm[k.alg] = append(x.byAlgorithm[k.alg], k)
		if k.alias != "" {
			x.byAlgorithm[k.alias] = append(x.byAlgorithm[k.alias], k)
		}
		if k.id != "" {
			x.byID[k.id] = append(x.byID[k.id], k)
		} else if c := (class{k.alg, k.issuer, k.scope}); anonymous[c] <= signature.MaxCandidates && len(x.anonymous) < maxAnonymous {
			anonymous[c]++
			x.anonymous = append(x.anonymous, k)
		}
	}
	for id, ks := range x.byID {
		x.byID[id] = slices.Concat(ks, x.anonymous)
	}
	return x
}

// find returns the keys of that ID and those without one; for a token without an ID,
// those of its algorithm, or all when there are none, so that a refusal can say so.
// The caller filters again.
func (x *index) find(h Hint) []*Key {
	if h.KeyID != "" {
		if ks, ok := x.byID[h.KeyID]; ok {
			return ks
		}
		return x.anonymous
	}
	if ks, ok := x.byAlgorithm[h.Algorithm]; ok {
		return ks
	}
	return x.all
}

// knows reports whether a key of any algorithm has the ID.
func (x *index) knows(id string) bool {
	_, ok := x.byID[id]
	return ok
}

// unused returns why keys of that ID were skipped.
func (x *index) unused(keyID string) (reason string, ok bool) {
	reason, ok = x.reasons[keyID]
	return reason, ok
}

// A broken provider stands for one that could not be made, where the constructor
// has no error to return. It fails every lookup, so the mistake shows at the first
// Refresh or token and never as an accepted one.
type broken struct{ err error }

func (b broken) Find(context.Context, Hint) ([]*Key, error) { return nil, b.err }
func (b broken) Refresh(context.Context) error              { return b.err }
func (b broken) Status() Status                             { return Status{Err: b.err} }

// findFrom calls Find of p and drops keys that come with an error: p could not
// look, so those keys may have been withdrawn.
func findFrom(ctx context.Context, p Provider, h Hint) ([]*Key, error) {
	ks, err := p.Find(ctx, h)
	if err != nil {
		return nil, err
	}
	return ks, nil
}
