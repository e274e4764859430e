package found_test

import (
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
)

const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNA"

// TestIn finds the token in what people paste.
func TestIn(t *testing.T) {
	for text, says := range map[string]string{
		token: "", token + "\r\n": "", "\ufeff" + token: "",
		"bearer " + token: "precedes", "Bearer: " + token: "precedes", "DPoP " + token: "precedes",
		"-H 'Authorization: Bearer " + token + "'": "Authorization", "“" + token + "”": "quotes", token + ",": "comma",
		"export TOKEN=" + token: "pair", "https://a.example/#id_token=" + token: "URL", token + "…": "shortened",
		"{\"id_token\": \"" + token + "\"}": "JSON", token[:30] + "\r\n  " + token[30:]: "wrapped", token[:21] + "\n" + token[21:]: "wrapped",
		"a " + token + " b": "other text", token + "\u200b": "invisible", strings.ReplaceAll(token, ".", "%2E"): "",
	} {
		r := found.In(text)
		causes := ""
		for _, p := range r.Problems {
			causes += p.Cause + "\n"
		}
		if !strings.Contains(causes, says) || (says == "") != (causes == "") && !strings.Contains(text, "%") {
			t.Errorf("%q: %q, want %q", text, causes, says)
		}
		if r.Token != token && !strings.Contains(text, "%") {
			t.Errorf("%q: found %q", text, r.Token)
		}
	}
	two := found.In("access_token=" + token + "&id_token=" + token[:40] + "x" + token[40:])
	if two.Token != token || !strings.Contains(two.Problems[0].Cause, "access_token") {
		t.Errorf("%+v", two)
	}
}

// FuzzIn: what package jws takes as a token is found as it is, and nothing that is said
// holds a part of the input.
func FuzzIn(f *testing.F) {
	for _, seed := range []string{token, "Bearer " + token, "", "\xff\xfee\x00", "{", "eyJ", token + " " + token, "a.b.c", "ey....."} {
		f.Add(seed)
	}
	p := &jws.Parser{MaxSize: jws.DefaultMaxSize}
	f.Fuzz(func(t *testing.T, text string) {
		r := found.In(text)
		if r.Token == "" && len(r.Problems) == 0 {
			t.Error("no token, and no reason")
		}
		for _, problem := range r.Problems {
			if strings.ContainsAny(problem.Cause, "\r\n") || problem.Cause == "" || problem.Advice == "" {
				t.Errorf("%q", problem)
			}
		}
		found.Shape(text)
		found.Read(text)
		msg, err := p.Parse(text)
		if err != nil {
			return
		}
		defer msg.Free()
		if strings.HasPrefix(text, "eyJ") && (r.Token != text || len(r.Problems) > 0) {
			t.Errorf("a token is not found as it is: %+v", r.Problems)
		}
	})
}
