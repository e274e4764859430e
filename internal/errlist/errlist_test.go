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
	for _, target := range []error{io.EOF, io.ErrNoProgress} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(err, %v) = false", target)
		}
	}
}
