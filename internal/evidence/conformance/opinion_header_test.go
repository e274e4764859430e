package conformance_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/keys"
)

func headerTweaks() []*tweak {
	none := []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`}
	types := []string{`1`, `true`, `null`, `[]`, `{}`, `["JWT"]`, `-0`, `1e400`}
	cs := []*tweak{
		set(inHeader, "alg", algNone, none...),
		set(inHeader, "alg", algNone, none...).also("alg none without a signature", func(d *draft) {
			d.sign = func(string) []byte { return nil }
		}),
		set(inHeader, "alg", algMissing, `null`, `""`, `256`, `true`, `{}`, `["HS256"]`, `[]`, `1e400`, `-0`, `0.5`),
		without(inHeader, "alg", algMissing),
		{name: "alg in another case", breaks: algOther, apply: func(d *draft) {
			d.set(inHeader, "alg", `"`+pick(d.Rand, []string{strings.ToLower(string(d.key.alg)), " " + string(d.key.alg), string(d.key.alg) + " ", string(d.key.alg) + `\u0000`})+`"`)
		}},
		{name: "Alg for alg", breaks: algMissing, apply: func(d *draft) {
			d.remove(inHeader, "alg")
			d.put(inHeader, pick(d.Rand, []string{`"Alg"`, `"ALG"`, `"alg "`}), `"`+string(d.key.alg)+`"`)
		}},
		{name: "alg of another key", breaks: algOther, apply: func(d *draft) {
			d.set(inHeader, "alg", `"`+string(pick(d.Rand, others(d.key.alg)))+`"`)
		}},
		{name: "alg of another hash, by which it is signed", breaks: algOther, fits: func(alg keys.Algorithm) bool { return isMAC(alg) || isRSA(alg) }, apply: func(d *draft) {
			alg := pick(d.Rand, sameKey(d.key.alg))
			d.set(inHeader, "alg", `"`+string(alg)+`"`)
			d.sign = d.signWith(alg, d.key.private)
		}},
		{name: "Ed25519 for EdDSA", breaks: algOther, fits: isEd, apply: func(d *draft) { d.set(inHeader, "alg", `"Ed25519"`) }},
		{name: "alg escaped", apply: func(d *draft) {
			d.set(inHeader, "alg", `"\u00`+hexOf(d.key.alg[0])+string(d.key.alg[1:])+`"`)
		}},
		{name: "alg under an escaped name", apply: func(d *draft) {
			d.remove(inHeader, "alg")
			d.put(inHeader, pick(d.Rand, []string{`"\u0061lg"`, `"al\u0067"`, `"\u0061\u006c\u0067"`}), `"`+string(d.key.alg)+`"`)
		}},
		{name: "the public key as a secret", breaks: confusion, fits: isPublic, apply: func(d *draft) {
			alg := pick(d.Rand, []keys.Algorithm{keys.HS256, keys.HS384, keys.HS512})
			d.set(inHeader, "alg", `"`+string(alg)+`"`)
			d.sign = d.signWith(alg, pick(d.Rand, publicTexts(d.key.public)))
		}},

		set(inHeader, "crit", critical, `["x"]`, `["exp"]`, `["alg"]`, `["b64"]`, `["crit"]`, `[""]`, `["x","x"]`),
		set(inHeader, "crit", critical, `[]`, `null`, `"x"`, `""`, `{}`, `true`, `0`, `[1]`, `[null]`, `[["x"]]`).also("crit of another shape", func(*draft) {}),
		set(inHeader, "crit", critical, `["x"]`, `["http://example.com/UNDEFINED"]`).also("crit and what it names", func(d *draft) {
			d.set(inHeader, "x", `1`)
			d.set(inHeader, "http://example.com/UNDEFINED", `true`)
		}),
		with(inHeader, "crit under an escaped name", critical, field{`"\u0063rit"`, `["x"]`}),
		with(inHeader, "CRIT", 0, field{`"CRIT"`, `["x"]`}, field{`"critical"`, `["x"]`}),
		set(inHeader, "b64", unencoded, `false`, `null`, `"true"`, `0`, `"false"`),
		set(inHeader, "b64", unencoded, `false`).also("b64 false and crit", func(d *draft) { d.set(inHeader, "crit", `["b64"]`) }),
		set(inHeader, "b64", encodedNamed, `true`),
		{name: "unencoded payload", breaks: anything, stage: toSpelling, apply: func(d *draft) {
			d.text[0] = strings.TrimSuffix(d.text[0], "}") + pick(d.Rand, []string{`,"b64":false}`, `,"b64":false,"crit":["b64"]}`})
			d.parts[0], d.parts[1] = b64(d.text[0]), strings.ReplaceAll(d.text[1], ".", "")
		}},

		set(inHeader, "kid", kidType, types...),
		set(inHeader, "kid", kidLong, `"`+strings.Repeat("k", 1025)+`"`),
		set(inHeader, "kid", 0, `""`, `"other"`, `"../../dev/null"`, `"' OR 1=1 --"`, `"\u0000"`, `"é"`, `"`+strings.Repeat("k", 1024)+`"`),
		set(inHeader, "typ", typType, types...),
		set(inHeader, "typ", typOther, `"secevent+jwt"`, `"dpop+jwt"`, `"logout+jwt"`, `"JWE"`, `" JWT"`, `"JWT "`, `"text/jwt"`, `""`, `"application/"`, `"application/application/jwt"`),
		set(inHeader, "typ", 0, `"JWT"`, `"jwt"`, `"application/JWT"`, `"AT+JWT"`, `"jose"`),
		set(inHeader, "cty", 0, `"json"`, `"x"`),
		set(inHeader, "jku", 0, `"https://evil.example/jwks"`, `"http://127.0.0.1/"`, `1`, `null`),
		set(inHeader, "x5u", 0, `"https://evil.example/cert"`, `"file:///etc/passwd"`, `{}`),
		set(inHeader, "x5c", 0, `["MIIB"]`, `[]`, `"MIIB"`, `null`, `[1]`, `["!"]`),
		set(inHeader, "x5t", 0, `"AAAA"`, `1`, `null`),
		set(inHeader, "x5t#S256", 0, `"AAAA"`, `1`),
		set(inHeader, "jwk", 0, `{}`, `null`, `"x"`, `[]`, `{"kty":"oct","k":"AAAA"}`, `{"kty":"RSA","n":"AQ","e":"AQAB"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, `{"kty":"XYZ"}`),
		set(inHeader, "enc", 0, `"A256GCM"`), set(inHeader, "zip", 0, `"DEF"`), set(inHeader, "nonce", 0, `"n"`, `1`, `null`),
		set(inHeader, "iss", 0, `"https://evil.example"`), set(inHeader, "exp", 0, `0`, `"x"`),
	}
	for _, name := range []string{"jwk", "jku", "x5c"} {
		cs = append(cs, &tweak{name: name + " of the attacker, who signs", breaks: signatureWrong, apply: func(d *draft) {
			d.set(inHeader, name, map[string]string{"jwk": jwkOfAny(d.key.evil), "jku": `"https://evil.example/jwks"`, "x5c": `["MIIB"]`}[name])
			d.sign = d.signWith(d.key.alg, d.key.evil)
		}})
	}
	return append(cs,
		&tweak{name: "jwk of the right key", fits: isPublic, apply: func(d *draft) { d.set(inHeader, "jwk", jwkOfAny(d.key.private)) }},
		&tweak{name: "alg twice", breaks: headerTwice, apply: func(d *draft) {
			d.put(inHeader, pick(d.Rand, []string{`"alg"`, `"\u0061lg"`}), pick(d.Rand, []string{`"none"`, `"` + string(d.key.alg) + `"`, `"HS256"`, `null`}))
		}},
		&tweak{name: "kid or another twice", breaks: headerTwice, apply: func(d *draft) {
			name := pick(d.Rand, []string{"kid", "x", "cty", "typ"})
			d.put(inHeader, `"`+name+`"`, `"JWT"`)
			d.put(inHeader, `"`+name+`"`, `"JWT"`)
		}},
	)
}

