package conformance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"github.com/jwtverify/jwtverify/keys"
)

// checkSignature notes what is wrong with the signature, by the names that an
// attack on it has. alg is what the header says.
func (m *reading) checkSignature(alg, header, payload string, signature []byte) {
	signed := strings.TrimLeftFunc(header, unicode.IsSpace) + "." + payload // white space around a token is another flaw
	switch {
	case verifies(m.alg, m.key, header+"."+payload, signature):
	case m.rules != 0 && verifies(m.alg, m.key, signed, signature):
	case m.has(algOther) && verifies(keys.Algorithm(alg), m.key, signed, signature):
		// Then alg is the only thing that is wrong.
	case m.has(unencoded) && verifies(m.alg, m.key, header+"."+string(m.payload), signature):
		// Then b64 is (RFC 7797 §3).
	case strings.HasPrefix(alg, "HS") && m.confused(keys.Algorithm(alg), signed, signature):
		m.add(confusion)
	case m.respelled(header, payload, signature):
		m.add(signatureRespelled)
	case len(signature) == 0:
		m.add(signatureEmpty)
	default:
		m.add(m.whatIsWrong(signed, signature))
	}
}

// respelled reports whether the signature is of a part as it would be spelled
// without its flaws, which a reader sees that encodes what it has decoded.
func (m *reading) respelled(header, payload string, signature []byte) bool {
	if m.rules == 0 {
		return false
	}
	for _, h := range []string{header, b64(string(m.header))} {
		for _, p := range []string{payload, b64(string(m.payload))} {
			if verifies(m.alg, m.key, h+"."+p, signature) {
				return true
			}
		}
	}
	return false
}

// verifies is the standard library's answer, for a key of any kind.
func verifies(alg keys.Algorithm, key any, signed string, signature []byte) (ok bool) {
	fips140.WithoutEnforcement(func() { ok = verifiesFreely(alg, key, signed, signature, rsa.PSSSaltLengthEqualsHash) })
	return ok
}

func verifiesFreely(alg keys.Algorithm, key any, signed string, signature []byte, salt int) bool {
	hash := map[keys.Algorithm]crypto.Hash{
		keys.HS256: crypto.SHA256, keys.RS256: crypto.SHA256, keys.PS256: crypto.SHA256, keys.ES256: crypto.SHA256,
		keys.HS384: crypto.SHA384, keys.RS384: crypto.SHA384, keys.PS384: crypto.SHA384, keys.ES384: crypto.SHA384,
		keys.HS512: crypto.SHA512, keys.RS512: crypto.SHA512, keys.PS512: crypto.SHA512, keys.ES512: crypto.SHA512,
	}[alg]
	digest := func() []byte {
		h := hash.New()
		h.Write([]byte(signed))
		return h.Sum(nil)
	}
	family := ""
	if len(alg) > 2 {
		family = string(alg[:2])
	}
	switch key := key.(type) {
	case []byte:
		if family != "HS" || hash == 0 {
			return false
		}
		mac := hmac.New(hash.New, key)
		mac.Write([]byte(signed))
		return hmac.Equal(mac.Sum(nil), signature)
	case *rsa.PublicKey:
		switch {
		case hash == 0:
			return false
		case family == "RS":
			return rsa.VerifyPKCS1v15(key, hash, digest(), signature) == nil
		case family == "PS":
			return rsa.VerifyPSS(key, hash, digest(), signature, &rsa.PSSOptions{SaltLength: salt}) == nil
		}
	case *ecdsa.PublicKey:
		curve := map[keys.Algorithm]string{keys.ES256: "P-256", keys.ES384: "P-384", keys.ES512: "P-521"}[alg]
		size := (key.Params().BitSize + 7) / 8
		if curve != key.Params().Name || len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(key, digest(), r, s)
	case ed25519.PublicKey:
		return (alg == keys.EdDSA || alg == keys.Ed25519) && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, []byte(signed), signature)
	}
	return false
}

// whatIsWrong names the trick of a signature that does not verify.
func (m *reading) whatIsWrong(signed string, signature []byte) (r rule) {
	switch key := m.key.(type) {
	case []byte:
		if len(signature) != map[keys.Algorithm]int{keys.HS256: 32, keys.HS384: 48, keys.HS512: 64}[m.alg] {
			return signatureLength
		}
	case *rsa.PublicKey:
		salted := false
		fips140.WithoutEnforcement(func() {
			salted = strings.HasPrefix(string(m.alg), "PS") && verifiesFreely(m.alg, key, signed, signature, rsa.PSSSaltLengthAuto)
		})
		switch {
		case salted:
			return saltLength
		case len(signature) != key.Size():
			return signatureLength
		case new(big.Int).SetBytes(signature).Cmp(key.N) >= 0: // RFC 8017 §5.2.2
			return signatureRange
		}
	case *ecdsa.PublicKey:
		size, n := (key.Params().BitSize+7)/8, key.Params().N
		outside := func(b []byte) bool {
			v := new(big.Int).SetBytes(b)
			return v.Sign() == 0 || v.Cmp(n) >= 0
		}
		var der struct{ R, S *big.Int }
		_, err := asn1.Unmarshal(signature, &der)
		switch {
		case err == nil:
			return signatureDER
		case len(signature) != 2*size:
			return signatureLength
		case outside(signature[:size]) || outside(signature[size:]):
			return signatureRange
		}
	case ed25519.PublicKey:
		if len(signature) != ed25519.SignatureSize {
			return signatureLength
		}
		s := slices.Clone(signature[32:])
		slices.Reverse(s)
		if new(big.Int).SetBytes(s).Cmp(edOrder) >= 0 { // RFC 8032 §5.1.7
			return signatureRange
		}
	}
	return signatureWrong
}

// edOrder is the order of the base point of Ed25519 (RFC 8032 §5.1).
var edOrder, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// confused reports whether the signature is an HMAC with a text of the public key,
// as anybody can make it.
func (m *reading) confused(alg keys.Algorithm, signed string, signature []byte) bool {
	if _, secret := m.key.([]byte); secret {
		return false
	}
	return slices.ContainsFunc(publicTexts(m.key), func(text []byte) bool { return verifies(alg, text, signed, signature) })
}
