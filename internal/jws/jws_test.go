package jws_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
)

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

const header = `{"alg":"HS256","kid":"k1","typ":"JWT"}`

func TestParse(t *testing.T) {
	p := &jws.Parser{MaxSize: jws.DefaultMaxSize}
	raw := b64(header) + "." + b64(`{"sub":"a"}`) + "." + b64("signature")
	for range 2 { // read, and then remembered
		m, err := p.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(jws.Header{Algorithm: "HS256", KeyID: "k1", Type: "JWT"}, m.Header); diff != "" {
			t.Error(diff)
		}
		if string(m.Payload) != `{"sub":"a"}` || string(m.Signature) != "signature" || string(m.Signed) != raw[:strings.LastIndexByte(raw, '.')] {
			t.Errorf("payload %q, signature %q, signed %q", m.Payload, m.Signature, m.Signed)
		}
		p.Remember(m)
		m.Free()
	}
}

func TestParseRefuses(t *testing.T) {
	p := &jws.Parser{MaxSize: 2000}
	good := []string{b64(header), b64(`{"sub":"a"}`), b64("signature")}
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	with := func(header string) string { return join(b64(header), good[1], good[2]) }
	for _, test := range []struct{ name, raw, want string }{
		{"empty", "", "it is empty"},
		{"too large", strings.Repeat("a", 2001), "it has 2001 bytes; at most 2000 are read"},
		{"one part", good[0], "1 parts"},
		{"two parts", join(good[:2]...), "2 parts"},
		{"four parts", join(good[0], good[1], good[2], "a"), "4 parts"},
		{"five parts", "a.b.c.d.e", "encrypted"},
		{"six parts", "a.b.c.d.e.f", "6 parts"},
		{"dots", strings.Repeat(".", 1000), "1001 parts"},
		{"JSON serialization", `{"payload":"a.b","signature":"c.d"}`, "compact"},
		{"empty header", join("", good[1], good[2]), "header"},
		{"padded header", join(good[0]+"=", good[1], good[2]), "base64url"},
		{"padded payload", join(good[0], good[1]+"=", good[2]), "base64url"},
		{"padded signature", join(good[0], good[1], good[2]+"=="), "base64url"},
		{"standard alphabet", join(good[0], "+/+/", good[2]), "base64url"},
		{"line feed in header", join(good[0][:4]+"\n"+good[0][4:], good[1], good[2]), "inside it"},
		{"line feed in payload", join(good[0], good[1][:4]+"\n"+good[1][4:], good[2]), "inside it"},
		{"line feed in signature", join(good[0], good[1], good[2]+"\n"), "before or after it"},
		{"carriage return", join(good[0], good[1], good[2]+"\r"), "before or after it"},
		{"space before", " " + join(good...), "before or after it"},
		{"space after", join(good...) + " ", "before or after it"},
		{"scheme", "Bearer " + join(good...), "give it alone"},
		{"scheme and colon", "bearer: " + join(good...), "give it alone"},
		{"scheme twice", "Bearer Bearer " + join(good...), "give it alone"},
		{"quotes", `"` + join(good...) + `"`, "quotes"},
		{"single quotes and a line end", "'" + join(good...) + "'\n", "quotes"},
		{"only white space", " \n", "empty"},
		{"NUL", join(good[0], good[1], good[2]+"\x00"), "base64url"},
		{"unused bits", join(good[0], good[1], "QQ"[:1]+"R"), "base64url"},
		{"impossible length", join(good[0], good[1], "QQQQQ"), "base64url"},
		{"header no JSON", with("hello"), "not a JSON object"},
		{"header an array", with(`["alg"]`), "not a JSON object"},
		{"header null", with(`null`), "not a JSON object"},
		{"header and more", with(header + "{}"), "not a JSON object"},
		{"header in UTF-16", with("\xff\xfe{\x00}\x00"), "not a JSON object"},
		{"bad UTF-8", with("{\"alg\":\"HS256\",\"x\":\"\xff\"}"), "not UTF-8"},
		{"alg twice", with(`{"alg":"HS256","alg":"none"}`), "duplicate"},
		{"alg twice, escaped", with(`{"alg":"HS256","\u0061lg":"none"}`), "duplicate"},
		{"deep duplicate", with(`{"alg":"HS256","x":{"a":1,"a":2}}`), "duplicate"},
		{"no alg", with(`{"typ":"JWT"}`), "no alg"},
		{"empty alg", with(`{"alg":""}`), "no alg"},
		{"alg null", with(`{"alg":null}`), "no alg"},
		{"alg a number", with(`{"alg":256}`), "no alg"},
		{"ALG", with(`{"ALG":"HS256"}`), "no alg"},
		{"kid a number", with(`{"alg":"HS256","kid":1}`), "kid"},
		{"kid null", with(`{"alg":"HS256","kid":null}`), "kid"},
		{"kid too long", with(`{"alg":"HS256","kid":"` + strings.Repeat("k", 1025) + `"}`), "kid"},
		{"typ a number", with(`{"alg":"HS256","typ":7}`), "typ"},
		{"typ empty", with(`{"alg":"HS256","typ":""}`), "typ"},
		{"crit", with(`{"alg":"HS256","crit":["exp"],"exp":1}`), "crit"},
		{"empty crit", with(`{"alg":"HS256","crit":[]}`), "crit"},
		{"crit null", with(`{"alg":"HS256","crit":null}`), "crit"},
		{"b64 false", with(`{"alg":"HS256","b64":false}`), "b64"},
		{"b64 true", with(`{"alg":"HS256","b64":true}`), "b64"},
	} {
		m, err := p.Parse(test.raw)
		if m != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Parse = %v, %v; want an error with %q", test.name, m, err, test.want)
		}
	}
	for _, header := range []string{
		`{"alg":"HS256","kid":"` + strings.Repeat("k", 1024) + `"}`,
		`{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"jku":"https://evil.example","x5u":"","x5c":["AA"]}`,
		" \n{\"alg\"\t:\r\"HS256\"}",
	} {
		if m, err := p.Parse(with(header)); err != nil {
			t.Errorf("%.60s: %v", header, err)
		} else {
			m.Free()
		}
	}
}

