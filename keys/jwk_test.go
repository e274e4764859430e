package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestM03JWKErrorsNameTheMember: the one that is wrong.
func TestM03JWKErrorsNameTheMember(t *testing.T) {
	n := base64url.EncodeToString(rsaModulus(2048))
	for _, test := range []struct{ jwk, want string }{
		{`{"kty":"RSA","e":"AQAB","x5c":["MIIB"]}`, "n is missing; x5c is not read"},
		{`{"kty":"RSA","e":"AQAB"}`, "n is missing"},
		{`{"kty":"RSA","n":"` + n + `"}`, "e is missing"},
		{`{"kty":"RSA","n":"+/","e":"AQAB"}`, "n is not base64url"},
		{`{"kty":"RSA","n":"` + n + `==","e":"AQAB"}`, "n is not base64url: it has padding"},
		{`{"kty":"RSA","n":"` + n + `","e":"AQ=="}`, "e is not base64url: it has padding"},
		{`{"kty":"RSA","n":"` + n + `","e":"AQAAAAE"}`, "e has 5 bytes; at most 4 are used"},
		{`{"kty":"RSA","n":7,"e":"AQAB"}`, "n has the wrong type"},
		{`{"kty":"EC","crv":"P-256","x5c":["MIIB"]}`, "x is missing; x5c is not read"},
		{`{"kty":"EC","crv":"P-256","x":"` + n[:43] + `"}`, "y is missing"},
		{`{"kty":"EC","x":"AA","y":"AA"}`, "crv is missing"},
		{`{"kty":"EC","crv":"P-256","x":"` + n[:60] + `","y":"AA"}`, "x is not a coordinate of P-256: it has 45 bytes, and RFC 7518 §6.2.1.2 wants 32"},
		{`{"kty":"OKP","crv":"Ed25519","x5c":[]}`, "x is missing; x5c is not read"},
		{`{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "x has 3 bytes; it must have 32"},
		{`{"kty":"OKP","x":"AAAA"}`, "crv is missing"},
		{`{"kty":"OKP","crv":"Ed448","x":"AAAA"}`, `crv "Ed448" is not used`},
		{`{"kty":"AKP","alg":"ML-DSA-44"}`, "pub is missing"},
		{`{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}`, "pub is not a public key for ML-DSA-44"},
		{`{"kty":"AKP","pub":"AA"}`, `alg "" is not ML-DSA`},
		{`{"kty":"oct","alg":"HS256"}`, "k is missing"},
		{`{"kty":"oct","k":"AAAA"}`, `alg is missing: an "oct" key needs an "alg"`},
		{`{"n":"` + n + `","e":"AQAB"}`, `kty "" is not used`},
		{`{"kty":["RSA"]}`, "kty has the wrong type"},
		{ecJWK + `,"kid":7}`, "kid has the wrong type"},
		{ecJWK + `,"kid":"a","kid":"b"}`, "kid is a duplicate"},
		{ecJWK + `,"kid":"a","odd":{"a":1,"a":2}}`, "odd is a duplicate"},
		{ecJWK + `,"key_ops":"verify"}`, "key_ops has the wrong type"},
		{ecJWK + `,"key_ops":[1]}`, "key_ops has the wrong type"},
		{ecJWK + `,"alg":""}`, "alg is empty"},
		{ecJWK + `,"alg":null}`, "alg is empty"},
		{ecJWK + `,"alg":5}`, "alg has the wrong type"},
		{ecJWK + `,"use":"enc"}`, `use is "enc"`},
		{ecJWK + `,"issuer":""}`, "issuer is empty"},
		{ecJWK + `,"issuer":null}`, "issuer is empty"},
		{ecJWK + `,"issuer":["https://a"]}`, "issuer has the wrong type"},
		{ecJWK + `,"kid":"` + "\xff" + `"}`, "kid is not valid JSON in UTF-8"},
		{`[]`, "not a JWK: it is not a JSON object"},
	} {
		good := edJWK + `,"kid":"good"}`
		ks, skipped, err := keys.Parse([]byte(set(good, test.jwk)))
		if err != nil || len(ks) != 1 || len(skipped) != 1 || !strings.Contains(skipped[0].Reason, test.want) {
			t.Errorf("%s: %v, skipped %v, %v; want %q", test.jwk, ks, skipped, err, test.want)
		}
	}
}

// TestM03PublishedPrivateMembersAreNamed: each of these members reveals the key.
func TestM03PublishedPrivateMembersAreNamed(t *testing.T) {
	rsaJWK := strings.TrimSuffix(string(signerOf(keys.RS256).JWK()), "}")
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "priv"} {
		doc := []byte(set(edJWK+`,"kid":"good"}`, rsaJWK+`,"`+member+`":"AA"}`))
		r, err := keys.NewRemote("https://127.0.0.1/", keys.WithSeed(doc))
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Status(); len(s.Keys) != 1 || len(s.Skipped) != 1 || !strings.Contains(s.Skipped[0].Reason, "private half is published ("+member+")") {
			t.Errorf("%s: %v, skipped %v", member, s.Keys, s.Skipped)
		}
		if ks, _, err := keys.Parse(doc); err != nil || len(ks) != 2 {
			t.Errorf("%s, in the user's own document: %v, %v", member, ks, err)
		}
	}
}

// TestP04CoordinateWithoutLeadingZeros: RFC 7518 §6.2.1.2 forbids it. It is accepted
// in the user's own document, and refused by name in a published one.
func TestP04CoordinateWithoutLeadingZeros(t *testing.T) {
	for alg, curve := range map[keys.Algorithm]elliptic.Curve{keys.ES256: elliptic.P256(), keys.ES384: elliptic.P384(), keys.ES512: elliptic.P521()} {
		k, x, y := keyWithZeros(t, alg, curve)
		doc := []byte(set(edJWK+`,"kid":"good"}`, fmt.Sprintf(`{"kty":"EC","kid":"short","alg":"%s","crv":"%s","x":"%s","y":"%s"}`, alg, curve.Params().Name,
			base64url.EncodeToString(x.Bytes()), base64url.EncodeToString(y.Bytes()))))
		ks, skipped, err := keys.Parse(doc)
		if err != nil || len(ks) != 2 || ks[1].Thumbprint() != k.Thumbprint() {
			t.Errorf("%s: %v, skipped %v, %v", alg, ks, skipped, err)
		}
		r, err := keys.NewRemote("https://127.0.0.1/", keys.WithSeed(doc))
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Status(); len(s.Keys) != 1 || len(s.Skipped) != 1 || !strings.Contains(s.Skipped[0].Reason, "RFC 7518 §6.2.1.2") || s.Skipped[0].KeyID != "short" {
			t.Errorf("%s, published: %v, skipped %v", alg, s.Keys, s.Skipped)
		}
	}
}

// keyWithZeros returns a key whose x or y begins with zeros.
func keyWithZeros(t *testing.T, alg keys.Algorithm, curve elliptic.Curve) (k *keys.Key, x, y *big.Int) {
	t.Helper()
	size := (curve.Params().BitSize + 7) / 8
	for range 100_000 {
		k := verifiertest.NewSigner(t, alg, "short").Key()
		point, err := k.Public().(*ecdsa.PublicKey).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		x, y := new(big.Int).SetBytes(point[1:1+size]), new(big.Int).SetBytes(point[1+size:])
		if len(x.Bytes()) < size || len(y.Bytes()) < size {
			return k, x, y
		}
	}
	t.Fatal("no such key")
	return nil, nil, nil
}

// TestS02KeyOfAnotherIssuerIsSkipped: a JWK may name its issuer, with {tenantid} in
// place of a GUID.
func TestS02KeyOfAnotherIssuerIsSkipped(t *testing.T) {
	const guid = "9188040d-6c67-4c5b-b112-36a304b66dad"
	scoped := func(issuer string) string {
		member, err := json.Marshal(issuer)
		if err != nil {
			t.Fatal(err)
		}
		return ecJWK + `,"kid":"scoped","issuer":` + string(member) + `}`
	}
	for _, test := range []struct {
		scope, issuer string
		want          bool
	}{
		{"https://login.example/a/v2.0", "https://login.example/a/v2.0", true},
		{"https://login.example/a/v2.0", "https://login.example/b/v2.0", false},
		{"https://login.example/{tenantid}/v2.0", "https://login.example/" + guid + "/v2.0", true},
		{"https://login.example/{tenantid}/v2.0", "https://login.example/common/v2.0", false},
		{"https://login.example/{tenantid}/v2.0", "https://login.example//v2.0", false},
		{"https://login.example/{tenantid}/v2.0", "https://other.example/" + guid + "/v2.0", false},
		{"https://login.example/{tenantid}/v2.0", "https://login.example/" + guid + "/" + guid + "/v2.0", false},
	} {
		doc := []byte(set(edJWK+`,"kid":"good"}`, scoped(test.scope)))
		r, err := keys.NewOIDC(test.issuer, keys.WithSeed(doc))
		if err != nil {
			t.Fatal(err)
		}
		s := r.Status()
		if got := len(s.Keys) == 2; got != test.want || got == (len(s.Skipped) == 1) {
			t.Errorf("%s for %s: %v, skipped %v", test.scope, test.issuer, s.Keys, s.Skipped)
		}
		for _, skipped := range s.Skipped {
			if skipped.KeyID != "scoped" || !strings.Contains(skipped.Reason, "issuer is ") {
				t.Errorf("%s for %s: %v", test.scope, test.issuer, skipped)
			}
		}
		k := newParsed(t, scoped(test.scope))
		if got := k.VouchesFor(test.issuer); got != test.want || k.VouchesFor("") || k.Issuer() != "" {
			t.Errorf("%s: VouchesFor(%s) = %v", test.scope, test.issuer, got)
		}
		if ks := mustFind(t, keys.ForIssuer(test.issuer, keys.Static(k)), keys.Hint{KeyID: "scoped", Algorithm: keys.ES256}); (len(ks) == 1) != test.want {
			t.Errorf("%s: ForIssuer(%s) gives %v", test.scope, test.issuer, ks)
		}
		oct := newParsed(t, `{"kty":"oct","alg":"HS256","k":"`+base64url.EncodeToString(secret)+`","issuer":"`+test.scope+`"}`)
		if oct.VouchesFor(test.issuer) != test.want {
			t.Errorf("%s: a secret vouches for %s", test.scope, test.issuer)
		}
	}
}

// TestS25R15ManyOddKeysAreCheap: a document of 1 MiB costs little time and memory, and
// its good keys are read.
func TestS25R15ManyOddKeysAreCheap(t *testing.T) {
	good := edJWK + `,"kid":"good"}`
	docs := map[string]string{"PEM": edPEM(t) + strings.Repeat("-----BEGIN ", 90_000), "PEM blocks": edPEM(t) + strings.Repeat("-----BEGIN A-----\n-----END A-----\n", 30_000)}
	for _, odd := range []string{"1", "{}", `[]`, `""`, `{"kty":1}`, `{"kid":"a"}`} {
		docs[odd] = set(good, strings.Repeat(odd+",", (1<<20-300)/(len(odd)+1))+odd)
	}
	for odd, doc := range docs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ks, skipped, err := keys.Parse([]byte(doc))
		runtime.ReadMemStats(&after)
		if err != nil || len(ks) != 1 || len(skipped) != 102 {
			t.Errorf("%s: %v, %d skipped, %v", odd, ks, len(skipped), err)
			continue
		}
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(48<<20); got > most {
			t.Errorf("%s: %d bytes, want at most %d", odd, got, most)
		}
		for i, want := range []string{" more", "only 16384 keys are read; "} {
			if got := skipped[100+i].Reason; !strings.Contains(got, want) {
				t.Errorf("%s: skipped[%d] = %s, want %q", odd, 100+i, got, want)
			}
		}
	}
}

func TestS25TenThousandGoodKeysAreRead(t *testing.T) {
	var many []string
	for i := range 10_000 {
		many = append(many, fmt.Sprintf(`%s,"kid":"%d"}`, edJWK, i))
	}
	ks, skipped, err := keys.Parse([]byte(set(many...)))
	if err != nil || len(ks) != 10_000 || len(skipped) > 0 {
		t.Errorf("%d keys, skipped %v, %v", len(ks), skipped, err)
	}
}
