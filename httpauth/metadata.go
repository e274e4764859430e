package httpauth

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// Metadata describes a protected resource, so that clients learn how to get a
// token for it (RFC 9728 §2). It is also the http.Handler that serves the
// document; register it at the path of [Metadata.WellKnown]. Each of several
// resources on one server has its own document there. Empty members are left out.
// Goroutines share it, as long as nobody changes it.
type Metadata struct {
	Resource             string   `json:"resource"`                        // its https URL, as tokens name it in "aud"
	AuthorizationServers []string `json:"authorization_servers,omitempty"` // issuer URLs
	Scopes               []string `json:"scopes_supported,omitempty"`
	Documentation        string   `json:"resource_documentation,omitempty"` // a URL for people

	Name   string `json:"resource_name,omitempty"`       // for people
	Policy string `json:"resource_policy_uri,omitempty"` // a URL for people: how clients may use the data
	Terms  string `json:"resource_tos_uri,omitempty"`    // a URL for people: terms of service

	// JWKS is the https URL of the resource's own keys, for what it signs itself.
	// SigningAlgorithms are those of its signatures, never none.
	JWKS              string   `json:"jwks_uri,omitempty"`
	SigningAlgorithms []string `json:"resource_signing_alg_values_supported,omitempty"`
	// AuthorizationDetailsTypes are the values of "type" that the resource
	// understands (RFC 9396).
	AuthorizationDetailsTypes []string `json:"authorization_details_types_supported,omitempty"`

	// CertificateBound says that the resource supports tokens bound to a
	// certificate; see WithClientCertificate.
	CertificateBound bool `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	// DPoPAlgorithms are those of the proofs, as dpop.Checker.Algorithms returns
	// them. DPoPRequired says that no other tokens are accepted.
	DPoPAlgorithms []string `json:"dpop_signing_alg_values_supported,omitempty"`
	DPoPRequired   bool     `json:"dpop_bound_access_tokens_required,omitempty"`

	// SignedMetadata is a JWT with the members as claims (RFC 9728 §2.2). It is
	// published unchanged and unchecked.
	SignedMetadata string `json:"signed_metadata,omitempty"`
	// BearerMethods are "header", "body" or "query". Nil means header alone. An
	// empty list means that no method of RFC 6750 is supported. Middleware.Describe
	// finds out which.
	BearerMethods []string `json:"bearer_methods_supported"`

	// Extra has all other members, such as "resource_name#de". A member that has
	// a field of its own here is ignored in Extra.
	Extra map[string]any `json:"-"`
}

// MarshalJSON returns the document. It fails if a value of Extra cannot be
// encoded.
func (m Metadata) MarshalJSON() ([]byte, error) {
	type members Metadata // without this method, which would call itself
	if m.BearerMethods == nil {
		m.BearerMethods = []string{"header"}
	}
	doc, err := json.Marshal(members(m))
	if err != nil || len(m.Extra) == 0 {
		return doc, err
	}
	more := map[string]any{}
	for name, value := range m.Extra {
		if !isMember(name) {
			more[name] = value
		}
	}
	rest, err := json.Marshal(more)
	if err != nil || len(more) == 0 {
		return doc, err
	}
	return append(append(bytes.TrimSuffix(doc, []byte("}")), ','), rest[1:]...), nil
}

// ServeHTTP answers GET and HEAD with the document, OPTIONS with 204, and other
// methods with 405. Pages of every origin may read the document: it is public
// and needs no credential (RFC 9728 §3.1). If it cannot be encoded, the answer
// is 500.
func (m Metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const methods = "GET, HEAD, OPTIONS"
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		h.Set("Allow", methods)
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "*")
		h.Set("Access-Control-Max-Age", "3600")
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		h.Set("Allow", methods)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	doc, err := json.Marshal(m)
	if err != nil {
		http.Error(w, "the metadata cannot be encoded", http.StatusInternalServerError)
		return
	}
	doc = append(doc, '\n')
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(doc)))
	if r.Method == http.MethodGet {
		w.Write(doc)
	}
}
