package conformance_test

import (
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/keys"
)

// A bound is a stance's key.
type bound struct {
	alg keys.Algorithm
	key any
}

// boundKeys are the keys of a document, each with the algorithm that jwtverify
// binds it to, for tokens that do not name another key.
func boundKeys(doc []byte, kid string) (all []bound) {
	ks, _, err := keys.Parse(doc)
	if err != nil {
		return nil
	}
	for _, k := range ks {
		b := bound{k.Algorithm(), k.Public()}
		if strings.HasPrefix(string(b.alg), "ML-DSA") { // which nobody else knows
			continue
		}
		if b.key == nil {
			var oct struct {
				K string `json:"k"`
			}
			if json.Unmarshal(doc, &oct) != nil {
				continue
			}
			b.key, _ = base64url.DecodeString(oct.K)
		}
		if kid == "" || k.ID() == "" || k.ID() == kid {
			all = append(all, b)
			if _, given := (&tokenCase{JWK: doc}).named("alg"); b.alg == keys.EdDSA && !given { // RFC 9864 §2.2
				all = append(all, bound{keys.Ed25519, b.key})
			}
		}
	}
	return all
}

// named is a member of the case's JWK.
func (c *tokenCase) named(member string) (value any, ok bool) {
	var members map[string]any
	if json.Unmarshal(c.JWK, &members) == nil {
		value, ok = members[member]
	}
	return value, ok
}

// seats are those of a case: one for each key and algorithm.
func (c *tokenCase) seats(signatureOnly bool) (all []seat) {
	o := &c.Options
	kid, _ := c.peek(0)["kid"].(string)
	jwks := c.JWKS.Keys
	if c.JWK != nil {
		jwks = append(jwks, c.JWK)
	}
	for _, jwk := range jwks {
		for _, doc := range bindAlgorithm(jwk, c.Algs) {
			for _, b := range boundKeys(doc, kid) {
				if !slices.Contains(c.Algs, b.alg) {
					continue
				}
				s := &stance{alg: b.alg, key: b.key, now: c.clock()(), signatureOnly: signatureOnly}
				if signatureOnly {
					if typ, ok := c.peek(0)["typ"].(string); ok && typ != "" && typ == strings.TrimSpace(typ) {
						s.types = []string{typ}
					}
				} else {
					s.leeway, s.types = seconds(o.Leeway), o.Types
					s.issuers, s.audiences = noneEmpty(o.Issuers), noneEmpty(o.Audiences)
					s.needExpiry = !slices.Contains(c.Tags, "no-exp")
				}
				all = append(all, s.seat())
			}
		}
	}
	return all
}

// noneEmpty leaves out what no library takes for an expectation.
func noneEmpty(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

func (s *stance) seat() seat { return seat{s, newBench(s)} }

// bound are the keys of the case.
func (c *peerCase) bound(kid string) (all []bound) {
	k := &c.Keys
	var set jwkSet
	switch {
	case k.Down:
	case k.Secret != nil:
		return []bound{{k.Alg, k.longSecret()}}
	case k.PEM != "":
		if block, _ := pem.Decode([]byte(k.PEM)); block != nil {
			return boundKeys([]byte(k.PEM), kid)
		}
	case k.JWK != nil:
		return boundKeys(c.withAlgorithm(k.JWK), kid)
	case json.Unmarshal(k.JWKS, &set) == nil:
		for _, jwk := range set.Keys {
			all = append(all, boundKeys(c.withAlgorithm(jwk), kid)...)
		}
	}
	return all
}
