package httpauth

import (
	"encoding/json"
	"net/http"

	"github.com/jwtverify/jwtverify/verifier"
)

// PolicyHandler serves the policy of v as JSON (GET and HEAD), for tools such as
// "jwtverify explain --policy". It holds no secret, but it does say what your
// service trusts and in which state its keys are: mount it on an admin port.
//
// It answers 501 if v has no policy; see verifier.PolicyOf. It panics if v is nil.
func PolicyHandler(v verifier.Verifier) http.Handler {
	mustVerify("PolicyHandler", v)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		p := verifier.PolicyOf(v)
		if p == nil {
			http.Error(w, "this verifier does not state its policy", http.StatusNotImplemented)
			return
		}
		doc, err := json.MarshalIndent(p, "", "  ")
		if err != nil {
			http.Error(w, "the policy cannot be written", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		w.Write(append(doc, '\n'))
	})
}
