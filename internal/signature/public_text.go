package signature

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// IsPublicText reports whether secret is, in any usual encoding, a text that
// others may know: a key of a pair, a certificate, or a set of them. A verifier
// that takes its issuer's public key for an HMAC secret accepts a token from
// anyone who has that key (RFC 8725 §2.1). Whoever configures a secret by copying
// it may have encoded it on the way, so encodings are taken off, up to five deep.
//
// It never reports a random secret, and takes time linear in its length.
func IsPublicText(secret []byte) bool {
	s := search{budget: 64*len(secret) + 1<<16}
	return s.finds(secret, maxNesting)
}

// bom is the byte order mark of UTF-8.
const bom = "\ufeff"

// maxNesting is how many encodings around each other are taken off.
const maxNesting = 5

// A search takes encodings off a text within a budget, the number of bytes that it
// may still look at: crafted texts have exponentially many decodings.
type search struct{ budget int }

// finds reports whether text holds a key, or does in one of its decodings.
func (s *search) finds(text []byte, nesting int) bool {
	if s.budget -= len(text); s.budget < 0 {
		return true // refuse: no random secret has so many decodings
	}
	// A quoted or indented key still begins with the key.
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

// keyMarks are parts of texts that hold keys. Each is at least five bytes long, so
// that a random secret practically never contains one.
var keyMarks = [][]byte{
	// PEM (RFC 7468) and what ssh makes of it (RFC 4716 §3).
	[]byte("-----BEGIN"), []byte("-----END"), []byte("---- BEGIN"), []byte("PUBLIC KEY"), []byte("PRIVATE KEY"),
	// A JWK or a set of them, in JSON, Python or YAML (RFC 7517, RFC 7518 §6);
	// AQAB is the usual RSA exponent.
	[]byte(`"kty"`), []byte(`'kty'`), []byte("kty: "), []byte(`"crv"`), []byte(`"x5c"`), []byte(`"AQAB"`),
	// ssh (RFC 4253 §6.6), in text and in binary.
	[]byte("ssh-rsa"), []byte("ssh-dss"), []byte("ssh-ed25519"), []byte("ssh-ed448"), []byte("ecdsa-sha2-"), []byte("sk-ssh-"),
	[]byte("openssh-key-v1"), []byte("PuTTY-User-Key"), []byte("x509v3-"),
	// XML Signature §4.5, as in SAML metadata.
	[]byte("KeyValue>"), []byte("<Modulus"), []byte(":Modulus>"), []byte("X509Certificate"),
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

// isKeyText reports whether text contains one of keyMarks, anywhere: a key in the
// middle of other text is no less public.
func isKeyText(text []byte) bool {
	for _, mark := range keyMarks {
		if bytes.Contains(text, mark) {
			return true
		}
	}
	return false
}

// isBinaryKey reports whether text begins with a key that has none of keyMarks.
func isBinaryKey(text []byte) bool { return isKeyDER(text) || isPoint(text) }

// isKeyDER reports whether der begins with a key that names no algorithm: RSA
// (RFC 8017 appendix A.1) or a private EC key (RFC 5915 §3). The sizes that it
// demands keep random bytes from matching.
func isKeyDER(der []byte) bool {
	if len(der) == 0 || der[0] != asn1.TagSequence|0x20 {
		return false
	}
	var public struct {
		N *big.Int
		E int
	}
	// What follows a public key may be a quote or line end that was copied too.
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
	// 20 bytes: no curve in use has a shorter private key.
	return err == nil && ec.Version == 1 && len(ec.Private) >= 20
}

// isPoint reports whether text begins with an uncompressed point (SEC 1 §2.3.3) on
// one of the curves. Random bytes are never one.
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
