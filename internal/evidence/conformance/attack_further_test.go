package conformance_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// furtherAttacks are known too, and in no group of advisories.json.
var furtherAttacks = []attack{
	{id: "Storm-0558", test: attackConsumerKey},
	{id: "CVE-2026-35039", test: attackSwappedIdentity},
	{id: "MicahParks/jwkset: an answer without keys erases them", test: attackEmptyAnswer},
	{id: "MicahParks/jwkset: an answer without end", test: attackEndlessAnswer},
	{id: "Ed25519 keys of low order", test: attackLowOrder},
	{id: "go-jose: certificates read before the signature", test: attackCertificatesFirst},
}

func TestFurtherAttacks(t *testing.T) {
	for _, a := range furtherAttacks {
		t.Run(a.id, a.test)
	}
}

// attackConsumerKey: the key of one issuer signs for another, both trusted.
func attackConsumerKey(t *testing.T) {
	v := newVerifier(t, keys.Merge(
		keys.ForIssuer("https://consumer", keys.Static(public(t, keys.ES256, "c", evilP256()))),
		keys.ForIssuer("https://enterprise", keys.Static(public(t, keys.ES256, "e", p256Key()))),
	), verifier.WithIssuer("https://consumer", "https://enterprise"))
	accepts(t, v, issued("https://enterprise", "e", p256Key()))
	accepts(t, v, issued("https://consumer", "c", evilP256()))
	for _, kid := range []string{"c", ""} {
		refuses(t, v, issued("https://enterprise", kid, evilP256()), claims.ErrMismatch, "iss_mismatch")
	}
	badSignature(t, v, issued("https://enterprise", "e", evilP256()))
	// A key that is bound cannot be bound to another.
	rebound := keys.ForIssuer("https://enterprise", keys.ForIssuer("https://consumer", keys.Static(public(t, keys.ES256, "c", evilP256()))))
	unknownKey(t, newVerifier(t, rebound), issued("https://enterprise", "c", evilP256()))
}

// attackSwappedIdentity: tokens that differ in little never get each other's
// claims from the cache.
func attackSwappedIdentity(t *testing.T) {
	v := ecVerifier(t, verifier.WithCache(1000))
	var raws []string
	for i := range 100 {
		raws = append(raws, token(keys.ES256, "", fmt.Sprintf(`{"sub":"user-%03d","exp":1700000060}`, i), p256Key()))
	}
	for range 3 {
		for i, raw := range raws {
			if tok := accepts(t, v, raw); tok.Subject != fmt.Sprintf("user-%03d", i) {
				t.Fatalf("token %d is that of %s", i, tok.Subject)
			}
		}
	}
}

// attackEmptyAnswer: after a good set, no answer without a usable key replaces it.
func attackEmptyAnswer(t *testing.T) {
	server := newPublisher(t, jwks(jwkOf(p256Key(), `"kid":"k"`)))
	src := newRemote(t, server.URL)
	v, raw := newVerifier(t, src), token(keys.ES256, "k", good, p256Key())
	accepts(t, v, raw)
	for _, doc := range []string{
		"", "{}", "null", `{"keys":[]}`, `{"keys":null}`, `{"keys":{}}`, `{"error":"server_error"}`, "<html></html>", "[]", jwkOf(evilP256(), ""),
		jwks(`{"kty":"XYZ"}`), jwks(`{"kty":"oct","k":"` + b64(string(secret)) + `","alg":"HS256"}`), jwks(jwkOf(evilP256(), `"use":"enc"`)), jwks(jwkOf(evilP256(), "")) + "x",
		`{"keys":[` + jwkOf(evilP256(), "") + `],"keys":[` + jwkOf(evilP256(), "") + `]}`,
	} {
		server.publish(doc)
		if err := src.Refresh(t.Context()); err == nil {
			t.Errorf("%.40q is taken for a set", doc)
		}
		accepts(t, v, raw)
		if n := len(src.Status().Keys); n != 1 {
			t.Errorf("%.40q leaves %d keys", doc, n)
		}
	}
	if n := server.requests.Load(); n != 16 {
		t.Errorf("%d requests, want 16", n)
	}
}

// attackEndlessAnswer: of an answer no more than a mebibyte is read, which is
// what it inflates to.
func attackEndlessAnswer(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	fmt.Fprint(w, `{"keys":[],"x":"`)
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for range 16 {
		w.Write(spaces)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if strings.HasSuffix(r.URL.Path, "zipped") {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped.Bytes())
			return
		}
		for r.Context().Err() == nil {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	for _, path := range []string{"/endless", "/zipped"} {
		src := newRemote(t, server.URL+path)
		v := newVerifier(t, src)
		if n := allocated(func() {
			refuses(t, v, token(keys.ES256, "k", good, p256Key()), verifier.ErrUnavailable, "unavailable")
		}); n > 16<<20 { // the server's too
			t.Errorf("%s: %d bytes are allocated", path, n)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("%d requests, want 2", asked.Load())
	}
}

// attackLowOrder: for such keys a signature of nothing verifies every message,
// by crypto/ed25519 too; so they are not keys.
func attackLowOrder(t *testing.T) {
	identity := append([]byte{1}, make([]byte, 31)...)
	forged := append(append([]byte{}, identity...), make([]byte, 32)...)
	message := b64(`{"alg":"EdDSA"}`) + "." + b64(good)
	if !ed25519.Verify(identity, []byte(message), forged) {
		t.Fatal("this is not a forgery")
	}
	raw := message + "." + b64(string(forged))
	if k, err := keys.NewPublic("", keys.EdDSA, ed25519.PublicKey(identity)); k != nil || err == nil {
		t.Error("NewPublic takes it")
	}
	set := jwks(`{"kty":"OKP","crv":"Ed25519","x":"`+b64(string(identity))+`"}`, jwkOf(edKey(), `"kid":"k"`))
	ks, _, err := keys.Parse([]byte(set))
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []keys.Provider{keys.Static(ks...), newRemote(t, newPublisher(t, set).URL)} {
		badSignature(t, newVerifier(t, src), raw)
	}
}

// attackCertificatesFirst: a header full of certificates costs next to nothing.
func attackCertificatesFirst(t *testing.T) {
	x5c := `"` + strings.Repeat("MIIB", 2500) + `"`
	raw := mint(keys.ES256, `{"alg":"ES256","kid":"unknown","x5c":[`+x5c+`]}`, good, evilP256())
	v := newVerifier(t, keys.Static(public(t, keys.ES256, "k", p256Key())))
	cheap(t, func() { unknownKey(t, v, raw) })
}