func hexOf(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// others are the algorithms but alg.
func others(alg keys.Algorithm) []keys.Algorithm {
	return slices.DeleteFunc(append(keys.Algorithms(), "ES256K", "A256GCM", "dir", "HS1", "Ed448"), func(a keys.Algorithm) bool { return a == alg })
}

// sameKey are the other algorithms that a key of alg could have.
func sameKey(alg keys.Algorithm) []keys.Algorithm {
	family := []keys.Algorithm{keys.HS256, keys.HS384, keys.HS512}
	if isRSA(alg) {
		family = []keys.Algorithm{keys.RS256, keys.RS384, keys.RS512, keys.PS256, keys.PS384, keys.PS512}
	}
	return slices.DeleteFunc(family, func(a keys.Algorithm) bool { return a == alg })
}

// jwkOfAny is jwkOf for a secret too.
func jwkOfAny(private any) string {
	if s, ok := private.(crypto.Signer); ok {
		return jwkOf(s, "")
	}
	return `{"kty":"oct","k":"` + b64(string(private.([]byte))) + `"}`
}

// publicTexts are how a public key is commonly written.
func publicTexts(public any) [][]byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk := must(json.Marshal(jose.JSONWebKey{Key: public}))
	return [][]byte{text, []byte(strings.TrimSpace(string(text))), der, jwk, {}}
}
