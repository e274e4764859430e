package verifier_test

import (
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestVar: after Store the new verifier decides, also about tokens that the old one
// has in its cache.
func TestVar(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	raw := signer.Sign(map[string]any{"sub": "user-123", "exp": now.Unix() + 60})
	old := newVerifier(t, keys.Static(signer.Key()), verifier.WithCache(10))
	v := verifier.NewVar(old)
	for range 2 {
		check(t, v, raw, nil, "")
	}
	if old.Cached() != 1 || v.Load() != verifier.Verifier(old) {
		t.Fatalf("%d tokens cached, and Load returns %v", old.Cached(), v.Load())
	}
	for name, nothing := range map[string]verifier.Verifier{"nil": nil, "a nil pointer": (*verifier.Keyed)(nil), "itself": v} {
		if panicOf(func() { v.Store(nothing) }) == nil {
			t.Errorf("Store of %s does not panic", name)
		}
		check(t, v, raw, nil, "")
	}
	v.Store(newVerifier(t, keys.Static(verifiertest.NewSigner(t, keys.ES256, "k").Key())))
	check(t, v, raw, verifier.ErrSignature, "signature")
	if _, err := v.VerifyAt(t.Context(), raw, now); verifier.Reason(err) != "signature" {
		t.Errorf("VerifyAt = %v, want a signature that does not verify", err)
	}
	if err := v.Explain(t.Context(), raw).Err; verifier.Reason(err) != "signature" {
		t.Errorf("Explain = %v, want a signature that does not verify", err)
	}
}

func TestVarIsShared(t *testing.T) {
	a, b := newVerifier(t, hmacKeys(t), isTenant("a")), newVerifier(t, hmacKeys(t), isTenant("b"))
	v := verifier.NewVar(a)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if _, err := v.Verify(t.Context(), tenantToken("a")); err != nil && verifier.Reason(err) != "claim_mismatch" {
					t.Error(err)
				}
			}
		})
	}
	for range 100 {
		v.Store(b)
		check(t, v, tenantToken("a"), claims.ErrMismatch, "claim_mismatch")
		v.Store(a)
		check(t, v, tenantToken("a"), nil, "")
	}
	wg.Wait()
}
