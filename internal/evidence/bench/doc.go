// Package bench compares jwtverify with the bare signature and with other Go
// libraries: everyone gets the same key and the same token bytes, and is set up
// to do the checks that a jwtverify verifier does with WithIssuer and
// WithAudience. A check that a library does not offer is not written for it:
// [Gaps] finds out which, by feeding it tokens that fail just that check.
//
//	go test ./...                        # everyone accepts and refuses the right tokens
//	go test -run '^$' -bench . -benchmem # one after another
//	go run ./report                      # interleaved: the figures that count
//
// It is a module of its own, so that none of those libraries enters the go.sum
// of a user of jwtverify.
package bench
