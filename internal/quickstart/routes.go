package main

import (
	"encoding/json"
	"net/http"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func routes(v verifier.Verifier, src keys.Provider) http.Handler {
	auth := httpauth.New(v)
	mux := http.NewServeMux()
	mux.Handle("GET /protected", auth.Handler(http.HandlerFunc(protected)))
	mux.Handle("GET /users/me", auth.Handler(http.HandlerFunc(me)))
	mux.HandleFunc("GET /healthz", health(src))
	return mux
}

func protected(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	reply(w, map[string]string{"message": "Hello user " + tok.Subject + ", you are authorized!"})
}

func me(w http.ResponseWriter, r *http.Request) {
	tok, _ := httpauth.FromContext(r.Context())
	reply(w, map[string]string{"user_id": tok.Subject})
}

// health tells that the server is up, and how its keys are doing.
func health(src keys.Provider) http.HandlerFunc {
	type source struct {
		Source string `json:"source"`
		Keys   int    `json:"keys"`
		Stale  bool   `json:"stale"`
		Error  string `json:"error,omitempty"`
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		sources := []source{}
		for _, s := range keys.Statuses(src) {
			about := source{Source: s.Source, Keys: len(s.Keys), Stale: s.Stale}
			if s.Err != nil {
				about.Error = s.Err.Error()
			}
			sources = append(sources, about)
		}
		reply(w, map[string]any{"status": "ok", "sources": sources})
	}
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(body)
}
