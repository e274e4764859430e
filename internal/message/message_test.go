package message_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/message"
)

func TestJoin(t *testing.T) {
	if err := message.Join("x: ", nil, nil); err != nil {
		t.Errorf("Join of nothing = %v, want nil", err)
	}
	err := message.Join("x: ", io.EOF, nil, io.ErrNoProgress)
	if got, want := err.Error(), "x: EOF; multiple Read calls return no data or error"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	for _, target := range []error{io.EOF, io.ErrNoProgress} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(err, %v) = false", target)
		}
	}
	a, b := errors.New("keys: a"), errors.New("keys: b")
	for prefix, want := range map[string]string{"": "keys: a; b", "keys: ": "keys: a; b", "verifier: ": "verifier: a; b"} {
		if got := message.Join(prefix, message.Join("", a, b)).Error(); got != want {
			t.Errorf("Join with prefix %q = %q, want %q", prefix, got, want)
		}
	}
}

func TestQuoteCutsFirst(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", `""`},
		{"key-1", `"key-1"`},
		{"a\nb", `"a\nb"`},
		{strings.Repeat("k", 64), `"` + strings.Repeat("k", 64) + `"`},
		{strings.Repeat("k", 65), `"` + strings.Repeat("k", 64) + `"…`},
		{strings.Repeat("k", 63) + "é", `"` + strings.Repeat("k", 63) + `"…`}, // no half of a character
	} {
		if got := message.Quote(test.in); got != test.want {
			t.Errorf("Quote(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"JWT_KEYS": "JWT_KEYS", "/etc/keys.pem": "/etc/keys.pem", "": `""`, "a b": `"a b"`, "a\nb": `"a\nb"`, `a"b`: `"a\"b"`,
	} {
		if got := message.Plain(in); got != want {
			t.Errorf("Plain(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for _, test := range []struct {
		in   []string
		want string
	}{
		{nil, "none"},
		{[]string{"a"}, `"a"`},
		{[]string{"a", "b", "c", "d"}, `"a", "b", "c", "d"`},
		{[]string{"a", "b", "c", "d", "e"}, `"a", "b", "c", "d", …`},
	} {
		if got := message.List(test.in...); got != test.want {
			t.Errorf("List(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestOneLine(t *testing.T) {
	if err := message.OneLine(io.EOF); err != io.EOF {
		t.Errorf("OneLine(EOF) = %v", err)
	}
	if message.OneLine(nil) != nil || message.Foreign(nil) != nil {
		t.Error("nil becomes an error")
	}
	two := message.OneLine(errors.Join(io.EOF, io.ErrNoProgress))
	if got, want := two.Error(), "EOF; multiple Read calls return no data or error"; got != want {
		t.Errorf("OneLine = %q, want %q", got, want)
	}
	if !errors.Is(two, io.ErrNoProgress) {
		t.Error("OneLine does not wrap")
	}
	long := errors.New(strings.Repeat("x", 900_000))
	if n := len(message.OneLine(long).Error()); n > 1100 {
		t.Errorf("OneLine has %d bytes", n)
	}
	if got, want := message.Line(long.Error()), message.OneLine(long).Error(); got != want {
		t.Errorf("Line = %.40q…, want what OneLine prints", got)
	}
}

func TestForeign(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"connection refused", "connection refused"},
		{`bad "header"`, `bad "header"`},
		{"a\x1b[31mb", `a\x1b[31mb`},
		{"a\r\nb", "a; b"},
		{"Größe", "Größe"},
		{strings.Repeat("x", 900_000), strings.Repeat("x", 256) + "…"},
	} {
		err := errors.New(test.in)
		got := message.Foreign(err)
		if got.Error() != test.want {
			t.Errorf("Foreign(%.40q) = %.300q, want %.300q", test.in, got, test.want)
		}
		if !errors.Is(got, err) {
			t.Errorf("Foreign(%.40q) does not wrap", test.in)
		}
		if got := message.Short(test.in); got != test.want {
			t.Errorf("Short(%.40q) = %.300q, want %.300q", test.in, got, test.want)
		}
	}
}

func TestBare(t *testing.T) {
	for in, want := range map[string]string{
		"keys: none": "none", "claims: iss: missing": "iss: missing", "other: x": "other: x", "x": "x",
	} {
		if got := message.Bare(errors.New(in)); got != want {
			t.Errorf("Bare(%q) = %q, want %q", in, got, want)
		}
	}
}
