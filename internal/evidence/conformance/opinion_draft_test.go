package conformance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/jwtverify/jwtverify/keys"
)

// What every token of the second opinion is checked for.
const (
	ourIssuer   = "https://issuer.example"
	ourAudience = "https://api.example"
)

// fixedRSA and fixedEvilRSA are the same in every process. They protect nothing.
var (
	fixedRSA = sync.OnceValue(func() *rsa.PrivateKey {
		return rsaOf(
			"e3cb4fe720d1305d9924801ef3bad57fd28d42c3de8ab34e3d39c0aaa7a0486279749d31f49dbf71c1f8dc1c024c76e9687554fc57fbb251b7819c5d60ddc5eb793d243642e10a9da3b96f447eeb9c6a207e8f64717989a9dde9c6798839c0bfc7ffa1dd5964fb1265f8afe0a730cfe1ad8c0921df44b560b7090ae51683ff51",
			"ce5b631d5a2724ce39a3536623f7c9e6bfbf5d295e3c3b89fb89a4f4a3b93deaa91de4aac08c785169699fab4646f4cd3efe73db7b242467fbc623f07b7231f2abc46a566742a77439125e493bc700a7672274b6702e598e2a00cd4835a76a584613aa23705157e81a27afe5afe17c13f264a6909164334f7eee2e055042b8a9")
	})
	fixedEvilRSA = sync.OnceValue(func() *rsa.PrivateKey {
		return rsaOf(
			"d2f1ade7715d5c3e0a6548992a7351cc8fdae6bbb658374350a1c4e6921a8e3f588c56bd1214eca4db11e902a202613be36f5b0c6864369c8e908da7cee7c01437d56fff615d85c739f3b764938ebacbfc663eb2a8c61dc86f63068cd72703ee86cc0403b85d283cfa9cc381ddce6e225fbc62a3dde54f501b163f84261945ff",
			"dc43157df2ab3d641479f776c901321f85017ec55bde09504f981a074097fa2acabd1efec01881db4ab1d9d193cf2b15a1ea2df30d2ed06dd014d9ccd8d76acf291eddbf953af6a96db9927d27d80b95ee4d8775c40cfff10d0ea9e9fd6ee58eb266dfec4aab2efcaa9d8cf26e7c88f048450dc40d46943ab0adba60c8d962a7")
	})
)

// rsaOf is the key of two primes.
func rsaOf(texts ...string) *rsa.PrivateKey {
	var primes []*big.Int
	for _, text := range texts {
		p, ok := new(big.Int).SetString(text, 16)
		if !ok {
			panic("not a number")
		}
		primes = append(primes, p)
	}
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(primes[0], one), new(big.Int).Sub(primes[1], one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(primes[0], primes[1]), E: 65537},
		D:         new(big.Int).ModInverse(big.NewInt(65537), phi),
		Primes:    primes,
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		panic(err)
	}
	return key
}

// fixedEC is the same in every process.
func fixedEC(curve elliptic.Curve, seed string) *ecdsa.PrivateKey {
	scalar := []byte(strings.Repeat(seed, 66))[:(curve.Params().BitSize+7)/8]
	scalar[0] = 0 // below the order
	return must(ecdsa.ParseRawPrivateKey(curve, scalar))
}

// A weighted key signs so many of 10,000 tokens. The cheap ones sign most.
type weighted struct {
	fuzzKey
	weight int
	evil   any // of the attacker, for the same algorithm
}

var opinionKeys = sync.OnceValue(func() []*weighted {
	ed := func(seed string) ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, 32))) }
	asymmetric := func(alg keys.Algorithm, weight int, private, evil crypto.Signer) *weighted {
		return &weighted{fuzzKey{alg, private, private.Public()}, weight, evil}
	}
	mac := func(alg keys.Algorithm, weight int) *weighted {
		return &weighted{fuzzKey{alg, secret, secret}, weight, []byte(strings.Repeat("the attacker's own secret", 3))}
	}
	p256, p384, p521 := elliptic.P256(), elliptic.P384(), elliptic.P521()
	return []*weighted{
		mac(keys.HS256, 8952), mac(keys.HS384, 130), mac(keys.HS512, 200),
		asymmetric(keys.EdDSA, 350, ed("a"), ed("b")),
		asymmetric(keys.ES256, 300, fixedEC(p256, "a"), fixedEC(p256, "b")),
		asymmetric(keys.ES384, 3, fixedEC(p384, "a"), fixedEC(p384, "b")),
		asymmetric(keys.ES512, 1, fixedEC(p521, "a"), fixedEC(p521, "b")),
		asymmetric(keys.RS256, 30, fixedRSA(), fixedEvilRSA()), asymmetric(keys.RS512, 6, fixedRSA(), fixedEvilRSA()),
		asymmetric(keys.PS256, 22, fixedRSA(), fixedEvilRSA()), asymmetric(keys.PS512, 6, fixedRSA(), fixedEvilRSA()),
	}
})

// stance is what the judges are told of the key.
func (k *weighted) stance() *stance {
	return &stance{
		alg: k.alg, key: k.public, issuers: []string{ourIssuer}, audiences: []string{ourAudience},
		needExpiry: true, now: now, leeway: seconds(30),
	}
}

// A stage is when a change is made to a token on its way.
type stage int