// TestRule10RememberedHeadersAreBounded remembers many headers and reads each
// correctly.
func TestRule10RememberedHeadersAreBounded(t *testing.T) {
	p := &jws.Parser{MaxSize: 1 << 20}
	for i := range 2000 {
		kid := strings.Repeat("k", i)
		if i > 1000 {
			kid = kid[:1000]
		}
		m, err := p.Parse(b64(`{"alg":"HS256","kid":"`+kid+`"}`) + "." + b64("{}") + ".")
		if err != nil {
			t.Fatal(err)
		}
		if m.KeyID != kid {
			t.Fatalf("kid of %d bytes, want %d", len(m.KeyID), len(kid))
		}
		p.Remember(m)
		m.Free()
	}
	if n := p.Remembered(); n == 0 || n > 256 {
		t.Errorf("%d headers are remembered", n)
	}
}

// TestRule10LongHeadersAreNotRemembered: the limit is 1 KiB of base64url.
func TestRule10LongHeadersAreNotRemembered(t *testing.T) {
	for _, test := range []struct{ size, want int }{{1024, 1}, {1026, 0}, {2000, 0}} {
		p := &jws.Parser{MaxSize: 1 << 20}
		header := `{"alg":"HS256","x":""}`
		header = strings.Replace(header, `""`, `"`+strings.Repeat("x", test.size*3/4-len(header))+`"`, 1)
		m, err := p.Parse(b64(header) + "." + b64("{}") + ".")
		if err != nil {
			t.Fatal(err)
		}
		p.Remember(m)
		m.Free()
		if n := p.Remembered(); n != test.want {
			t.Errorf("after a header of %d bytes, %d are remembered, want %d", len(b64(header)), n, test.want)
		}
	}
}

func TestParseAllocates(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	p := &jws.Parser{MaxSize: jws.DefaultMaxSize}
	raw := b64(header) + "." + b64(`{"sub":"a"}`) + "." + b64("signature")
	m, err := p.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	p.Remember(m)
	m.Free()
	if n := testing.AllocsPerRun(100, func() {
		m, _ := p.Parse(raw)
		m.Free()
	}); n != 0 {
		t.Errorf("%v allocations with a remembered header, want none", n)
	}
}

