package verifier_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// A stream that ends with its token, outside of net/http.
func ExampleWatcher() {
	v := verifier.Func(func(context.Context, string) (*verifier.Token, error) {
		return &verifier.Token{Set: &claims.Set{Subject: "user-123", Expiry: time.Now().Add(-time.Minute)}}, nil
	})
	w := verifier.NewWatcher(v) // one for all streams

	tok, err := v.Verify(context.Background(), "...")
	if err != nil {
		panic(err)
	}
	ctx, stop := w.Watch(context.Background(), tok)
	defer stop()
	<-ctx.Done()
	fmt.Println(verifier.Reason(context.Cause(ctx)))
	// Output: expired
}
