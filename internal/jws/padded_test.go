package jws_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/jws"
)

func padded(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }

// pad adds to each part the padding that it needs.
func pad(raw string) string {
	parts := strings.Split(raw, ".")
	for i, part := range parts {
		parts[i] += strings.Repeat("=", (4-len(part)%4)%4)
	}
	return strings.Join(parts, ".")
}

// TestRule1PaddedHasOneSpelling: for each length of each part, only the exact padding
// is accepted.
func TestRule1PaddedHasOneSpelling(t *testing.T) {
	plain, expecting := &jws.Parser{MaxSize: 1 << 20}, &jws.Parser{MaxSize: 1 << 20, Padded: true}
	for n := range 12 {
		more := strings.Repeat("x", n)
		for i, want := range [3]string{`{"alg":"HS256","x":"` + more + `"}`, `{"sub":"` + more + `"}`, "sig" + more} {
			text := [3]string{`{"alg":"HS256"}`, `{"sub":"a"}`, "signature"}
			text[i] = want
			digits := b64(want)
			right := padded(want)
			for equals := range 6 {
				parts := [3]string{padded(text[0]), padded(text[1]), padded(text[2])}
				parts[i] = digits + strings.Repeat("=", equals)
				raw := strings.Join(parts[:], ".")
				m, err := expecting.Parse(raw)
				if accept := parts[i] == right; (err == nil) != accept {
					t.Errorf("%d of padding after %d digits: %v, want it accepted: %v", equals, len(digits), err, accept)
				}
				if err != nil {
					continue
				}
				if string(m.Payload) != text[1] || string(m.Signature) != text[2] || expecting.HeaderText(m) != text[0] {
					t.Errorf("%s is read as %q, %q, %q", raw, expecting.HeaderText(m), m.Payload, m.Signature)
				}
				if got := string(m.Signed); got != parts[0]+"."+parts[1] {
					t.Errorf("the signature covers %s of %s", got, raw)
				}
				expecting.Remember(m)
				m.Free()
				if _, err := plain.Parse(raw); err == nil && strings.Contains(raw, "=") || err != nil && !errors.Is(err, jws.ErrPadding) {
					t.Errorf("without Padded: %v", err)
				}
			}
		}
	}
}

func TestPaddedRefuses(t *testing.T) {
	p := &jws.Parser{MaxSize: 2000, Padded: true}
	good := [3]string{padded(`{"alg":"HS256"}`), padded(`{"sub":"a"}`), padded("signature")}
	if m, err := p.Parse(strings.Join(good[:], ".")); err != nil {
		t.Fatal(err)
	} else {
		p.Remember(m)
		m.Free()
	}
	for _, test := range []struct{ name, part, want string }{
		{"only padding", "====", "base64url"},
		{"one of padding", "=", "base64url"},
		{"two of padding", "==", "base64url"},
		{"four of padding more", padded("ab") + "====", "base64url"},
		{"padding inside", "YW==YWJj", "base64url"},
		{"padding before", "=YWI", "base64url"},
		{"unused bits", "YWJ=", "base64url"},
		{"one digit", "Y===", "base64url"},
		{"percent-encoded padding", "YWI%3D", "base64url"},
		{"another sign", "YWI\uff1d", "base64url"},
		{"line feed for padding", "YWI\n", "before or after"},
		{"standard alphabet", "+/8=", "base64url"},
	} {
		for i := range good {
			parts := good
			parts[i] = test.part
			m, err := p.Parse(strings.Join(parts[:], "."))
			if m != nil || err == nil || !strings.Contains(err.Error(), test.want) && !strings.Contains(err.Error(), "inside it") {
				t.Errorf("%s in part %d: Parse = %v, %v; want an error with %q", test.name, i+1, m, err, test.want)
			}
		}
	}
}

// FuzzParsePadded: a token is accepted exactly if it is accepted without its padding
// and the padding is exact, and it is read alike.
func FuzzParsePadded(f *testing.F) {
	f.Add(pad(b64(header) + "." + b64(`{"sub":"a"}`) + "." + b64("signature")))
	f.Add(padded(`{"alg":"ES256"}`) + ".." + padded("x"))
	f.Add("YQ==.YWI=.YWJj")
	f.Add("a===.b.c=")
	f.Fuzz(func(t *testing.T, raw string) {
		plain, expecting := &jws.Parser{MaxSize: 1 << 20}, &jws.Parser{MaxSize: 1 << 20, Padded: true}
		stripped := strings.ReplaceAll(raw, "=", "")
		want, err := plain.Parse(stripped)
		accept := err == nil && pad(stripped) == raw
		got, gotErr := expecting.Parse(raw)
		if (gotErr == nil) != accept {
			t.Fatalf("%q: %v; without padding: %v", raw, gotErr, err)
		}
		if gotErr != nil {
			return
		}
		if got.Header != want.Header || string(got.Payload) != string(want.Payload) || string(got.Signature) != string(want.Signature) ||
			!strings.HasPrefix(raw, string(got.Signed)+".") || expecting.HeaderText(got) != plain.HeaderText(want) {
			t.Fatalf("%q is read as %+v, without padding as %+v", raw, got, want)
		}
	})
}