// TestParseEmbedded: the key is returned as it was written. TestParseRefuses holds
// that Parse ignores it.
func TestParseEmbedded(t *testing.T) {
	p := &jws.Parser{MaxSize: 2000}
	with := func(header string) string { return b64(header) + "." + b64(`{"jti":"a"}`) + "." + b64("signature") }
	for _, test := range []struct{ name, raw, jwk, err string }{
		{"a key", with(`{"alg":"ES256","jwk":{"kty":"EC", "x":"\u0041"},"typ":"dpop+jwt"}`), `{"kty":"EC", "x":"\u0041"}`, ""},
		{"name in another writing", with(`{"alg":"ES256","\u006awk":{}}`), `{}`, ""},
		{"none", with(`{"alg":"ES256"}`), "", "no jwk"},
		{"null", with(`{"alg":"ES256","jwk":null}`), "", "no jwk"},
		{"a string", with(`{"alg":"ES256","jwk":"{}"}`), "", "no jwk"},
		{"a list", with(`{"alg":"ES256","jwk":[{}]}`), "", "no jwk"},
		{"another case", with(`{"alg":"ES256","JWK":{}}`), "", "no jwk"},
		{"within another member", with(`{"alg":"ES256","x":{"jwk":{}}}`), "", "no jwk"},
		{"two", with(`{"alg":"ES256","jwk":{},"jwk":{}}`), "", "duplicate"},
		{"duplicate name within", with(`{"alg":"ES256","jwk":{"kty":"EC","kty":"oct"}}`), "", "duplicate"},
		{"no alg", with(`{"jwk":{}}`), "", "no alg"},
		{"crit", with(`{"alg":"ES256","jwk":{},"crit":["x"]}`), "", "crit"},
		{"no message", "a.b", "", "2 parts"},
		{"too large", strings.Repeat("a", 2001), "", "at most 2000"},
	} {
		m, jwk, err := p.ParseEmbedded(test.raw)
		if jwk != test.jwk || (m == nil) != (test.err != "") || (err == nil) != (test.err == "") {
			t.Errorf("%s: ParseEmbedded = %v, %q, %v", test.name, m, jwk, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v; want an error with %q", test.name, err, test.err)
			}
			continue
		}
		if string(m.Payload) != `{"jti":"a"}` || string(m.Signature) != "signature" || m.Algorithm != "ES256" {
			t.Errorf("%s: payload %q, signature %q, header %+v", test.name, m.Payload, m.Signature, m.Header)
		}
		m.Free()
	}
}

// FuzzParse compares with go-jose: what Parse accepts, go-jose reads the same way.
func FuzzParse(f *testing.F) {
	f.Add(b64(header) + "." + b64(`{"sub":"a"}`) + "." + b64("signature"))
	f.Add(b64(`{"alg":"ES256"}`) + ".." + b64("x"))
	f.Add("a.b.c")
	f.Add(`{"payload":"","signature":""}`)
	f.Fuzz(func(t *testing.T, raw string) {
		p := &jws.Parser{MaxSize: jws.DefaultMaxSize}
		m, err := p.Parse(raw)
		if err != nil {
			if m != nil {
				t.Fatal("a message and an error")
			}
			return
		}
		defer m.Free()
		if b64(string(m.Signature)) != raw[strings.LastIndexByte(raw, '.')+1:] || !strings.HasPrefix(raw, string(m.Signed)+".") {
			t.Fatalf("%q has another spelling", raw)
		}
		sig, err := jose.ParseSignedCompact(raw, append(keys.Algorithms(), keys.Algorithm(m.Algorithm)))
		if err != nil {
			if strings.Contains(err.Error(), "jwk") || strings.Contains(err.Error(), "JWK") || len(m.Payload) == 0 {
				return // go-jose reads an embedded key, we do not; it wants a payload
			}
			t.Fatalf("accepted, and go-jose says %v of %q", err, raw)
		}
		h := sig.Signatures[0].Header
		if h.Algorithm != m.Algorithm || h.KeyID != m.KeyID || string(sig.UnsafePayloadWithoutVerification()) != string(m.Payload) {
			t.Fatalf("read as %+v with %q; go-jose as %+v with %q", m.Header, m.Payload, h, sig.UnsafePayloadWithoutVerification())
		}
	})
}
