package httpauth

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/observe"
	"github.com/jwtverify/jwtverify/internal/tokenkey"
	"github.com/jwtverify/jwtverify/verifier"
)

// An Event is one decision about one request, as [WithObserver] reports it. Its
// methods compute what they return when they are called. It does not hold the token.
// Everything in it is read-only, and may be kept.
type Event struct {
	// Err is why the request has no trusted token; nil if it has one. For an anonymous
	// request it is [ErrNoToken], or says that its token has expired.
	Err error
	// Status is that of the refusal, as [Status] returns it. It is 0 if the request
	// goes on to the handler, whose status nobody knows yet.
	Status int
	// Anonymous says that the request goes on without a token.
	Anonymous bool
	// Again says that the same Middleware has let this request through before, in an
	// outer handler, and has reported that.
	Again bool
	// From is where the token was: the scheme in the Authorization field, such as
	// "Bearer", or "header", "cookie" or, for an Extractor of your own, "extractor". It
	// is "" without a token, and names the place at fault if there is more than one
	// token or a malformed one.
	From string
	// Claims are those of the token. They are nil unless its signature verified.
	Claims *claims.Set
	// Duration is how long the decision took, with that of the verifier and proofs.
	Duration time.Duration
}

// Verdict returns verifier.Classify of e.Err. An anonymous request is not trusted:
// see [Event.Outcome].
func (e Event) Verdict() verifier.Verdict { return verifier.Classify(e.Err) }

// Reason returns verifier.Reason of e.Err: "" if the token is trusted.
func (e Event) Reason() string { return verifier.Reason(e.Err) }

// Outcome returns one word for a label of a metric: trusted, anonymous, no_token,
// bad_request, invalid, forbidden or undecided.
func (e Event) Outcome() string {
	switch {
	case e.Anonymous:
		return "anonymous"
	case e.Status == http.StatusBadRequest:
		return "bad_request"
	case e.Err != nil && isNoToken(e.Err):
		return "no_token"
	}
	return e.Verdict().String()
}

func (e Event) token() verifier.Event { return verifier.Event{Claims: e.Claims} }

// Issuer returns the verified "iss", or "".
func (e Event) Issuer() string { return e.token().Issuer() }

// Subject returns the verified "sub", or "".
func (e Event) Subject() string { return e.token().Subject() }

// Client returns the client that the token was issued to; see verifier.Event.Client.
func (e Event) Client() string { return e.token().Client() }

// Actor returns the "sub" of who acts for the subject; see verifier.Event.Actor.
func (e Event) Actor() string { return e.token().Actor() }

// Bound reports whether the token is bound to a key by "cnf" (RFC 7800). If Err is
// nil, the sender has proven to hold that key.
func (e Event) Bound() bool { return e.Claims != nil && e.Claims.Has("cnf") }

// LogValue returns a group of all of it, in which every text of the token is cut and
// quoted as in verifier.Token.LogValue. It leaves out what is empty, and the text of
// Err, which an Extractor or a Proof of your own may have written: [WithLogger] logs
// it without the token.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("outcome", e.Outcome())}
	if e.Err != nil {
		attrs = append(attrs, slog.String("reason", e.Reason()))
	}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if e.From != "" {
		attrs = append(attrs, slog.String("from", e.From))
	}
	attrs = append(attrs, slog.Duration("duration", e.Duration), slog.Bool("bound", e.Bound()))
	if e.Claims != nil {
		attrs = append(attrs, e.Claims.LogValue().Group()...)
	}
	return slog.GroupValue(attrs...)
}

// WithObserver calls f once for each request that the Middleware decides, for
// metrics, traces and audits. Handler and its like call it before the handler runs or
// the refusal is written, [Middleware.Authenticate] and AuthenticateWith before they
// return. A Handler inside another of the same Middleware reports nothing if it lets
// the same request through again; if it refuses it, it sets Again. A preflight of
// [WithPreflight] is not a decision, nor is [Middleware.Refuse].
//
// f runs in the goroutine of the request, so it should be quick, and must not read the
// body. It decides nothing: a panic is recovered, and the answer stands. The first is
// logged by [WithLogger]. WithObserver panics if f is nil.
func WithObserver(f func(*http.Request, Event)) Option {
	if f == nil {
		panic("httpauth: WithObserver: the function is nil; leave the option out")
	}
	return func(c *config) { c.observer = observe.New("httpauth", f) }
}

type observer = observe.Observer[*http.Request, Event]

// A decision is what admit notes for the Event about it.
type decision struct {
	from      *source
	set       *claims.Set
	anonymous error // why the request is
	again     bool  // an outer handler has decided this already
}

// began returns the time if anybody wants to know it.
func (m *Middleware) began() (t time.Time) {
	if m.observer != nil {
		t = time.Now()
	}
	return t
}

// reported is the key in the context of a request that m let through as anonymous. One
// with a token is known by that.
type reported struct{ m *Middleware }

// report calls the observer, if there is one, for a request that is refused if err is
// not nil. It returns inner, or a copy of it that handlers inside know for anonymous.
func (m *Middleware) report(r, inner *http.Request, began time.Time, d *decision, err error) *http.Request {
	if m.observer == nil {
		return inner
	}
	e := Event{Err: err, Anonymous: err == nil && d.anonymous != nil, From: d.from.name(), Claims: d.set, Duration: time.Since(began)}
	before := r.Context().Value(reported{m}) != nil
	e.Again = before || d.again || m.lastOf(tokenkey.In(r.Context())) != nil
	switch {
	case err == nil && d.again, e.Anonymous && before:
		return inner
	case err != nil:
		e.Status = Status(err)
	case e.Anonymous:
		e.Err = d.anonymous
	}
	if e.Err != nil {
		if set, ok := verifier.RefusedClaims(e.Err); ok {
			e.Claims = set
		}
	}
	m.observer.Call(m.log, r, e)
	if e.Anonymous {
		inner = inner.WithContext(context.WithValue(inner.Context(), reported{m}, true))
	}
	return inner
}

// placeOf names the place where e looks. An Extractor is a function, and only its code
// shows who made it.
func placeOf(e Extractor) string {
	if scheme, ok := schemeRead(e); ok {
		return scheme
	}
	switch reflect.ValueOf(e).Pointer() {
	case reflect.ValueOf(Header("X")).Pointer():
		return "header"
	case reflect.ValueOf(Cookie("x")).Pointer():
		return "cookie"
	}
	return "extractor"
}
