package verifier_test

import (
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestRule9ActorChain: a chain of delegation is bounded, and is read at every level
// before any of it may decide (RFC 8693 §4.1).
func TestRule9ActorChain(t *testing.T) {
	with := func(act string) string { return sign(goodHeader, goodPayload[:len(goodPayload)-1]+`,"act":`+act+`}`) }
	chain := func(n int) string {
		return with(strings.Repeat(`{"sub":"a","act":`, n-1) + `{"sub":"first"}` + strings.Repeat("}", n-1))
	}
	checkRules(t, []rule{
		{"one", chain(1), nil, nil, ""},
		{"five", chain(5), nil, nil, ""},
		{"six", chain(6), nil, claims.ErrMismatch, "claim_mismatch"},
		{"six by WithMaxActors", chain(6), opts(verifier.WithMaxActors(6)), nil, ""},
		{"two with one by WithMaxActors", chain(2), opts(verifier.WithMaxActors(1)), claims.ErrMismatch, "claim_mismatch"},
		{"none by WithMaxActors", chain(1), opts(verifier.WithMaxActors(0)), claims.ErrMismatch, "claim_mismatch"},
		{"none by WithMaxActors, and none", sign(goodHeader, goodPayload), opts(verifier.WithMaxActors(0)), nil, ""},
		{"hundreds", chain(500), nil, claims.ErrMismatch, "claim_mismatch"},
		{"null", with(`null`), nil, claims.ErrMalformed, "claim_malformed"},
		{"string", with(`"admin"`), nil, claims.ErrMalformed, "claim_malformed"},
		{"string at the second level", with(`{"sub":"a","act":"b"}`), nil, claims.ErrMalformed, "claim_malformed"},
		{"nobody", with(`{}`), nil, claims.ErrMalformed, "claim_malformed"},
	})
}

// TestTokenOffersTheCurrentActor and never one who acted before.
func TestTokenOffersTheCurrentActor(t *testing.T) {
	raw := sign(goodHeader, `{"sub":"user","exp":1700000060,"act":{"act":{"sub":"earlier","client_id":"c"},"sub":"now"}}`)
	tok, err := newVerifier(t, hmacKeys(t)).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if a, ok, err := tok.Actor(); a != (claims.Actor{Subject: "now"}) || !ok || err != nil {
		t.Errorf("got %+v %v %v", a, ok, err)
	}
}

func TestWithMaxActorsIsChecked(t *testing.T) {
	for _, n := range []int{-1, 33} {
		_, err := verifier.New(keys.Static(), verifier.WithMaxActors(n))
		if err == nil || !strings.Contains(err.Error(), "WithMaxActors") {
			t.Errorf("%d: %v", n, err)
		}
	}
}
