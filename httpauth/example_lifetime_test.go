package httpauth_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// Server-Sent Events that end with their token. The last event says why, so that
// the page can get a new token and come back.
func ExampleWithTokenLifetime() {
	src, err := keys.HMAC(keys.HS256, exampleSecret)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(src)
	if err != nil {
		panic(err)
	}
	auth := httpauth.New(v, httpauth.WithTokenLifetime())
	events := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				fmt.Fprintf(w, "data: %s\n\n", now)
				http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				fmt.Fprintf(w, "event: end\ndata: %s\n\n", verifier.Reason(context.Cause(r.Context())))
				return
			}
		}
	}
	http.Handle("GET /events", auth.Handler(http.HandlerFunc(events)))
}
