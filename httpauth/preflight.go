package httpauth

import "net/http"

// WithPreflight answers CORS preflights, with which browsers send no token: by
// cors, at most one handler, or without it 204 and no fields. The protected
// handler never sees one. OPTIONS of any other kind needs a token, and so does a
// preflight that brings a credential, which a browser never does. It panics when
// cors is nil.
//
// Most programs do not need it. A handler for CORS belongs outside of the
// Middleware: there it answers preflights itself, and gives the answers 401, 403
// and 503 the fields without which a page cannot read them.
func WithPreflight(cors ...http.Handler) Option {
	var answer http.Handler = http.HandlerFunc(noContent)
	switch {
	case len(cors) > 1:
		panic("httpauth: WithPreflight: more than one handler is given; give one")
	case len(cors) == 1 && isNil(cors[0]):
		panic("httpauth: WithPreflight: the handler is nil; give one, or none")
	case len(cors) == 1:
		answer = cors[0]
	}
	return func(c *config) { c.preflight = answer }
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// isPreflight reports whether r is a CORS-preflight request, as the Fetch
// standard knows it from its method and two header fields, that m answers.
func (m *Middleware) isPreflight(r *http.Request) bool {
	if m.preflight == nil || r.Method != http.MethodOptions ||
		!isSingle(r.Header["Origin"]) || !isSingle(r.Header["Access-Control-Request-Method"]) {
		return false
	}
	_, err := m.find(r)
	return isNoToken(err)
}

func isSingle(values []string) bool { return len(values) == 1 && values[0] != "" }
