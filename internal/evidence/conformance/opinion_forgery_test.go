package conformance_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"sync"

	"github.com/jwtverify/jwtverify/keys"
)

// fixedTokens are good, one of each key.
var fixedTokens = sync.OnceValue(func() (raws []string) {
	seen := map[*weighted]bool{}
	for i := uint64(0); len(raws) < len(opinionKeys()); i++ {
		if d := newDraft(0, i); !seen[d.key] {
			seen[d.key] = true
			raws = append(raws, d.finish(nil))
		}
	}
	return raws
})

// signatureTweaks are of the signature alone, which a key of the verifier's has made.
func signatureTweaks() (cs []*tweak) {
	add := func(what string, breaks rule, fits func(keys.Algorithm) bool, edit func(d *draft, signature []byte) []byte) {
		cs = append(cs, &tweak{name: "signature " + what, breaks: breaks, stage: toParts, fits: fits, apply: func(d *draft) {
			signature, err := base64url.DecodeString(d.parts[2])
			if err == nil {
				d.parts[2] = b64(string(edit(d, signature)))
			}
		}})
	}
	cut := func(d *draft, s []byte) []byte { return s[:d.IntN(len(s)+1)] }
	longer := func(d *draft, s []byte) []byte {
		return append(s, make([]byte, 1+d.IntN(70))...)
	}
	add("empty", signatureEmpty, nil, func(*draft, []byte) []byte { return nil })
	add("cut", anything, nil, cut)
	add("longer", signatureLength, nil, longer)
	add("twice", signatureLength, nil, func(d *draft, s []byte) []byte { return append(s, s...) })
	add("with a zero before it", signatureLength, nil, func(d *draft, s []byte) []byte { return append([]byte{0}, s...) })
	add("of zeros", anything, nil, func(d *draft, s []byte) []byte { return make([]byte, len(s)) })
	add("of ones", anything, nil, func(d *draft, s []byte) []byte { return bytes.Repeat([]byte{0xff}, len(s)) })
	add("with a bit flipped", anything, nil, func(d *draft, s []byte) []byte {
		if len(s) > 0 {
			s[d.IntN(len(s))] ^= 1 << d.IntN(8)
		}
		return s
	})
	add("reversed", signatureWrong, isMAC, func(d *draft, s []byte) []byte { slices.Reverse(s); return s })
	cs = append(cs,
		&tweak{name: "signature of another key", breaks: signatureWrong, stage: toSigning, apply: func(d *draft) { d.sign = d.signWith(d.key.alg, d.key.evil) }},
		&tweak{name: "signature of something else", breaks: signatureWrong, stage: toSigning, apply: func(d *draft) {
			sign := d.signWith(d.key.alg, d.key.private)
			d.sign = func(signed string) []byte {
				return sign(pick(d.Rand, []string{"", signed + ".", strings.ToLower(signed), d.text[1]}))
			}
		}},
		&tweak{name: "payload of another token", breaks: signatureWrong, stage: toParts, apply: func(d *draft) {
			d.parts[1] = b64(strings.Replace(d.text[1], "{", `{"admin":true,`, 1))
		}},
		&tweak{name: "HMAC with a guess", breaks: signatureWrong, fits: isMAC, stage: toSigning, apply: func(d *draft) {
			d.sign = d.signWith(d.key.alg, pick(d.Rand, [][]byte{{}, []byte("secret"), secret[:32], append([]byte{'0'}, secret...), secret[:len(secret)-1]}))
		}},
		&tweak{name: "RSA by the other scheme", breaks: signatureWrong, fits: isRSA, stage: toSigning, apply: func(d *draft) {
			alg := map[bool]keys.Algorithm{true: "RS", false: "PS"}[isPSS(d.key.alg)] + d.key.alg[2:]
			d.sign = d.signWith(alg, d.key.private)
		}},
		&tweak{name: "PSS with another salt", breaks: saltLength, fits: isPSS, stage: toSigning, apply: func(d *draft) {
			hash := map[keys.Algorithm]crypto.Hash{keys.PS256: crypto.SHA256, keys.PS512: crypto.SHA512}[d.key.alg]
			d.sign = func(signed string) []byte { // Auto is the longest
				return d.pss(signed, d.key.private.(*rsa.PrivateKey), hash, pick(d.Rand, []int{rsa.PSSSaltLengthAuto, 1, 20, 31, 33, 65}))
			}
		}},
		// EMSA-PKCS1-v1_5 with nothing after the hash but less padding before it: what a
		// lax reader takes for a signature is made with the private key here.
		&tweak{name: "PKCS #1 with short padding", breaks: signatureWrong, fits: func(alg keys.Algorithm) bool { return alg == keys.RS256 }, stage: toSigning, apply: func(d *draft) {
			d.sign = func(signed string) []byte { return rawRSA(d.key.private.(*rsa.PrivateKey), shortPadding(signed)) }
		}},
	)
	add("S with the order added or at its edge", signatureRange, isEd, func(d *draft, s []byte) []byte {
		if len(s) != 64 {
			return s
		}
		half := slices.Clone(s[32:])
		slices.Reverse(half)
		v := new(big.Int).Add(new(big.Int).SetBytes(half), edOrder)
		if d.IntN(3) == 0 {
			v.Set(edOrder)
		}
		if v.BitLen() > 256 { // of a signature that was changed before
			return s
		}
		half = v.FillBytes(make([]byte, 32))
		slices.Reverse(half)
		return append(s[:32:32], half...)
	})
	add("R of low order", signatureWrong, isEd, func(d *draft, s []byte) []byte {
		r := make([]byte, 32)
		r[0], r[31] = byte(d.IntN(2)), byte(d.IntN(2))<<7
		return append(r, make([]byte, 32)...)
	})
	add("as ASN.1", signatureDER, isEC, func(d *draft, sig []byte) []byte {
		r, s := halves(sig)
		return must(asn1.Marshal(struct{ R, S *big.Int }{r, s}))
	})
	ec := func(what string, breaks rule, edit func(d *draft, r, s, n *big.Int)) {
		add(what, breaks, isEC, func(d *draft, sig []byte) []byte {
			key := d.key.private.(*ecdsa.PrivateKey)
			r, s := halves(sig)
			edit(d, r, s, key.Params().N)
			if r.BitLen() > key.Params().BitSize || s.BitLen() > key.Params().BitSize || r.Sign() < 0 || s.Sign() < 0 {
				return sig
			}
			return joinRS(key.Curve, r, s)
		})
	}
	ec("R and S swapped", signatureWrong, func(d *draft, r, s, n *big.Int) { *r, *s = *s, *r })
	ec("R or S zero", signatureRange, func(d *draft, r, s, n *big.Int) { pick(d.Rand, []*big.Int{r, s}).SetInt64(0) })
	ec("R or S the order", signatureRange, func(d *draft, r, s, n *big.Int) { pick(d.Rand, []*big.Int{r, s}).Set(n) })
	ec("R and S zero or one", anything, func(d *draft, r, s, n *big.Int) { r.SetInt64(d.Int64N(2)); s.SetInt64(d.Int64N(2)) })
	ec("S with the order added", anything, func(d *draft, r, s, n *big.Int) { s.Add(s, n) })
	ec("S the other one", 0, func(d *draft, r, s, n *big.Int) { s.Sub(n, s) })
	add("short, its zeros left out", anything, isEC, func(d *draft, sig []byte) []byte {
		r, s := halves(sig)
		return append(r.Bytes(), s.Bytes()...)
	})
	add("with the modulus added", anything, isRSA, func(d *draft, sig []byte) []byte {
		v := new(big.Int).Add(new(big.Int).SetBytes(sig), fixedRSA().N)
		if d.IntN(2) == 0 && v.BitLen() <= 2048 {
			return v.FillBytes(make([]byte, 256))
		}
		return v.Bytes()
	})
	return cs
}

func halves(sig []byte) (r, s *big.Int) {
	half := len(sig) / 2
	return new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
}

// shortPadding is a block as of RFC 8017 §9.2, but with 8 bytes of padding and
// zeros after the hash.
func shortPadding(signed string) []byte {
	prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	digest := sha256.Sum256([]byte(signed))
	block := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8)...)
	block = append(append(append(block, 0), prefix...), digest[:]...)
	return append(block, make([]byte, 256-len(block))...)
}

// rawRSA is the private operation alone.
func rawRSA(key *rsa.PrivateKey, block []byte) []byte {
	v := new(big.Int).SetBytes(block)
	return v.Exp(v, key.D, key.N).FillBytes(make([]byte, key.Size()))
}
