package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// FuzzToken gives raw text to a verifier: what it accepts, go-jose accepts with
// the same key and reads alike. Explain comes to the same answer as Verify.
func FuzzToken(f *testing.F) {
	for _, raw := range seedTokens(f) {
		f.Add(raw)
	}
	for _, k := range fuzzKeys() {
		f.Add(token(k.alg, "", good, k.private))
		f.Add(token(k.alg, string(k.alg), good, k.private))
	}
	v := fuzzVerifier(f)
	f.Fuzz(func(t *testing.T, raw string) { judgeAlike(t, v, raw) })
}

// FuzzSigned makes up header and payload and signs them with a real key,
// regardless of the header: what is accepted, go-jose and encoding/json accept
// and read alike.
func FuzzSigned(f *testing.F) {
	for i, raw := range seedTokens(f) {
		if parts := strings.Split(raw, "."); len(parts) == 3 {
			header, err := base64url.DecodeString(parts[0])
			payload, err2 := base64url.DecodeString(parts[1])
			if err == nil && err2 == nil {
				f.Add(uint8(i), string(header), string(payload))
			}
		}
	}
	for i, k := range fuzzKeys() {
		f.Add(uint8(i), `{"alg":"`+string(k.alg)+`","typ":"JWT"}`, good)
		f.Add(uint8(i), `{"alg":"`+string(k.alg)+`","kid":"`+string(k.alg)+`","jwk":{},"x":[{"a":1e400}]}`, `{"iss":"a","aud":["b","c"],"exp":1.7e9,"nbf":-0.5,"x":{"y":[null]}}`)
	}
	v := fuzzVerifier(f)
	fast := fuzzKeys()[:4] // RSA takes too long to sign
	f.Fuzz(func(t *testing.T, which uint8, header, payload string) {
		k := fast[int(which)%len(fast)]
		raw := mint(k.alg, header, payload, k.private)
		tok := judgeAlike(t, v, raw)
		if tok == nil {
			return
		}
		if string(tok.Raw()) != payload || tok.Algorithm != k.alg {
			t.Fatalf("%q was signed with %s, and %q is returned with %s", payload, k.alg, tok.Raw(), tok.Algorithm)
		}
	})
}

// judgeAlike verifies raw twice, so that the second time it may come from what
// is remembered, and returns the token if it is accepted.
func judgeAlike(t *testing.T, v *verifier.Keyed, raw string) *verifier.Token {
	t.Helper()
	tok, err := v.Verify(t.Context(), raw)
	if (tok == nil) != (err != nil) {
		t.Fatalf("%q: %v, %v", raw, tok, err)
	}
	if again, err2 := v.Verify(t.Context(), raw); verifier.Reason(err2) != verifier.Reason(err) || (again == nil) != (tok == nil) {
		t.Fatalf("%q: first %v, then %v", raw, err, err2)
	}
	if report := v.Explain(t.Context(), raw); verifier.Reason(report.Err) != verifier.Reason(err) {
		t.Fatalf("%q: Verify says %v, Explain %v", raw, err, report.Err)
	}
	if err != nil {
		if verdict := verifier.Classify(err); verdict != verifier.Invalid || strings.ContainsAny(err.Error(), "\r\n") {
			t.Fatalf("%q: %v is %v", raw, err, verdict)
		}
		return nil
	}
	secondOpinion(t, raw, tok)
	sameClaims(t, tok)
	return tok
}

// seedTokens are some tokens of the shared vectors, where they are present. Not
// all: the fuzzer runs every seed before it begins.
func seedTokens(tb testing.TB) (raws []string) {
	tb.Helper()
	for _, file := range tokenFiles {
		var doc struct {
			Cases []*tokenCase `json:"cases"`
		}
		if !seedShared(tb, file, &doc) {
			continue
		}
		for _, c := range doc.Cases {
			if raw := c.raw(); len(raw) < 4<<10 {
				raws = append(raws, raw)
			}
		}
	}
	return thin(raws, 400)
}

// thin takes about most of all, evenly.
func thin(all []string, most int) (some []string) {
	for i := 0; i < len(all); i += 1 + len(all)/most {
		some = append(some, all[i])
	}
	return some
}

// seedJWKs are the keys and sets of the shared vectors, where they are present.
func seedJWKs(tb testing.TB) (docs []string) {
	tb.Helper()
	var doc struct {
		Cases []documentCase `json:"cases"`
	}
	seedShared(tb, "jwks_documents.json", &doc)
	for _, c := range doc.Cases {
		if len(c.Document) < 8<<10 {
			docs = append(docs, c.Document)
		}
	}
	for _, alg := range []keys.Algorithm{keys.ES256, keys.ES384, keys.ES512} {
		docs = append(docs, jwkOf(ecKeys()[alg], ""), string(spkiPEM(ecKeys()[alg])))
	}
	oct := string(must(json.Marshal(map[string]string{"kty": "oct", "alg": "HS256", "k": b64(string(secret))})))
	return append(thin(docs, 200), oct, jwkOf(rsaKey(), `"alg":"PS384"`), jwkOf(edKey(), `"kid":"k"`), jwks(oct, jwkOf(edKey(), "")), `{"keys":[`+jwkOf(edKey(), "")+`],"keys":[]}`, string(spkiPEM(rsaKey())), string(pkcs1PEM(rsaKey())), string(spkiPEM(edKey())))
}
