package dpop

import (
	"context"
	"crypto/sha256"
	"time"
)

// A ReplayStore remembers which proofs were used. Servers that stand for one
// URI share one, such as in a database that can insert only what is new.
// Goroutines share it.
type ReplayStore interface {
	// Spend records s and reports whether it is the first with this ID. It is
	// asked only about proofs that hold. An error means that it cannot tell, and
	// the request is refused with 503: never return true then.
	Spend(ctx context.Context, s Spent) (first bool, err error)
}

// ReplayStoreFunc is a function as a [ReplayStore].
type ReplayStoreFunc func(ctx context.Context, s Spent) (first bool, err error)

// Spend calls f.
func (f ReplayStoreFunc) Spend(ctx context.Context, s Spent) (first bool, err error) {
	return f(ctx, s)
}

// Spent is a proof that is used, as hashes: of a size that clients cannot
// choose, and nothing of theirs.
type Spent struct {
	Key    [sha256.Size]byte // whose it is: of the thumbprint of the key
	ID     [sha256.Size]byte // which it is: of the thumbprint and the jti
	At     time.Time         // now
	Expiry time.Time         // it need not be remembered longer
}
