package issuing

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/keys"
)

// A Ring is the keys of an issuer: the one that it signs with, and the one before.
// Goroutines may share it.
type Ring struct {
	alg     keys.Algorithm
	made    *atomic.Int64  // how many keys there were, to give each an ID of its own
	members map[string]any // of each JWK; nil: left out

	mu      sync.Mutex
	signers []*Signer // published, the newest last
}

// NewRing returns a Ring with first as its first key, or with a new one for alg. Rings that share made have no two keys
// with the same ID. members are added to each JWK; a nil value leaves one out.
func NewRing(first *Signer, alg keys.Algorithm, made *atomic.Int64, members map[string]any) (*Ring, error) {
	switch alg {
	case keys.HS256, keys.HS384, keys.HS512:
		return nil, fmt.Errorf("an issuer cannot publish a secret for %s", alg)
	}
	r := &Ring{alg: alg, made: made, members: members}
	if first != nil {
		r.signers = []*Signer{first}
		return r, nil
	}
	return r, r.Rotate()
}

// Rotate makes a new key and signs with it from now on. The one before stays
// published, older ones do not.
func (r *Ring) Rotate() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := NewSigner(r.alg, fmt.Sprintf("key-%d", r.made.Add(1)))
	if err != nil {
		return err
	}
	r.signers = append(r.signers, s)
	r.signers = r.signers[max(0, len(r.signers)-2):]
	return nil
}

// Newest returns the key that is signed with.
func (r *Ring) Newest() *Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.signers[len(r.signers)-1]
}

// Published returns the JWKs that are published.
func (r *Ring) Published() (list []map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.signers {
		var members map[string]any
		if err := json.Unmarshal(s.JWK(), &members); err != nil {
			panic(err) // it was written by this package
		}
		maps.Copy(members, r.members)
		maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
		list = append(list, members)
	}
	return list
}

// Metadata is what an issuer says of itself (OpenID Connect Discovery 1.0 §3).
func Metadata(issuer, jwks string, alg keys.Algorithm) map[string]any {
	return map[string]any{
		"issuer":                                issuer,
		"jwks_uri":                              jwks,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []keys.Algorithm{alg},
	}
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
