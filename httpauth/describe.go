package httpauth

import (
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// Describe returns doc with what m knows about itself, for those members about
// which doc says nothing:
//
//   - BearerMethods is "header" if m takes tokens by the scheme Bearer, and
//     otherwise an empty list. [Cookie], [Header] and [Authorization] of another
//     scheme are not methods of RFC 6750, and what an Extractor of your own reads is
//     not known: set BearerMethods where it is one.
//   - CertificateBound is true with [WithClientCertificate].
//   - DPoPAlgorithms are those of the proof whose scheme is DPoP.
//
// It changes no other member, and shares the lists of doc.
func (m *Middleware) Describe(doc Metadata) Metadata {
	m.mustBeMade("Describe")
	if doc.BearerMethods == nil {
		doc.BearerMethods = []string{}
		if slices.ContainsFunc(m.extract, readsBearer) {
			doc.BearerMethods = []string{"header"}
		}
	}
	for _, p := range m.proofs {
		if _, ok := p.Proof.(*clientCertificate); ok {
			doc.CertificateBound = true
		}
		if doc.DPoPAlgorithms == nil && p.scheme.Name == "DPoP" {
			doc.DPoPAlgorithms = p.scheme.algorithms()
		}
	}
	return doc
}

func readsBearer(e Extractor) bool {
	scheme, ok := schemeRead(e)
	return ok && ascii.EqualFold(scheme, "Bearer")
}

// algorithms returns those that the challenge of the scheme lists (RFC 9449 §7.1).
func (s Scheme) algorithms() []string {
	for _, p := range s.Parameters {
		if p.Name == "algs" {
			return strings.Fields(p.Value)
		}
	}
	return nil
}
