package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

var base64url = base64.RawURLEncoding

// The public keys of RFC 8037 appendix A.2 and RFC 7515 appendix A.3.
const (
	edJWK = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	ecJWK = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
)

func set(ks ...string) string { return `{"keys":[` + strings.Join(ks, ",") + `]}` }

// TestRule6OneOddKeyIsSkipped puts each odd key next to a good one, in a local and
// in a published set.
func TestRule6OneOddKeyIsSkipped(t *testing.T) {
	good := edJWK + `,"kid":"good"}`
	k := base64url.EncodeToString(secret)
	for _, test := range []struct {
		name, jwk string
		local     string // the reason; "" if it is usable
		remote    string
	}{
		{"good", ecJWK + `,"kid":"odd"}`, "", ""},
		{"use sig", ecJWK + `,"kid":"odd","use":"sig"}`, "", ""},
		{"use of SPIFFE", ecJWK + `,"kid":"odd","use":"jwt-svid"}`, "", ""},
		{"key_ops verify", ecJWK + `,"kid":"odd","key_ops":["sign","verify"]}`, "", ""},
		{"x5c and others are not read", ecJWK + `,"kid":"odd","x5c":["?"],"x5t":7,"x5u":"://","oth":{"a":[1]}}`, "", ""},
		{"use enc", ecJWK + `,"kid":"odd","use":"enc"}`, `use is "enc"`, `use is "enc"`},
		{"unknown use", ecJWK + `,"kid":"odd","use":"x509-svid"}`, `use is "x509-svid"`, `use is "x509-svid"`},
		{"key_ops without verify", ecJWK + `,"kid":"odd","key_ops":["deriveKey"]}`, "key_ops", "key_ops"},
		{"empty key_ops", ecJWK + `,"kid":"odd","key_ops":[]}`, "key_ops", "key_ops"},
		{"numeric kid", ecJWK + `,"kid":7}`, "wrong type", "wrong type"},
		{"long kid", ecJWK + `,"kid":"` + strings.Repeat("a", 1025) + `"}`, "kid is longer", "kid is longer"},
		{"empty alg", ecJWK + `,"kid":"odd","alg":""}`, "empty", "empty"},
		{"alg null", ecJWK + `,"kid":"odd","alg":null}`, "empty", "empty"},
		{"duplicate member", ecJWK + `,"kid":"odd","kid":"odd"}`, "duplicate", "duplicate"},
		{"not an object", `"odd"`, "not a JWK", "not a JWK"},
		{"null", `null`, "kty", "kty"},
		{"empty", `{}`, "kty", "kty"},
		{"unknown kty", `{"kid":"odd","kty":"XYZ"}`, `kty "XYZ"`, `kty "XYZ"`},
		{"kty of another case", strings.Replace(ecJWK, "EC", "ec", 1) + `,"kid":"odd"}`, `kty "ec"`, `kty "ec"`},
		{"unknown curve", `{"kid":"odd","kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`, `crv "secp256k1"`, `crv "secp256k1"`},
		{"Ed448", `{"kid":"odd","kty":"OKP","crv":"Ed448","x":"AA"}`, `crv "Ed448"`, `crv "Ed448"`},
		{"X25519", `{"kid":"odd","kty":"OKP","crv":"X25519","x":"AA"}`, `crv "X25519"`, `crv "X25519"`},
		{"off the curve", `{"kid":"odd","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}`, "not on P-256", "not on P-256"},
		{"short coordinate", `{"kid":"odd","kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, "coordinate", "coordinate"},
		{"padded base64", `{"kid":"odd","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}`, "base64url", "base64url"},
		{"a line end in base64", `{"kid":"odd","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapi\nMlrwIaaPcHURo"}`, "base64url", "base64url"},
		{"Ed25519 too short", `{"kid":"odd","kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "3 bytes", "3 bytes"},
		{"algorithm of encryption", ecJWK + `,"kid":"odd","alg":"ECDH-ES"}`, `"ECDH-ES"`, `"ECDH-ES"`},
		{"algorithm of another curve", ecJWK + `,"kid":"odd","alg":"ES384"}`, "P-384", "P-384"},
		{"algorithm of another kind", ecJWK + `,"kid":"odd","alg":"RS256"}`, "cannot be a key for RS256", "cannot be a key for RS256"},
		{"algorithm of a secret", ecJWK + `,"kid":"odd","alg":"HS256"}`, "not an algorithm for a public key", "not an algorithm for a public key"},
		{"short modulus", `{"kid":"odd","kty":"RSA","n":"` + base64url.EncodeToString(rsaModulus(1024)) + `","e":"AQAB"}`, "1024 bits", "1024 bits"},
		{"RSA of 8192 bits", `{"kid":"odd","kty":"RSA","n":"` + base64url.EncodeToString(rsaModulus(8192)) + `","e":"AQAB"}`, "", ""},
		{"huge exponent", `{"kid":"odd","kty":"RSA","n":"` + base64url.EncodeToString(rsaModulus(2048)) + `","e":"AQAAAAE"}`, "e has 5 bytes", "e has 5 bytes"},
		{"RSA without n", `{"kid":"odd","kty":"RSA","e":"AQAB"}`, "n is missing", "n is missing"},
		{"private EC", ecJWK + `,"kid":"odd","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`, "", "private half"},
		{"private with null", ecJWK + `,"kid":"odd","d":null}`, "", "private half"},
		{"private AKP", `{"kid":"odd","kty":"AKP","alg":"ML-DSA-44","pub":"AA","priv":"AA"}`, "public key", "private half"},
		{"AKP without alg", `{"kid":"odd","kty":"AKP","pub":"AA"}`, "not ML-DSA", "not ML-DSA"},
		{"AKP of wrong length", `{"kid":"odd","kty":"AKP","alg":"ML-DSA-65","pub":"AAAA"}`, "public key", "public key"},
		{"secret", `{"kid":"odd","kty":"oct","alg":"HS256","k":"` + k + `"}`, "", "not a secret"},
		{"secret without alg", `{"kid":"odd","kty":"oct","k":"` + k + `"}`, `needs an "alg"`, "not a secret"},
		{"short secret", `{"kid":"odd","kty":"oct","alg":"HS256","k":"c2hvcnQ"}`, "5 bytes", "not a secret"},
		{"secret that is not base64url", `{"kid":"odd","kty":"oct","alg":"HS256","k":"+/+/"}`, "base64url", "not a secret"},
		{"a secret in a public key", ecJWK + `,"kid":"odd","k":"` + k + `"}`, "", "private half"},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := []byte(set(good, test.jwk))
			ks, skipped, err := keys.Parse(doc)
			checkOdd(t, "local", ks, skipped, err, test.local)

			r, err := keys.NewRemote("https://127.0.0.1/jwks.json", keys.WithSeed(doc))
			if err != nil {
				t.Fatal(err)
			}
			odd := 1
			if test.remote != "" {
				odd = 0
			}
			if got := len(r.Status().Keys); got != 1+odd {
				t.Errorf("published: %d keys, want %d", got, 1+odd)
			}
			single, skipped, err := keys.Parse([]byte(test.jwk))
			if test.local == "" && (err != nil || len(single) != 1) {
				t.Errorf("alone: %v, %v, %v", single, skipped, err)
			}
			if test.local != "" && err == nil {
				t.Errorf("alone: no error")
			}
		})
	}
}

