package interop_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// The parts of a token.
const (
	header = iota
	payload
	signature
)

// edited is raw with one of its parts decoded, changed and encoded again.
func edited(t *testing.T, raw string, part int, change func([]byte) []byte) string {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	was, err := base64.RawURLEncoding.DecodeString(parts[part])
	if err != nil {
		t.Fatal(err)
	}
	parts[part] = base64.RawURLEncoding.EncodeToString(change(was))
	forged := strings.Join(parts, ".")
	if forged == raw {
		t.Fatal("nothing was changed")
	}
	return forged
}

func replaced(t *testing.T, raw string, part int, old, new string) string {
	t.Helper()
	return edited(t, raw, part, func(doc []byte) []byte {
		return []byte(strings.Replace(string(doc), old, new, 1))
	})
}

// flipped is raw with one bit of the given byte of its signature flipped.
func flipped(t *testing.T, raw string, at int) string {
	t.Helper()
	return edited(t, raw, signature, func(sig []byte) []byte {
		sig[at] ^= 1 << (at % 8)
		return sig
	})
}

// signatureOf is the signature of raw.
func signatureOf(t *testing.T, raw string) []byte {
	t.Helper()
	sig, err := base64.RawURLEncoding.DecodeString(raw[strings.LastIndexByte(raw, '.')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// wantRefused checks that v refuses raw as not to be trusted, for that reason.
func wantRefused(t *testing.T, v verifier.Verifier, raw string, reason error) {
	t.Helper()
	tok, err := v.Verify(t.Context(), raw)
	if !errors.Is(err, reason) || !errors.Is(err, verifier.ErrInvalidToken) || tok != nil {
		t.Errorf("Verify = %v, %v; want %v", tok, err, reason)
	}
}

// wantUndecided fails the test unless v is undecided about raw.
func wantUndecided(t *testing.T, v verifier.Verifier, raw string) {
	t.Helper()
	tok, err := v.Verify(t.Context(), raw)
	if !errors.Is(err, verifier.ErrUnavailable) || errors.Is(err, verifier.ErrInvalidToken) || tok != nil {
		t.Errorf("Verify = %v, %v; want %v", tok, err, verifier.ErrUnavailable)
	}
}

// wantSubject checks that v accepts raw, and whose it says it is.
func wantSubject(t *testing.T, v verifier.Verifier, raw, subject string) *verifier.Token {
	t.Helper()
	tok, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if tok.Subject != subject {
		t.Fatalf("the subject is %q; want %q", tok.Subject, subject)
	}
	return tok
}

func newVerifier(t *testing.T, p keys.Provider, opts ...verifier.Option) *verifier.Keyed {
	t.Helper()
	v, err := verifier.New(p, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
