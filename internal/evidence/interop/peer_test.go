package interop_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A peer is another JWT library.
type peer struct {
	name       string
	algorithms []string // that it has, in any order

	// sign makes a token with these claims and that kid.
	sign func(t *testing.T, alg keys.Algorithm, kid string, private any, c *claims.Set) string
	// unsigned makes one with the algorithm none.
	unsigned func(t *testing.T, c *claims.Set) string
	// publish hands the verifying half of private over, in the form that users
	// of the library have it in.
	publish func(t *testing.T, alg keys.Algorithm, kid string, private any) *keys.Key
	// verify checks a token of the test kit and returns its subject.
	verify func(t *testing.T, alg keys.Algorithm, s *verifiertest.Signer, raw string) (subject string, err error)
}

var peers = []peer{golangJWT, jwx}

func (p peer) knows(alg keys.Algorithm) bool {
	return slices.Contains(p.algorithms, string(alg))
}

// skipUnknown skips what TestAlgorithmsOfPeers says that p does not know.
func (p peer) skipUnknown(t *testing.T, alg keys.Algorithm) {
	t.Helper()
	if !p.knows(alg) {
		t.Skipf("%s has no algorithm %s", p.name, alg)
	}
}

// TestAlgorithmsOfPeers fails when a new version of a peer has more or fewer
// algorithms than the other tests count on.
func TestAlgorithmsOfPeers(t *testing.T) {
	type difference struct{ Lacks, HasMore []string }
	want := map[string]difference{
		// ES256K is but a name in jwx, unless built with a tag.
		"golang-jwt": {Lacks: []string{"Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}, HasMore: []string{"none"}},
		"jwx":        {Lacks: []string{"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}, HasMore: []string{"ES256K", "none"}},
	}
	got := map[string]difference{}
	for _, p := range peers {
		var d difference
		for _, alg := range keys.Algorithms() {
			if !p.knows(alg) {
				d.Lacks = append(d.Lacks, string(alg))
			}
		}
		for _, alg := range slices.Sorted(slices.Values(p.algorithms)) {
			if !slices.Contains(keys.Algorithms(), keys.Algorithm(alg)) {
				d.HasMore = append(d.HasMore, alg)
			}
		}
		got[p.name] = d
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the algorithms of the peers next to ours (-want +got):\n%s", diff)
	}
}

const (
	testIssuer   = "https://issuer.example"
	testAudience = "https://api.example"
	testSubject  = "user-123"
)

// testClaims are every registered claim.
func testClaims() *claims.Set {
	now := time.Now().Truncate(time.Second)
	return &claims.Set{
		Issuer:    testIssuer,
		Subject:   testSubject,
		ID:        "token-1",
		Audience:  []string{"https://other.example", testAudience},
		Expiry:    now.Add(time.Hour),
		NotBefore: now.Add(-time.Minute),
		IssuedAt:  now,
	}
}

// asMap are the claims for the test kit.
func asMap(c *claims.Set) map[string]any {
	return map[string]any{
		"iss": c.Issuer, "sub": c.Subject, "jti": c.ID, "aud": c.Audience,
		"exp": c.Expiry.Unix(), "nbf": c.NotBefore.Unix(), "iat": c.IssuedAt.Unix(),
	}
}

// testExpectations are met by testClaims.
var testExpectations = []verifier.Option{verifier.WithIssuer(testIssuer), verifier.WithAudience(testAudience)}

func testVerifier(t *testing.T, ks ...*keys.Key) *verifier.Keyed {
	t.Helper()
	return newVerifier(t, keys.Static(ks...), testExpectations...)
}
