package main

import (
	"encoding/json"
	"net/http"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/examples/fromenv"
	"github.com/jwtverify/jwtverify/keys"
)

func routes(c *fromenv.Config) http.Handler {
	auth := httpauth.New(c.Verifier)
	mux := http.NewServeMux()
	mux.Handle("GET /protected", auth.Handler(http.HandlerFunc(protected)))
	mux.Handle("GET /users/me", auth.Handler(http.HandlerFunc(me)))
	mux.HandleFunc("GET /healthz", health(c))
	return mux
}

func protected(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	reply(w, http.StatusOK, map[string]string{"message": "Hello user " + tok.Subject + ", you are authorized!"})
}

func me(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	reply(w, http.StatusOK, map[string]string{"user_id": tok.Subject})
}

// health reports whether there are keys to verify with, and how their sources
// are doing: 503 when no source has one.
func health(c *fromenv.Config) http.HandlerFunc {
	type source struct {
		Source string `json:"source"`
		Keys   int    `json:"keys"`
		Stale  bool   `json:"stale"`
		Error  string `json:"error,omitempty"`
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		sources := []source{}
		for _, s := range keys.Statuses(c.Keys) {
			about := source{Source: s.Source, Keys: len(s.Keys), Stale: s.Stale}
			switch {
			case s.Err != nil:
				about.Error = s.Err.Error()
			case len(s.Keys) == 0:
				about.Error = "not fetched yet"
			}
			sources = append(sources, about)
		}
		status, body := http.StatusOK, map[string]any{"status": "ok", "sources": sources}
		if !c.Ready() {
			body["status"] = "no keys to verify with"
			status = http.StatusServiceUnavailable
		}
		reply(w, status, body)
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(body)
}
