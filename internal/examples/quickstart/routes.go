package main

import (
	"encoding/json"
	"net/http"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/examples/fromenv"
)

// routes returns the whole API. Only what goes through auth needs a token.
func routes(c *fromenv.Config) http.Handler {
	auth := &located{config: c} // one for all routes; goroutines share it
	mux := http.NewServeMux()
	mux.Handle("GET /protected", auth.Handler(http.HandlerFunc(protected)))
	mux.Handle("GET /users/me", auth.Handler(http.HandlerFunc(me)))
	mux.HandleFunc("GET /healthz", health(c))
	return mux
}

// protected needs no error handling: it is only reached with a verified token.
func protected(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	reply(w, http.StatusOK, map[string]string{"message": "Hello user " + tok.Subject + ", you are authorized!"})
}

// me shows whose token it is. Use the pair of issuer and subject to identify a user
// if tokens come from several issuers.
func me(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	reply(w, http.StatusOK, map[string]string{"user_id": tok.Subject})
}

// health reports whether there are keys to verify with, and the state of their
// sources. It answers 503 if no source has a key, and says whether a setting is wrong,
// which somebody has to change, or there is an outage, which may pass.
func health(c *fromenv.Config) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		sources := c.Sources()
		status, body := http.StatusOK, map[string]any{"status": "ok", "sources": sources}
		if ready, why := c.Ready(sources); !ready {
			body["status"], body["fault"] = "no keys to verify with", why
			status = http.StatusServiceUnavailable
		}
		reply(w, status, body)
	}
}

// reply writes a JSON answer. It ignores the error of a client that has gone.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A subject with < or & in it is shown as it is: this is JSON and not HTML.
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(body)
}
