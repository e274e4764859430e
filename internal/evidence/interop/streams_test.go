package interop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestWebSocketEndsWithItsToken: the context of httpauth.WithTokenLifetime ends a
// read of a real WebSocket library, and its client learns why.
func TestWebSocketEndsWithItsToken(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		ttl          time.Duration
		remove       bool
	}{
		{"its key is removed", "unknown_key", time.Hour, true},
		{"it expires", "expired", 2 * time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signer := verifiertest.NewSigner(t, keys.ES256, "k")
			set := keys.NewSet(signer.Key())
			v, err := verifier.New(set, verifier.WithLeeway(0))
			if err != nil {
				t.Fatal(err)
			}
			auth := httpauth.New(v, httpauth.WithTokenLifetime())
			srv := httptest.NewServer(auth.Handler(http.HandlerFunc(echoFrames)))
			defer srv.Close()
			exp := time.Now().Add(test.ttl).Truncate(time.Second)
			raw := signer.Sign(map[string]any{"sub": "x", "exp": exp.Unix()})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(srv.URL, "http"), &websocket.DialOptions{
				HTTPHeader: http.Header{"Authorization": {"Bearer " + raw}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			if err := conn.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, got, err := conn.Read(ctx); string(got) != "hello" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			over := exp
			if test.remove {
				over = time.Now()
				set.Remove("k")
			}
			_, _, err = conn.Read(ctx)
			late := time.Since(over)
			var closed websocket.CloseError
			if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation || closed.Reason != test.reason {
				t.Errorf("the client reads %v, want the status 1008 and %q", err, test.reason)
			}
			t.Logf("closed %v after the fact", late)
			if late < 0 || late > 3*time.Second { // a second, and a busy machine
				t.Errorf("closed %v after the fact", late)
			}
		})
	}
}

// echoFrames sends back each message, and closes the WebSocket when the context of the
// request ends.
func echoFrames(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	// A read whose context ends closes the connection without a word, so that the
	// close has to come first.
	ended := context.AfterFunc(r.Context(), func() {
		conn.Close(websocket.StatusPolicyViolation, verifier.Reason(context.Cause(r.Context())))
	})
	defer ended()
	for {
		kind, text, err := conn.Read(context.WithoutCancel(r.Context()))
		if err != nil {
			return
		}
		if err := conn.Write(r.Context(), kind, text); err != nil {
			return
		}
	}
}
