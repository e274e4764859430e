package interop_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestOpenIDProvider verifies the tokens of a provider that runs as a process
// of its own.
func TestOpenIDProvider(t *testing.T) {
	bin := buildProvider(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *process)
	}{
		{"authorization code flow", testCodeFlow},
		{"client credentials flow", testClientCredentials},
		{"rotation", testRotation},
		{"same key ID, new key", testReplacedKey},
		{"outage", testOutage},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, startProvider(t, bin))
		})
	}
}

// open is how a user opens the keys of p.
func open(t *testing.T, p *process) keys.Provider {
	t.Helper()
	src, err := keys.Open(t.Context(), "oidc:"+p.issuer)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func expecting(t *testing.T, src keys.Provider, p *process, audience string) *verifier.Keyed {
	t.Helper()
	return newVerifier(t, src, verifier.WithIssuer(p.issuer), verifier.WithAudience(audience))
}

func testCodeFlow(t *testing.T, p *process) {
	src := open(t, p)
	v := expecting(t, src, p, webClient)
	got := p.login(t, "nonce-1")

	id := wantSubject(t, v, got.ID, userID)
	if nonce, _, err := claims.Value[string](id.Set, "nonce"); err != nil || nonce != "nonce-1" {
		t.Errorf("the nonce is %q, %v; want nonce-1", nonce, err)
	}
	wantSubject(t, v, got.Access, userID)
	for name, raw := range map[string]string{"ID token": got.ID, "access token": got.Access} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, v, replaced(t, raw, payload, userID, "id1"), verifier.ErrSignature)
			wantRefused(t, v, flipped(t, raw, 0), verifier.ErrSignature)
			wantRefused(t, expecting(t, src, p, serviceClient), raw, claims.ErrMismatch)
			wantRefused(t, newVerifier(t, src, verifier.WithIssuer(p.issuer+"/"), verifier.WithAudience(webClient)), raw, claims.ErrMismatch)
			if subject, err := parseGolangJWT(src, keys.RS256, raw); err != nil || subject != userID {
				t.Errorf("golang-jwt with the same keys says %q, %v; want %q", subject, err, userID)
			}
		})
	}
}

func testClientCredentials(t *testing.T, p *process) {
	v := expecting(t, open(t, p), p, serviceClient)
	raw := p.service(t)
	tok := wantSubject(t, v, raw, serviceClient)
	if tok.Issuer != p.issuer || tok.Expiry.IsZero() || tok.ID == "" {
		t.Errorf("the claims are %s; want iss, exp and jti", tok.Raw())
	}
	wantRefused(t, v, replaced(t, raw, payload, serviceClient, "sid2"), verifier.ErrSignature)
}

// testRotation keeps one verifier over all the changes: every new key must be
// picked up by its ID, and one that is gone is gone with the next refresh.
func testRotation(t *testing.T, p *process) {
	src := open(t, p)
	v := expecting(t, src, p, serviceClient)
	first := p.service(t)
	wantToken(t, v, first, keys.RS256, "key-1")

	kid := p.rotate(t, keys.ES256)
	second := p.service(t)
	wantToken(t, v, second, keys.ES256, kid)
	wantToken(t, v, first, keys.RS256, "key-1")
	wantKeys(t, src, "key-1", kid)

	p.do(t, "retire")
	wantToken(t, v, first, keys.RS256, "key-1")
	if err := keys.Refresh(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, src, kid)
	wantRefused(t, v, first, verifier.ErrUnknownKey)
	wantToken(t, v, second, keys.ES256, kid)

	kid = p.rotate(t, keys.EdDSA)
	wantToken(t, v, p.service(t), keys.EdDSA, kid)
	wantToken(t, v, second, keys.ES256, "key-2")
}

// testReplacedKey: a signature that does not verify makes the provider of keys
// look again, since the key may have been replaced under its ID.
func testReplacedKey(t *testing.T, p *process) {
	src := open(t, p)
	v := expecting(t, src, p, serviceClient)
	old := p.service(t)
	wantToken(t, v, old, keys.RS256, "key-1")
	p.do(t, "replace", string(keys.RS256))
	wantToken(t, v, p.service(t), keys.RS256, "key-1")
	wantRefused(t, v, old, verifier.ErrSignature)
	wantKeys(t, src, "key-1")
}

func testOutage(t *testing.T, p *process) {
	v := expecting(t, open(t, p), p, serviceClient)
	known := p.service(t)
	wantSubject(t, v, known, serviceClient)
	p.rotate(t, keys.ES256)
	unknown := p.service(t)

	p.kill()

	wantSubject(t, v, known, serviceClient)
	wantUndecided(t, v, unknown) // a fetch fails
	wantUndecided(t, v, unknown) // and is not tried again so soon
	wantRefused(t, v, flipped(t, known, 0), verifier.ErrSignature)
	wantSubject(t, v, known, serviceClient)
	wantUndecided(t, expecting(t, open(t, p), p, serviceClient), known)
}

func wantToken(t *testing.T, v verifier.Verifier, raw string, alg keys.Algorithm, kid string) {
	t.Helper()
	tok := wantSubject(t, v, raw, serviceClient)
	if tok.Algorithm != alg || tok.KeyID != kid {
		t.Errorf("verified with %s and key %q; want %s and %q", tok.Algorithm, tok.KeyID, alg, kid)
	}
}

// wantKeys checks which keys src has seen published.
func wantKeys(t *testing.T, src keys.Provider, want ...string) {
	t.Helper()
	var got []string
	for _, s := range keys.Statuses(src) {
		for _, k := range s.Keys {
			got = append(got, k.ID())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the keys (-want +got):\n%s", diff)
	}
}
