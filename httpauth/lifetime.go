package httpauth

import (
	"net/http"

	"github.com/jwtverify/jwtverify/verifier"
)

// WithTokenLifetime gives handlers a context that ends at most a second after the
// token has expired or its key was removed; see verifier.Watcher. Streams that heed
// the context of their request, such as Server-Sent Events, WebSockets and long
// polls, then end by themselves. An outage of the keys ends none as long as the last
// good set may be used.
//
// Without the option, a token is checked when the request begins, and a stream may
// go on for as long as the client likes.
//
// What the client gets at the end is up to the handler, since the response has
// usually begun. context.Cause(r.Context()) says why the context has ended:
//
//	<-r.Context().Done()
//	if verifier.Reason(context.Cause(r.Context())) == "expired" {
//		conn.Close(websocket.StatusPolicyViolation, "token expired")
//	}
//
// It is context.Canceled if the client has gone. To tell a client that the stream is
// cut off and not complete, panic with http.ErrAbortHandler. A handler that blocks
// in a read or write has to be woken: by context.AfterFunc and the deadlines of
// http.ResponseController, or those of the connection that it has hijacked.
//
// The context ends in any case when the handler returns, also for a hijacked
// connection, as it does in net/http: serve the connection inside the handler. An
// anonymous request has no token to end with. A request costs about a microsecond
// and 200 bytes more.
//
// A framework without http.Handler gives the token of [Middleware.Authenticate] to
// a verifier.Watcher of its own.
func WithTokenLifetime() Option { return func(c *config) { c.lifetime = true } }

// follow makes the context of inner end with the token that m has found for it. r is
// the request as it came. The caller calls stop when the handler has returned.
func (m *Middleware) follow(r, inner *http.Request) (stop func()) {
	a, ok := inner.Context().(*authenticated)
	if !ok || inner.Context() == r.Context() { // anonymous, or done by an outer handler
		return func() {}
	}
	// Nobody else has seen a yet.
	a.Context, stop = m.watcher.Watch(a.Context, a.tok)
	return stop
}

// newWatcher returns a Watcher if WithTokenLifetime asks for one.
func (c *config) newWatcher(v verifier.Verifier) *verifier.Watcher {
	if !c.lifetime {
		return nil
	}
	return verifier.NewWatcher(v)
}
