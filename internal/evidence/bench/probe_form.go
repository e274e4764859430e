package bench

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"
)

var headerProbes = []Probe{
	{Name: "alg", Refuses: "an algorithm that is not the key's, none included", Vital: true, Tokens: func(m *Material) []string {
		unsigned := encode(`{"alg":"none","typ":"JWT"}`) + "." + encode(goodClaims().text("")) + "."
		return append(m.otherAlgorithm(), unsigned)
	}},
	{Name: "crit", Refuses: "an unknown extension in crit (RFC 7515 §4.1.11)", Tokens: headers(
		`,"crit":["http://example.com/must"],"http://example.com/must":true`,
	)},
	{Name: "b64", Refuses: "b64 in a JWT (RFC 7797 §7)", Tokens: headers(
		`,"b64":false`,
		`,"b64":false,"crit":["b64"]`,
	)},
	{Name: "typ", Refuses: "a token of another kind (RFC 8725 §3.11)", Tokens: func(m *Material) []string {
		header := strings.Replace(m.header(), `"JWT"`, `"secevent+jwt"`, 1)
		return []string{m.Sign(header, goodClaims().text(""))}
	}},
}

var spellingProbes = []Probe{
	{Name: "signature", Refuses: "a changed signature", Vital: true, Tokens: func(m *Material) []string {
		return []string{swap(m.Registered(), 8)}
	}},
	{Name: "duplicates", Refuses: "a member name twice in header or claims (RFC 7515 §4, RFC 7519 §4)", Tokens: func(m *Material) []string {
		return []string{
			m.Sign(m.headerWith(`,"cty":"a","cty":"b"`), goodClaims().text("")),
			m.Sign(m.header(), goodClaims().text(`,"sub":"somebody else"`)),
		}
	}},
	{Name: "nested duplicates", Refuses: "a member name twice further down", Tokens: func(m *Material) []string {
		return []string{m.Sign(m.header(), goodClaims().text(`,"account":{"owner":false,"owner":true}`))}
	}},
	{Name: "one object", Refuses: "something after the claims", Tokens: func(m *Material) []string {
		return []string{m.Sign(m.header(), goodClaims().text("")+`{"sub":"somebody else"}`)}
	}},
	{Name: "UTF-8", Refuses: "bytes that are not UTF-8", Tokens: func(m *Material) []string {
		return []string{m.Sign(m.header(), goodClaims().text(",\"name\":\"\xff\xfe\""))}
	}},
	{Name: "unused bits", Refuses: "base64 that is not canonical", Tokens: func(m *Material) []string {
		return []string{unusedBits(m.Registered())}
	}},
	{Name: "line breaks", Refuses: "line breaks in base64", Tokens: func(m *Material) []string {
		raw := m.Registered()
		return []string{raw[:len(raw)-4] + "\r\n" + raw[len(raw)-4:]}
	}},
	{Name: "padding", Refuses: "padded base64 (RFC 7515 §2)", Tokens: func(m *Material) []string {
		raw := m.Registered()
		signature := raw[strings.LastIndexByte(raw, '.')+1:]
		return []string{raw + strings.Repeat("=", 3-(len(signature)+3)%4)}
	}},
	{Name: "size", Refuses: "a token of more than 16 KiB, before reading it", Tokens: func(m *Material) []string {
		return []string{m.Sign(m.header(), goodClaims().text(fmt.Sprintf(`,"x":%q`, strings.Repeat("x", 20<<10))))}
	}},
}

// headers makes a token with each of the members in its header.
func headers(members ...string) func(m *Material) []string {
	return func(m *Material) (raws []string) {
		for _, member := range members {
			raws = append(raws, m.Sign(m.headerWith(member), goodClaims().text("")))
		}
		return raws
	}
}

// otherAlgorithm signs with the right key, by another algorithm that it suits.
func (m *Material) otherAlgorithm() []string {
	sign := func(alg string, signature func(message []byte) []byte) []string {
		header := strings.Replace(m.header(), string(m.Algorithm), alg, 1)
		signed := encode(header) + "." + encode(goodClaims().text(""))
		return []string{signed + "." + encode(string(signature([]byte(signed))))}
	}
	switch private := m.private.(type) {
	case nil:
		return sign("HS512", func(message []byte) []byte {
			mac := hmac.New(sha512.New, m.secret)
			mac.Write(message)
			return mac.Sum(nil)
		})
	case *rsa.PrivateKey:
		return sign("PS256", func(message []byte) []byte {
			digest := sha256.Sum256(message)
			signature, err := rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest[:], nil)
			if err != nil {
				panic(err)
			}
			return signature
		})
	}
	return nil
}

// swap changes the character that is i places into the signature.
func swap(raw string, i int) string {
	i += strings.LastIndexByte(raw, '.') + 1
	other := "A"
	if raw[i] == 'A' {
		other = "B"
	}
	return raw[:i] + other + raw[i+1:]
}

// unusedBits spells the signature, whose length leaves bits of the last
// character unused, with one of these set.
func unusedBits(raw string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(raw) - 1
	return raw[:last] + string(alphabet[strings.IndexByte(alphabet, raw[last])|1])
}