func checkOdd(t *testing.T, where string, ks []*keys.Key, skipped []keys.Skipped, err error, reason string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if ks[0].ID() != "good" {
		t.Errorf("%s: the good key is not the first of %v", where, ks)
	}
	if reason == "" {
		if len(ks) != 2 || len(skipped) > 0 || ks[1].ID() != "odd" {
			t.Errorf("%s: %v, skipped %v", where, ks, skipped)
		}
		return
	}
	if len(ks) != 1 || len(skipped) != 1 || !strings.Contains(skipped[0].Reason, reason) {
		t.Errorf("%s: %v, skipped %v; want the reason %q", where, ks, skipped, reason)
	}
	for _, s := range skipped {
		if strings.ContainsAny(s.String(), "\r\n") || strings.Contains(s.String(), "keys: ") {
			t.Errorf("%s: the reason reads %q", where, s)
		}
	}
}

func rsaModulus(bits int) []byte {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.SetBit(n, 0, 1).Bytes()
}

func TestParseRefuses(t *testing.T) {
	good := edJWK + `}`
	for _, test := range []struct{ name, doc, want string }{
		{"nothing", "", "neither"},
		{"text", "hello", "neither"},
		{"HTML", "<html></html>", "neither"},
		{"an array", "[" + good + "]", "neither"},
		{"no keys", `{"keys":[]}`, "there is no key in it"},
		{"keys null", `{"keys":null}`, "not an array"},
		{"keys an object", `{"keys":{}}`, "not an array"},
		{"keys twice", `{"keys":[` + good + `],"keys":[]}`, "twice"},
		{"truncated", set(good)[:60], "not valid JSON"},
		{"something follows", set(good) + "x", "follows"},
		{"two documents", set(good) + set(good), "follows"},
		{"NUL follows", set(good) + "\x00", "follows"},
		{"one bad key", set(`{"kty":"XYZ","kid":"a"}`), `the only key is unusable: "a": kty "XYZ" is not used`},
		{"two bad keys", set(`{"kty":"XYZ"}`, `{}`), "none of its 2 keys"},
		{"a broken JWK", `{"kty":"OKP"}`, "crv"},
		{"PEM cut off", "-----BEGIN PUBLIC KEY-----\nMCow", "cut off or damaged"},
		{"PEM of another kind", "-----BEGIN PARAMETERS-----\nMCow\n-----END PARAMETERS-----\n", "is not a key"},
		{"PEM with garbage", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "cannot be read"},
	} {
		ks, _, err := keys.Parse([]byte(test.doc))
		if ks != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Parse = %v, %v; want an error with %q", test.name, ks, err, test.want)
		}
	}
}

