// Package tokenkey is the key of the verified token in a context. Packages verifier
// and httpauth share it, so that each finds what the other has put there.
package tokenkey

import "context"

// Key is the key. The value behind it is a [Holder].
type Key struct{}

// A Holder is what a context holds behind [Key]. Its type decides what it knows
// besides the token.
type Holder interface {
	// Outer returns what the context held before, or nil.
	Outer() Holder
}

// In returns the innermost Holder of ctx, or nil.
func In(ctx context.Context) Holder {
	h, _ := ctx.Value(Key{}).(Holder)
	return h
}
