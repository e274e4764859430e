package httpauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Metadata tells clients how to get a token for a resource (RFC 9728 §2). It
// is the http.Handler of its document, which belongs at [Metadata.WellKnown].
type Metadata struct {
	Resource             string   `json:"resource"`                        // its https URL, as in "aud"
	AuthorizationServers []string `json:"authorization_servers,omitempty"` // issuer URLs
	Scopes               []string `json:"scopes_supported,omitempty"`
	Documentation        string   `json:"resource_documentation,omitempty"` // a URL for people

	// CertificateBound says that tokens bound to a certificate are understood,
	// see WithClientCertificate.
	CertificateBound bool `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	// DPoPAlgorithms are those of package dpop; DPoPRequired, that no other
	// token is accepted.
	DPoPAlgorithms []string `json:"dpop_signing_alg_values_supported,omitempty"`
	DPoPRequired   bool     `json:"dpop_bound_access_tokens_required,omitempty"`
}

const wellKnown = "/.well-known/oauth-protected-resource"

// WellKnown is the URL where clients look for the document of m (RFC 9728
// §3.1), for [WithResourceMetadata]; its Path is where to register m.
//
// It is an error when Resource is no https URL, or has a user or a fragment
// (§1.2): clients then discard the document. So it is when an authorization
// server is no https URL without query and fragment (RFC 8414 §2).
func (m Metadata) WellKnown() (*url.URL, error) {
	u, err := identifier(m.Resource)
	if err != nil {
		return nil, fmt.Errorf("httpauth: the resource %w", err)
	}
	for _, s := range m.AuthorizationServers {
		server, err := identifier(s)
		if err == nil && (server.RawQuery != "" || server.ForceQuery) {
			err = errors.New("has a query")
		}
		if err != nil {
			return nil, fmt.Errorf("httpauth: the authorization server %w", err)
		}
	}
	path := u.EscapedPath()
	if path == "/" { // RFC 9728 §3.1: a slash that ends the host is removed
		path = ""
	}
	at, err := url.Parse(u.Scheme + "://" + u.Host + wellKnown + path)
	if err != nil {
		return nil, fmt.Errorf("httpauth: the resource: %w", err)
	}
	at.RawQuery = u.RawQuery
	return at, nil
}

// identifier reads an https URL without user and fragment.
func identifier(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme != "https" || u.Host == "" || u.Opaque != "":
		return nil, errors.New("is no https URL")
	case u.User != nil:
		return nil, errors.New("has a user")
	case strings.Contains(text, "#"):
		return nil, errors.New("has a fragment")
	}
	return u, nil
}

// ServeHTTP answers GET and HEAD with the document, and other methods 405.
func (m Metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	body := struct {
		Metadata
		Methods []string `json:"bearer_methods_supported"`
	}{m, []string{"header"}}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet {
		json.NewEncoder(w).Encode(body)
	}
}
