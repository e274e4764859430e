package conformance_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A fuzzKey signs what the fuzzer makes up. Those for raw tokens are the same
// in every process, so that what one finds, another can repeat.
type fuzzKey struct {
	alg     keys.Algorithm
	private any
	public  any // for go-jose
}

var fuzzKeys = sync.OnceValue(func() []fuzzKey {
	ed := ed25519.NewKeyFromSeed([]byte("a fixed seed of thirty-two bytes"))
	ec := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), []byte("another fixed one, of thirty-two")))
	return []fuzzKey{
		{keys.HS256, secret, secret}, {keys.HS512, secret, secret}, {keys.ES256, ec, ec.Public()}, {keys.EdDSA, ed, ed.Public()},
		{keys.RS256, rsaKey(), rsaKey().Public()}, {keys.PS256, rsaKey(), rsaKey().Public()},
	}
})

// key is the library's, named by its algorithm.
func (k fuzzKey) key(tb testing.TB) *keys.Key {
	if secret, ok := k.private.([]byte); ok {
		return secretKey(tb, k.alg, string(k.alg), secret)
	}
	return public(tb, k.alg, string(k.alg), k.private.(crypto.Signer))
}

// fuzzVerifier trusts all fuzzKeys, asks for nothing that a claim could lack,
// and remembers headers and tokens from one input to the next.
func fuzzVerifier(tb testing.TB) *verifier.Keyed {
	tb.Helper()
	var ks []*keys.Key
	for _, k := range fuzzKeys() {
		ks = append(ks, k.key(tb))
	}
	return newVerifier(tb, keys.Static(ks...), verifier.WithAnyIssuer(), verifier.WithAnyAudience(),
		verifier.WithOptionalExpiry(), verifier.WithOptionalSubject(), verifier.WithCache(64))
}

// secondOpinion fails the test unless go-jose too accepts raw, with the same
// key and algorithm, and reads the same header and payload.
func secondOpinion(t *testing.T, raw string, tok *verifier.Token) {
	t.Helper()
	i := slices.IndexFunc(fuzzKeys(), func(k fuzzKey) bool { return k.alg == tok.Algorithm })
	if i < 0 {
		t.Fatalf("%q is accepted with %s, for which there is no key", raw, tok.Algorithm)
	}
	key := fuzzKeys()[i]
	sig, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{key.alg})
	switch {
	case err != nil && unreadByUs(err):
		bareOpinion(t, raw, key)
		return
	case err != nil:
		t.Fatalf("%q is accepted, and go-jose says %v", raw, err)
	}
	payload, err := sig.Verify(key.public)
	if err != nil {
		t.Fatalf("%q is accepted, and go-jose says %v", raw, err)
	}
	if h := sig.Signatures[0].Header; string(payload) != string(tok.Raw()) || h.Algorithm != string(tok.Algorithm) {
		t.Fatalf("%q is read as %s with %q; by go-jose as %s with %q", raw, tok.Algorithm, tok.Raw(), h.Algorithm, payload)
	} else if typ, _ := h.ExtraHeaders["typ"].(string); typ != tok.Type || h.KeyID != "" && h.KeyID != tok.KeyID {
		t.Fatalf("%q has the typ %q and kid %q; by go-jose %q and %q", raw, tok.Type, tok.KeyID, typ, h.KeyID)
	}
}

// unreadByUs: go-jose reads keys, certificates and nonces in a header, and every
// number in it as a float64; none of that means anything here.
func unreadByUs(err error) bool {
	text := err.Error()
	for _, what := range []string{"unmarshal JWK", "embedded jwk", "unmarshal x5c", "unmarshal nonce", "unmarshal value"} {
		if strings.Contains(text, what) {
			return true
		}
	}
	return false
}

// bareOpinion checks the signature with crypto alone.
func bareOpinion(t *testing.T, raw string, key fuzzKey) {
	t.Helper()
	i := strings.LastIndexByte(raw, '.')
	signature, err := base64url.DecodeString(raw[i+1:])
	ok := false
	switch pub := key.public.(type) {
	case []byte:
		ok = string(sign(key.alg, pub, raw[:i])) == string(signature)
	case ed25519.PublicKey:
		ok = ed25519.Verify(pub, []byte(raw[:i]), signature)
	case *ecdsa.PublicKey:
		h := crypto.SHA256.New()
		h.Write([]byte(raw[:i]))
		half := len(signature) / 2
		ok = ecdsa.Verify(pub, h.Sum(nil), new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	default:
		return // RSA takes part in no raw token
	}
	if err != nil || !ok {
		t.Fatalf("%q is accepted, and its signature is none", raw)
	}
}

// sameClaims fails the test unless encoding/json reads the payload of tok as
// the library does.
func sameClaims(t *testing.T, tok *verifier.Token) {
	t.Helper()
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(tok.Raw()))
	d.UseNumber() // a private claim may not fit a float64
	if err := d.Decode(&members); err != nil || members == nil {
		t.Fatalf("%q is accepted, and encoding/json says %v", tok.Raw(), err)
	}
	for claim, got := range map[string]string{"iss": tok.Issuer, "sub": tok.Subject, "jti": tok.ID} {
		if want, ok := members[claim]; ok && want != got || !ok && got != "" {
			t.Fatalf("%q: %s is %q, by encoding/json %v", tok.Raw(), claim, got, want)
		}
	}
	for claim, got := range map[string]time.Time{"exp": tok.Expiry, "nbf": tok.NotBefore, "iat": tok.IssuedAt} {
		value, there := members[claim]
		number, ok := value.(json.Number)
		want, err := number.Float64()
		if ok && err != nil {
			t.Fatalf("%q: %s is %v, by encoding/json %v", tok.Raw(), claim, got, err)
		}
		// A float64 can say no more than that, far out.
		if there != ok || ok && math.Abs(float64(got.Unix())-want) > 2 || !ok && !got.IsZero() {
			t.Fatalf("%q: %s is %v, by encoding/json %v", tok.Raw(), claim, got, value)
		}
	}
}
