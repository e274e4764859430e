package httpauth

import (
	"encoding/json"
	"net/http"
)

// Metadata tells clients how to get a token for a resource (RFC 9728 §2). It
// is the http.Handler of its document, which belongs at
// /.well-known/oauth-protected-resource followed by the path of Resource.
type Metadata struct {
	Resource             string   `json:"resource"`                        // its https URL, as in "aud"
	AuthorizationServers []string `json:"authorization_servers,omitempty"` // issuer URLs
	Scopes               []string `json:"scopes_supported,omitempty"`
	Documentation        string   `json:"resource_documentation,omitempty"` // a URL for people
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
