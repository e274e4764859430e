package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"filippo.io/mldsa"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestRule6Secrets(t *testing.T) {
	der, err := x509.MarshalPKIXPublicKey(&rsaKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for _, test := range []struct {
		name   string
		alg    keys.Algorithm
		secret []byte
		want   string // in the message
	}{
		{"empty", keys.HS256, nil, "0 bytes"},
		{"one short for HS256", keys.HS256, secret[:31], "at least 32"},
		{"one short for HS384", keys.HS384, secret[:47], "at least 48"},
		{"one short for HS512", keys.HS512, secret[:63], "at least 64"},
		{"algorithm of a public key", keys.RS256, secret, "HS256, HS384 or HS512"},
		{"none", "none", secret, "HS256, HS384 or HS512"},
		{"no algorithm", "", secret, "HS256, HS384 or HS512"},
		{"PEM", keys.HS256, text, "NewPublic or Parse"},
		{"PEM after a space", keys.HS256, append([]byte(" "), text...), "NewPublic or Parse"},
		{"PEM with CRLF", keys.HS256, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), "NewPublic or Parse"},
		{"DER", keys.HS256, der, "NewPublic or Parse"},
		{"PKCS #1 DER", keys.HS256, x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey), "NewPublic or Parse"},
		{"SSH", keys.HS256, []byte("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 user@host"), "NewPublic or Parse"},
		{"SSH2", keys.HS256, []byte("---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EAAAADAQABAAABAQC7"), "NewPublic or Parse"},
		{"DER and a line end", keys.HS256, append(der[:len(der):len(der)], '\n'), "NewPublic or Parse"},
		{"DER in base64", keys.HS256, []byte(base64.StdEncoding.EncodeToString(der)), "NewPublic or Parse"},
		{"DER in base64url, in lines", keys.HS256, []byte(base64url.EncodeToString(der)[:64] + "\n" + base64url.EncodeToString(der)[64:]), "NewPublic or Parse"},
		{"known_hosts", keys.HS256, []byte("host.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHhvbGFob2xhaG9sYWhvbGFob2xh"), "NewPublic or Parse"},
		{"JWK", keys.HS256, verifiertest.NewSigner(t, keys.ES256, "a").JWK(), "NewPublic or Parse"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := keys.NewSecret("", test.alg, test.secret)
			if k != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewSecret = %v, %v; want an error with %q", k, err, test.want)
			}
			if len(test.secret) > 0 && err != nil && strings.Contains(err.Error(), string(test.secret)) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

func TestRule6PublicKeys(t *testing.T) {
	rsaOf := func(bits int) *rsa.PublicKey {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}
	}
	good := rsaOf(2048)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ml, err := mldsa.GenerateKey(mldsa.MLDSA44())
	if err != nil {
		t.Fatal(err)
	}
	edPub, edPriv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lowOrder, err := hex.DecodeString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		alg  keys.Algorithm
		pub  crypto.PublicKey
		want string
	}{
		{"nil", keys.RS256, nil, "cannot verify with a <nil>"},
		{"algorithm of a secret", keys.HS256, good, "not an algorithm for a public key"},
		{"none", "none", good, "not an algorithm for a public key"},
		{"bytes", keys.RS256, []byte("key"), "cannot verify with a []uint8"},
		{"value instead of pointer", keys.RS256, *good, "cannot verify with a rsa.PublicKey"},
		{"private key", keys.EdDSA, edPriv, "private key"},
		{"RSA for ES256", keys.ES256, good, "cannot be a key for ES256"},
		{"EC for RS256", keys.RS256, &p256.PublicKey, "cannot be a key for RS256"},
		{"Ed25519 for ES256", keys.ES256, edPub, "cannot be a key for ES256"},
		{"ML-DSA for RS256", keys.RS256, ml.PublicKey(), "cannot be a key for RS256"},
		{"nil RSA", keys.RS256, (*rsa.PublicKey)(nil), "nil"},
		{"RSA without modulus", keys.RS256, &rsa.PublicKey{E: 3}, "nil"},
		{"RSA of 2047 bits", keys.RS256, rsaOf(2047), "2047 bits"},
		{"RSA of 8193 bits", keys.PS256, rsaOf(8193), "8193 bits"},
		{"RSA with exponent 1", keys.RS256, &rsa.PublicKey{N: good.N, E: 1}, "exponent"},
		{"RSA with even exponent", keys.RS256, &rsa.PublicKey{N: good.N, E: 4}, "exponent"},
		{"RSA with even modulus", keys.RS256, &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 3}, "modulus"},
		{"RSA with negative modulus", keys.RS256, &rsa.PublicKey{N: new(big.Int).Neg(good.N), E: 3}, "modulus"},
		{"RSA of CVE-2017-15361", keys.RS256, &rsa.PublicKey{N: roca(), E: 65537}, "CVE-2017-15361"},
		{"nil ECDSA", keys.ES256, (*ecdsa.PublicKey)(nil), "nil"},
		{"ECDSA without curve", keys.ES256, &ecdsa.PublicKey{}, "nil"},
		{"ECDSA on another curve", keys.ES384, &p256.PublicKey, "needs a key on P-384"},
		{"ECDSA off the curve", keys.ES256, offCurve(), "not a point"},
		{"Ed25519 too short", keys.EdDSA, edPub[:31], "31 bytes"},
		{"Ed25519 too long", keys.Ed25519, append(edPub[:32:32], 0), "33 bytes"},
		{"Ed25519 of low order", keys.EdDSA, ed25519.PublicKey(lowOrder), "low order"},
		{"Ed25519 all zero", keys.EdDSA, make(ed25519.PublicKey, 32), "low order"},
		{"nil ML-DSA", keys.MLDSA44, (*mldsa.PublicKey)(nil), "nil"},
		{"zero ML-DSA", keys.MLDSA44, &mldsa.PublicKey{}, "nil"},
		{"ML-DSA of another size", keys.MLDSA65, ml.PublicKey(), "ML-DSA-44"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := keys.NewPublic("", test.alg, test.pub)
			if k != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewPublic = %v, %v; want an error with %q", k, err, test.want)
			}
		})
	}
	for _, bits := range []int{2048, 8192} {
		if _, err := keys.NewPublic("", keys.RS256, rsaOf(bits)); err != nil {
			t.Errorf("RSA of %d bits: %v", bits, err)
		}
	}
}

// roca returns a modulus with the mark of CVE-2017-15361: it is a power of 65537
// modulo every small prime.
func roca() *big.Int {
	primorial := big.NewInt(1)
	for p := int64(3); p <= 167; p += 2 {
		if big.NewInt(p).ProbablyPrime(10) {
			primorial.Mul(primorial, big.NewInt(p))
		}
	}
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(1234567), primorial)
	k := new(big.Int).Lsh(big.NewInt(1), 2047)
	k.Div(k, primorial).Add(k, big.NewInt(1)).Mul(k, primorial)
	if n.Add(n, k); n.Bit(0) == 0 {
		n.Add(n, primorial)
	}
	return n
}

func offCurve() *ecdsa.PublicKey {
	//lint:ignore SA1019 only a deprecated constructor can make an invalid key
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}
}
