package errlist_test

import (
	"errors"
	"io"
	"testing"

	"github.com/jwtverify/jwtverify/internal/errlist"
)

func TestJoin(t *testing.T) {
	if err := errlist.Join("x: ", nil, nil); err != nil {
		t.Errorf("Join of nothing = %v, want nil", err)
	}
	err := errlist.Join("x: ", io.EOF, nil, io.ErrNoProgress)
	if got, want := err.Error(), "x: EOF; multiple Read calls return no data or error"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if err := errlist.OneLine(io.EOF); err != io.EOF {
		t.Errorf("OneLine(EOF) = %v", err)
	}
	two := errlist.OneLine(errors.Join(io.EOF, io.ErrNoProgress))
	if got, want := two.Error(), "EOF; multiple Read calls return no data or error"; got != want {
		t.Errorf("OneLine = %q, want %q", got, want)
	}
	if !errors.Is(two, io.ErrNoProgress) {
		t.Error("OneLine does not wrap")
	}
	for _, target := range []error{io.EOF, io.ErrNoProgress} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(err, %v) = false", target)
		}
	}
}
