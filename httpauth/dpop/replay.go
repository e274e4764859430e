package dpop

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
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
	Subject [sha256.Size]byte // for whom: of issuer and subject of the token; of the key where it has none
	Key     [sha256.Size]byte // whose it is: of the thumbprint of the key
	ID      [sha256.Size]byte // which it is: of the thumbprint and the jti
	At      time.Time         // now
	Expiry  time.Time         // it need not be remembered longer
}

// Format writes when the proof expires, for every verb.
func (s Spent) Format(f fmt.State, _ rune) { io.WriteString(f, s.text()) }

// LogValue is what Format writes.
func (s Spent) LogValue() slog.Value { return slog.StringValue(s.text()) }

func (s Spent) text() string {
	return "dpop: a proof that expires at " + s.Expiry.UTC().Format(time.RFC3339)
}