const (
	toFields   stage = iota // of header and claims
	toText                  // of the two, as JSON
	toSpelling              // of the two, as base64url; what follows is signed
	toSigning
	toParts // after signing
	toToken // as a whole
)

// A draft is a token on its way.
type draft struct {
	*rand.Rand
	random *rand.ChaCha8 // the same, as a source of bytes
	key    *weighted
	fields [2][]field // of the header and of the claims
	text   [2]string
	parts  [3]string
	sign   func(signed string) []byte // nil: as the key does
	raw    string
}

// A field is a member as it is written: the name has its quotes.
type field struct{ name, value string }

// newDraft is a good token. Every token comes from its seed and index alone.
func newDraft(seed, index uint64) *draft {
	var s [32]byte
	binary.LittleEndian.PutUint64(s[:], seed)
	binary.LittleEndian.PutUint64(s[8:], index)
	source := rand.NewChaCha8(s)
	d := &draft{Rand: rand.New(source), random: source}
	n := d.IntN(10_000)
	for _, d.key = range opinionKeys() {
		if n -= d.key.weight; n < 0 {
			break
		}
	}
	header, claims := &d.fields[0], &d.fields[1]
	add := func(to *[]field, percent int, name, value string) {
		if d.IntN(100) < percent {
			*to = append(*to, field{`"` + name + `"`, value})
		}
	}
	add(header, 50, "typ", pick(d.Rand, []string{`"JWT"`, `"jwt"`, `"at+jwt"`, `"application/at+jwt"`, `"JOSE"`}))
	add(header, 100, "alg", `"`+string(d.key.alg)+`"`)
	add(header, 30, "kid", `"key-1"`)
	add(claims, 100, "iss", `"`+ourIssuer+`"`)
	add(claims, 60, "sub", `"user-123"`)
	add(claims, 100, "aud", pick(d.Rand, []string{`"` + ourAudience + `"`, `["` + ourAudience + `"]`, `["https://other.example","` + ourAudience + `"]`}))
	add(claims, 100, "exp", fmt.Sprint(now.Unix()+60))
	add(claims, 40, "nbf", fmt.Sprint(now.Unix()-60))
	add(claims, 40, "iat", fmt.Sprint(now.Unix()-60))
	add(claims, 30, "jti", `"7"`)
	add(claims, 30, "scope", `"read write"`)
	add(claims, 10, "roles", `{"all":["admin",null,true,1.5]}`)
	return d
}

// finish makes a token of d, with the changes in the order of their stages.
func (d *draft) finish(changes []*tweak) string {
	apply := func(s stage) {
		for _, c := range changes {
			if c.stage == s {
				c.apply(d)
			}
		}
	}
	apply(toFields)
	for i, fields := range d.fields {
		var members []string
		for _, f := range fields {
			members = append(members, f.name+":"+f.value)
		}
		d.text[i] = "{" + strings.Join(members, ",") + "}"
	}
	apply(toText)
	d.parts[0], d.parts[1] = b64(d.text[0]), b64(d.text[1])
	apply(toSpelling)
	apply(toSigning)
	signed := d.parts[0] + "." + d.parts[1]
	if d.sign == nil {
		d.sign = d.signWith(d.key.alg, d.key.private)
	}
	d.parts[2] = b64(string(d.sign(signed)))
	apply(toParts)
	d.raw = strings.Join(d.parts[:], ".")
	apply(toToken)
	return d.raw
}

// signWith signs the same with the same draft: sign takes its randomness elsewhere.
func (d *draft) signWith(alg keys.Algorithm, private any) func(signed string) []byte {
	hash := map[keys.Algorithm]crypto.Hash{
		keys.PS256: crypto.SHA256, keys.PS384: crypto.SHA384, keys.PS512: crypto.SHA512,
		keys.ES256: crypto.SHA256, keys.ES384: crypto.SHA384, keys.ES512: crypto.SHA512,
	}[alg]
	return func(signed string) (signature []byte) {
		switch key := private.(type) {
		case *rsa.PrivateKey:
			if hash != 0 {
				return d.pss(signed, key, hash, rsa.PSSSaltLengthEqualsHash)
			}
		case *ecdsa.PrivateKey:
			h := hash.New()
			h.Write([]byte(signed))
			var rs struct{ R, S *big.Int }
			fips140.WithoutEnforcement(func() {
				if _, err := asn1.Unmarshal(must(key.Sign(nil, h.Sum(nil), hash)), &rs); err != nil { // RFC 6979
					panic(err)
				}
			})
			return joinRS(key.Curve, rs.R, rs.S)
		}
		return sign(alg, private, signed)
	}
}

// pss signs with a salt of that length.
func (d *draft) pss(signed string, key *rsa.PrivateKey, hash crypto.Hash, salt int) (signature []byte) {
	h := hash.New()
	h.Write([]byte(signed))
	fips140.WithoutEnforcement(func() {
		signature = must(rsa.SignPSS(d.random, key, hash, h.Sum(nil), &rsa.PSSOptions{SaltLength: salt}))
	})
	return signature
}

// joinRS is a signature of RFC 7518 §3.4.
func joinRS(curve elliptic.Curve, r, s *big.Int) []byte {
	size := (curve.Params().BitSize + 7) / 8
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
}
