package httpauth

import "net/http"

// WithPreflight lets CORS preflights through without a token: browsers send
// none with them. Where such a request goes, a handler for CORS must answer
// it; [FromContext] finds no token. OPTIONS of any other kind needs one, and
// so does a preflight that brings a credential, which a browser never does.
func WithPreflight() Option { return func(c *config) { c.preflight = true } }

// isPreflight tells a CORS-preflight request as the Fetch standard does, from
// its method and two header fields.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions &&
		said(r.Header["Origin"]) && said(r.Header["Access-Control-Request-Method"])
}

func said(values []string) bool { return len(values) == 1 && values[0] != "" }
