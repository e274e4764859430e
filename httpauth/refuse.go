package httpauth

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/verifier"
)

// retryAfter is what a 503 asks for, in seconds: within five, a fetch of keys
// has either finished or failed.
const retryAfter = "5"

// Refuse answers r as [Middleware.Handler] would. err is what
// [Middleware.Authenticate] or [Middleware.Check] returned, or any other error
// that [Status] sorts; nil is answered as an outage.
//
// It sets the challenge or Retry-After, Cache-Control, and the fields of proofs,
// such as a DPoP nonce. If an outer handler has set Access-Control-Allow-Origin, it
// exposes the challenge and Retry-After to the page. Then it writes the status and
// the body, or leaves these to the handler of [WithErrorHandler].
func (m *Middleware) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		err = errNoError
	}
	n := requirement{}
	var d *denial
	if errors.As(err, &d) {
		n = d.need
	}
	m.refuse(w, r, err, n)
}

var errNoError = errors.New("httpauth: Refuse: the error is nil; call it with what Authenticate returned")

// refuse answers a request that is not let through. The challenge names what
// its route needs, which is n.
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
	h.Del("Content-Length") // an outer handler may have set it for the answer of next
	h.Set("Cache-Control", "no-store")
	challenges := m.foreignChallenges(h)
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter) // RFC 9110 §10.2.3
		expose(h, "Retry-After")
	} else {
		challenges = append(challenges, m.challenges(body, status, via, n)...)
	}
	if h["Www-Authenticate"] = challenges; challenges == nil {
		h.Del("WWW-Authenticate")
	} else {
		expose(h, "WWW-Authenticate")
	}
	if m.onError != nil {
		rec := &responseRecorder{ResponseWriter: w, status: status}
		if m.onError(rec, r, err); rec.written {
			return
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		json.NewEncoder(w).Encode(body)
	}
}

// expose lets a page of another origin read a field, if an outer handler lets it
// read the answer. A "*" there does not do that for requests with credentials.
func expose(h http.Header, field string) {
	const allowed, exposed = "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"
	if h.Get(allowed) == "" {
		return
	}
	for _, list := range h[exposed] {
		for name := range strings.SplitSeq(list, ",") {
			if ascii.EqualFold(strings.Trim(name, " \t"), field) {
				return
			}
		}
	}
	h[exposed] = append(slices.Clip(h[exposed]), field) // handlers for CORS share these slices
}

// A refusal is what the client reads: fixed text, and nothing of the request.
type refusal struct {
	Code        string `json:"error,omitempty"`
	Description string `json:"error_description"`
}

// codeAuthLevel is the error code of RFC 9470 §3.
const codeAuthLevel = "insufficient_user_authentication"

// code returns the error code of RFC 6750 §3.1, or that of a proof. A request
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
		return "temporarily_unavailable" // not a registered code; 503 has no challenge
	}
}

// description returns the sentence for err. It says no more than a client can
// act on: which key or claim was wrong is for the log.
func description(err error) string {
	switch code(err) {
	case "":
		return "A bearer token is required."
	case "invalid_request":
		return "The request is malformed or carries more than one token."
	case "insufficient_scope":
		return "The token does not grant the required access."
	case "temporarily_unavailable":
		return "The token cannot be checked now. Try again later."
	case codeAuthLevel:
		return "The user must sign in again, or with a stronger method."
	}
	var own *ProofError
	if errors.As(err, &own) && own.Description != "" {
		return own.Description
	}
	if errors.Is(err, ErrUnproven) {
		return "Proof of possession is missing or invalid."
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

// A responseRecorder records whether an error handler has written an answer.
type responseRecorder struct {
	http.ResponseWriter
	status  int // the usual one
	written bool
}

// WriteHeader does not count 1xx: an answer must still follow those.
func (w *responseRecorder) WriteHeader(status int) {
	w.written = w.written || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseRecorder) Write(p []byte) (int, error) {
	w.start()
	return w.ResponseWriter.Write(p)
}

// FlushError is what http.ResponseController calls; a flush sends the header.
func (w *responseRecorder) FlushError() error {
	w.start()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// start sends the usual status if the error handler gave none. net/http would
// send 200 there, which turns a refusal into an acceptance.
func (w *responseRecorder) start() {
	if !w.written {
		w.WriteHeader(w.status)
	}
}

func (w *responseRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
