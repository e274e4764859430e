package httpauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/verifier"
)

// retryAfter is what 503 asks for, in seconds: a fetch of keys fails or ends
// within five.
const retryAfter = "5"

// refuse answers a request that is not let through. scopes are those that the
// route needs.
func (m *Middleware) refuse(w http.ResponseWriter, r *http.Request, err error, scopes []string) {
	status, body := Status(err), refusal{Code: code(err), Description: description(err)}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter) // RFC 9110 §10.2.3
	} else {
		h.Set("WWW-Authenticate", m.challenge(body, scopes))
	}
	if m.onError != nil {
		seen := &witness{ResponseWriter: w, status: status}
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

// code is the error code of RFC 6750 §3.1; a request without a token has none.
func code(err error) string {
	switch Status(err) {
	case http.StatusBadRequest:
		return "invalid_request"
	case http.StatusForbidden:
		return "insufficient_scope"
	case http.StatusUnauthorized:
		if errors.Is(err, ErrNoToken) {
			return ""
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

// challenge is the value of WWW-Authenticate (RFC 6750 §3, RFC 9728 §5.1).
func (m *Middleware) challenge(body refusal, scopes []string) string {
	var b strings.Builder
	b.WriteString("Bearer ")
	parameter(&b, "realm", m.realm, true)
	if body.Code != "" { // no code without credentials, RFC 6750 §3.1
		parameter(&b, "error", body.Code, false)
		parameter(&b, "error_description", body.Description, false)
	}
	if body.Code == "insufficient_scope" && len(scopes) > 0 {
		parameter(&b, "scope", strings.Join(scopes, " "), false)
	}
	if m.metadata != "" {
		parameter(&b, "resource_metadata", m.metadata, false)
	}
	return b.String()
}

// parameter appends a quoted auth-param without the bytes that RFC 6750 §3
// leaves out, so that no value can end the quotes.
func parameter(b *strings.Builder, name, value string, first bool) {
	if !first {
		b.WriteString(", ")
	}
	b.WriteString(name + `="`)
	for _, c := range []byte(value) {
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// A witness sees whether an answer was written.
type witness struct {
	http.ResponseWriter
	status  int // the usual one
	written bool
}

func (w *witness) WriteHeader(status int) {
	w.written = w.written || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

func (w *witness) Write(p []byte) (int, error) {
	w.start()
	return w.ResponseWriter.Write(p)
}

// FlushError is for http.ResponseController.
func (w *witness) FlushError() error {
	w.start()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// start sends the usual status where the error handler gave none: net/http
// would say 200.
func (w *witness) start() {
	if !w.written {
		w.WriteHeader(w.status)
	}
}

func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }
