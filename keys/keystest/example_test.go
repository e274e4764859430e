package keystest_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/keystest"
)

// A vault is a provider of the program's own, over a store that can be down.
type vault struct {
	stored []*keys.Key
	down   *atomic.Bool
}

// Find answers each lookup from the store.
func (v vault) Find(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: vault: %w", keys.ErrUnavailable, err)
	}
	if v.down.Load() {
		return nil, fmt.Errorf("%w: vault: down", keys.ErrUnavailable) // undecided, not "no key"
	}
	var found []*keys.Key
	for _, k := range v.stored {
		if h.Fits(k) {
			found = append(found, k)
		}
	}
	return found, nil // none is an answer too
}

// The suite runs in a test of the program, such as
//
//	func TestVault(t *testing.T) { keystest.RunSource(t, newVault) }
//
// newVault makes a provider of the keys that the suite gives it, and says how to
// take its store down.
func Example() {
	newVault := func(t *testing.T, ks ...*keys.Key) (keys.Provider, func(down bool)) {
		v := vault{stored: ks, down: new(atomic.Bool)}
		return v, v.down.Store
	}
	// Outside of an example, the testing package calls TestVault.
	TestVault := func(t *testing.T) { keystest.RunSource(t, newVault) }
	ok := testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestVault", F: TestVault}})
	fmt.Println("the vault keeps the contract:", ok)
	// Output: the vault keeps the contract: true
}
