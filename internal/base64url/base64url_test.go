package base64url_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/base64url"
)

// check compares Decode with encoding/base64, and requires a single spelling.
func check(t *testing.T, s string) {
	t.Helper()
	got, ok := base64url.DecodeString(s)
	want, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if accept := err == nil && !strings.ContainsAny(s, "\r\n"); ok != accept {
		t.Fatalf("DecodeString(%q) accepts: %v, want %v", s, ok, accept)
	}
	if !ok {
		if got != nil {
			t.Fatalf("DecodeString(%q) = %x together with a refusal", s, got)
		}
		return
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("DecodeString(%q) = %x, want %x", s, got, want)
	}
	if again := base64.RawURLEncoding.EncodeToString(got); again != s {
		t.Fatalf("DecodeString(%q) = %x, which is written %q", s, got, again)
	}
}

func TestDecode(t *testing.T) {
	for n := range 40 {
		for _, fill := range []string{"A", "_", "-", "Z", "a", "9", "g"} {
			good := strings.Repeat(fill, n)
			check(t, good)
			for i := range n { // any other byte at any place
				for c := range 256 {
					check(t, good[:i]+string([]byte{byte(c)})+good[i+1:])
				}
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, s := range []string{"A", "AAAAA", "AB", "AAB", "AA==", "AAA=", "A+AA", "A/AA", "AA\nAA", "AAAA\n", "\rAAAA", " AAAA", "AAAA\x00"} {
		if got, ok := base64url.DecodeString(s); ok {
			t.Errorf("DecodeString(%q) = %x, want it refused", s, got)
		}
	}
}

// TestDecodeInto: dst may have more room than needed, or just enough.
func TestDecodeInto(t *testing.T) {
	for size := range 30 {
		want := bytes.Repeat([]byte("\xa5\x00\xff"), 10)[:size]
		src := []byte(base64.RawURLEncoding.EncodeToString(want))
		if n := base64url.DecodedLen(len(src)); n != size {
			t.Fatalf("DecodedLen(%d) = %d, want %d", len(src), n, size)
		}
		for room := size; room < size+10; room++ {
			dst := make([]byte, room)
			if n, ok := base64url.Decode(dst, src); !ok || !bytes.Equal(dst[:n], want) {
				t.Errorf("Decode(%s) = %x, %v; want %x", src, dst[:n], ok, want)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "e30", "eyJhbGciOiJIUzI1NiJ9", "AA==", "A+/A", "AA\nA", "_-_-_-_-_", "AB"} {
		f.Add(s)
	}
	f.Fuzz(check)
}

// TestUnpad compares with the padded form of encoding/base64: together with Decode,
// only that is accepted.
func TestUnpad(t *testing.T) {
	for size := range 10 {
		value := strings.Repeat("v", size)
		right := base64.URLEncoding.EncodeToString([]byte(value))
		for equals := range 9 {
			text := strings.TrimRight(right, "=") + strings.Repeat("=", equals)
			digits, ok := base64url.Unpad(text)
			var got []byte
			if ok {
				got, ok = base64url.DecodeString(digits)
			}
			if ok != (text == right) || ok && string(got) != value {
				t.Errorf("%q: %q, %v; want it accepted: %v", text, got, ok, text == right)
			}
			if bytes, same := base64url.Unpad([]byte(text)); string(bytes) != digits || same != (len(text)%4 == 0) {
				t.Errorf("Unpad(%q) differs for bytes: %q", text, bytes)
			}
		}
	}
}
