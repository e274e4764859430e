package signature

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// IsPublicText reports whether secret is, in any usual encoding, a text that
// others may know: the key of a pair, a certificate, or a set of them. A
// verifier with it as its secret would accept what anybody signs.
func IsPublicText(secret []byte) bool {
	s := search{budget: 64*len(secret) + 1<<16}
	return s.finds(secret, maxNesting)
}

// bom is the byte order mark of UTF-8.
const bom = "\ufeff"

// maxNesting is how many encodings inside each other are taken off.
const maxNesting = 5

// A search takes encodings off a text, and keeps to work that is linear in its
// length.
type search struct{ budget int }

func (s *search) finds(text []byte, nesting int) bool {
	if s.budget -= len(text); s.budget < 0 {
		return true // nothing that is random has so many readings
	}
	start := bytes.TrimLeft(text, around+bom)
	if isKeyText(text) || isBinaryKey(text) || isBinaryKey(start) {
		return true
	}
	if nesting == 0 {
		return false
	}
	for _, decode := range decodings {
		for _, decoded := range decode(start) {
			if s.finds(decoded, nesting-1) {
				return true
			}
		}
	}
	return false
}

// keyMarks are parts of texts that hold keys. Each is at least five bytes long,
// so that random bytes do not hold it.
var keyMarks = [][]byte{
	[]byte("-----BEGIN"), []byte("-----END"), []byte("---- BEGIN"), []byte("PUBLIC KEY"), []byte("PRIVATE KEY"), // RFC 7468, RFC 4716
	[]byte(`"kty"`), []byte(`'kty'`), []byte("kty: "), []byte(`"crv"`), []byte(`"x5c"`), []byte(`"AQAB"`), // RFC 7517, RFC 7518
	[]byte("ssh-rsa"), []byte("ssh-dss"), []byte("ssh-ed25519"), []byte("ssh-ed448"), []byte("ecdsa-sha2-"), []byte("sk-ssh-"), // RFC 4253 §6.6
	[]byte("openssh-key-v1"), []byte("PuTTY-User-Key"), []byte("x509v3-"),
	[]byte("KeyValue>"), []byte("<Modulus"), []byte(":Modulus>"), []byte("X509Certificate"), // XML Signature §4.5
	// Object identifiers of keys and certificates in DER (RFC 5280, RFC 3279,
	// RFC 5480, RFC 8410, RFC 5639, RFC 9881).
	[]byte("\x2a\x86\x48\x86\xf7\x0d\x01"),     // PKCS: RSA, and what is encrypted or bundled
	[]byte("\x2a\x86\x48\xce\x3d\x02\x01"),     // EC
	[]byte("\x2a\x86\x48\xce\x3d\x03\x01"),     // its curves: P-256
	[]byte("\x06\x05\x2b\x81\x04\x00"),         // P-384, P-521, secp256k1
	[]byte("\x2b\x24\x03\x03\x02\x08"),         // brainpool
	[]byte("\x30\x05\x06\x03\x2b\x65"),         // Ed25519, Ed448, X25519, X448
	[]byte("\x2a\x86\x48\xce\x38\x04"),         // DSA
	[]byte("\x60\x86\x48\x01\x65\x03\x04\x03"), // ML-DSA
}

func isKeyText(text []byte) bool {
	for _, mark := range keyMarks {
		if bytes.Contains(text, mark) {
			return true
		}
	}
	return false
}

func isBinaryKey(text []byte) bool { return isKeyDER(text) || isPoint(text) }

// isKeyDER reports whether der begins with a key that names no algorithm: RSA
// (RFC 8017 appendix A.1) or a private EC key (RFC 5915 §3).
func isKeyDER(der []byte) bool {
	if len(der) == 0 || der[0] != asn1.TagSequence|0x20 {
		return false
	}
	var public struct {
		N *big.Int
		E int
	}
	if rest, err := asn1.Unmarshal(der, &public); err == nil {
		return public.N.BitLen() >= 512 && len(rest) <= len("\\&quot;\r\n")
	}
	var private struct {
		Version int
		N       *big.Int
		E       *big.Int
	}
	if _, err := asn1.Unmarshal(der, &private); err == nil {
		return private.N.BitLen() >= 512
	}
	var ec struct {
		Version int
		Private []byte
	}
	_, err := asn1.Unmarshal(der, &ec)
	return err == nil && ec.Version == 1 && len(ec.Private) >= 20
}

// isPoint reports whether text begins with a point on a curve, uncompressed
// (SEC 1 §2.3.3).
func isPoint(text []byte) bool {
	for _, alg := range []Algorithm{jose.ES256, jose.ES384, jose.ES512} {
		c := Curve(alg)
		if size := 1 + 2*CoordinateSize(c); len(text) >= size {
			if _, err := ecdsa.ParseUncompressedPublicKey(c, text[:size]); err == nil {
				return true
			}
		}
	}
	return false
}