func TestParseAccepts(t *testing.T) {
	good := edJWK + `,"kid":"a"}`
	for _, test := range []struct{ name, doc string }{
		{"set", set(good)},
		{"one JWK", good},
		{"white space", " \r\n\t" + set(good) + "\n\n"},
		{"byte order mark", "\ufeff" + set(good)},
		{"other members", `{"issuer":"x","x":1,"x":2,"keys":[` + good + `],"y":null}`},
	} {
		ks, skipped, err := keys.Parse([]byte(test.doc))
		if err != nil || len(ks) != 1 || len(skipped) != 0 || ks[0].ID() != "a" {
			t.Errorf("%s: Parse = %v, %v, %v", test.name, ks, skipped, err)
		}
	}
	ks, _, err := keys.Parse([]byte(set(good, good, edJWK+`}`)))
	if err != nil || len(ks) != 3 {
		t.Errorf("duplicate IDs and none: %v, %v", ks, err)
	}
}

func TestRule11KeyWithoutAlgorithm(t *testing.T) {
	jwk := func(alg keys.Algorithm) string { // without its alg
		return strings.Replace(string(signerOf(alg).JWK()), fmt.Sprintf(`"alg":"%s",`, alg), "", 1)
	}
	for of, want := range map[keys.Algorithm]keys.Algorithm{
		keys.PS512: keys.RS256, keys.ES256: keys.ES256, keys.ES384: keys.ES384, keys.ES512: keys.ES512, keys.Ed25519: keys.EdDSA,
	} {
		ks, _, err := keys.Parse([]byte(jwk(of)))
		if err != nil || ks[0].Algorithm() != want {
			t.Errorf("a key for %s without alg: %v, %v; want %s", of, ks, err, want)
		}
	}
	r, err := keys.NewRemote("https://127.0.0.1/", keys.WithDefaultAlgorithm(keys.PS384), keys.WithSeed([]byte(set(jwk(keys.RS256)))))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Status().Keys[0].Algorithm(); got != keys.PS384 {
		t.Errorf("WithDefaultAlgorithm(PS384): %s", got)
	}
}

func TestParsePEM(t *testing.T) {
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	pkix1 := func(pub any) string { der, err := x509.MarshalPKIXPublicKey(pub); return block("PUBLIC KEY", der, err) }
	pkcs8, err := x509.MarshalPKCS8PrivateKey(ecKey)
	ecPrivate := block("PRIVATE KEY", pkcs8, err)
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour)}
	cert, certErr := x509.CreateCertificate(rand.Reader, template, template, &rsaKey().PublicKey, rsaKey())

	for _, test := range []struct {
		name, text string
		want       []keys.Algorithm
		skipped    int
	}{
		{"RSA", pkix1(&rsaKey().PublicKey), []keys.Algorithm{keys.RS256}, 0},
		{"RSA PKCS #1", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey), nil), []keys.Algorithm{keys.RS256}, 0},
		{"EC", pkix1(&ecKey.PublicKey), []keys.Algorithm{keys.ES384}, 0},
		{"certificate", block("CERTIFICATE", cert, certErr), []keys.Algorithm{keys.RS256}, 0},
		{"private PKCS #8", ecPrivate, []keys.Algorithm{keys.ES384}, 0},
		{"private SEC 1", block("EC PRIVATE KEY", sec1, err), []keys.Algorithm{keys.ES384}, 0},
		{"private PKCS #1", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey()), nil), []keys.Algorithm{keys.RS256}, 0},
		{"text around", "a key:\n" + pkix1(&ecKey.PublicKey) + "end\n", []keys.Algorithm{keys.ES384}, 0},
		{"several, one not used", pkix1(&ecKey.PublicKey) + pkix1(&p224.PublicKey) + pkix1(&rsaKey().PublicKey), []keys.Algorithm{keys.ES384, keys.RS256}, 1},
	} {
		ks, skipped, err := keys.Parse([]byte(test.text))
		var got []keys.Algorithm
		for _, k := range ks {
			got = append(got, k.Algorithm())
			if k.ID() != "" {
				t.Errorf("%s: the key has the ID %q", test.name, k.ID())
			}
		}
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" || len(skipped) != test.skipped {
			t.Errorf("%s: %v, skipped %v\n%s", test.name, err, skipped, diff)
		}
	}
}
