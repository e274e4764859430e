package httpauth

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"

	"github.com/jwtverify/jwtverify/verifier"
)

// retryAfter is what 503 asks for, in seconds: a fetch of keys fails or ends
// within five.
const retryAfter = "5"

// Refuse answers r as [Middleware.Handler] would: err is what
// [Middleware.Authenticate] returned, or any error that [Status] sorts. It
// writes the status and the body or has the handler of [WithErrorHandler] do so,
// with the challenge and what proofs say to the client, such as a DPoP nonce.
// An err of nil is answered as one that nothing could be decided about.
func (m *Middleware) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		err = errNoError
	}
	m.refuse(w, r, err, requirement{})
}

var errNoError = errors.New("httpauth: Refuse: the error is nil; call it with what Authenticate returned")

// refuse answers a request that is not let through; n is what its route needs.
func (m *Middleware) refuse(w http.ResponseWriter, r *http.Request, err error, n requirement) {
	status, body := Status(err), refusal{Code: code(err), Description: description(err)}
	m.logRefusal(r, err, status)
	var via *proof
	h := w.Header()
	var d *denial
	if errors.As(err, &d) {
		via = d.via
		maps.Copy(h, d.answer.Clone())
	}
	h.Del("Content-Length") // of an answer that is not given
	h.Set("Cache-Control", "no-store")
	challenges := m.foreignChallenges(h)
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter) // RFC 9110 §10.2.3
	} else {
		challenges = append(challenges, m.challenges(body, status, via, n)...)
	}
	if h["Www-Authenticate"] = challenges; challenges == nil {
		h.Del("WWW-Authenticate")
	}
	if m.onError != nil {
		seen := &responseRecorder{ResponseWriter: w, status: status}
		if m.onError(seen, r, err); seen.written {
			return
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		json.NewEncoder(w).Encode(body)
	}
}

// A refusal is what the client reads: fixed text, nothing of the request.
type refusal struct {
	Code        string `json:"error,omitempty"`
	Description string `json:"error_description"`
}

// codeAuthLevel is that of RFC 9470 §3.
const codeAuthLevel = "insufficient_user_authentication"

// code is the error code of RFC 6750 §3.1, or that of a proof; a request
// without a token has none.
func code(err error) string {
	var own *ProofError
	switch Status(err) {
	case http.StatusBadRequest:
		return "invalid_request"
	case http.StatusForbidden:
		return "insufficient_scope"
	case http.StatusUnauthorized:
		switch {
		case isNoToken(err):
			return ""
		case errors.Is(err, ErrAuthLevel):
			return codeAuthLevel
		case errors.As(err, &own) && own.Code != "":
			return own.Code
		}
		return "invalid_token"
	default:
		return "temporarily_unavailable"
	}
}

func description(err error) string {
	switch code(err) {
	case "":
		return "A bearer token is required."
	case "invalid_request":
		return "The request carries its token in a wrong way, or more than one."
	case "insufficient_scope":
		return "The token does not grant what this needs."
	case "temporarily_unavailable":
		return "The token cannot be checked now. Try again later."
	case codeAuthLevel:
		return "The user has to sign in again, or in a stronger way."
	}
	var own *ProofError
	if errors.As(err, &own) && own.Description != "" {
		return own.Description
	}
	if errors.Is(err, ErrUnproven) {
		return "The token is not proven to be the sender's."
	}
	switch verifier.Reason(err) {
	case "expired":
		return "The token has expired."
	case "not_yet_valid":
		return "The token is not valid yet."
	case "aud_missing", "aud_mismatch":
		return "The token is for another audience."
	default:
		return "The token is not valid."
	}
}

// A responseRecorder sees whether an answer was written.
type responseRecorder struct {
	http.ResponseWriter
	status  int // the usual one
	written bool
}

func (w *responseRecorder) WriteHeader(status int) {
	w.written = w.written || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseRecorder) Write(p []byte) (int, error) {
	w.start()
	return w.ResponseWriter.Write(p)
}

// FlushError is for http.ResponseController.
func (w *responseRecorder) FlushError() error {
	w.start()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// start sends the usual status where the error handler gave none: net/http
// would say 200.
func (w *responseRecorder) start() {
	if !w.written {
		w.WriteHeader(w.status)
	}
}

func (w *responseRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
