package keys

import (
	"slices"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/internal/signature"
)

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
