package absent_test

import (
	"errors"
	"testing"

	"github.com/jwtverify/jwtverify/internal/absent"
)

type failing func() error

func (f failing) Error() string { return "x" }

func TestIs(t *testing.T) {
	var err error
	for _, test := range []struct {
		name string
		v    any
		want bool
	}{
		{"nil", nil, true},
		{"a nil interface", err, true},
		{"a nil pointer", (*int)(nil), true},
		{"a nil function in an interface", error(failing(nil)), true},
		{"a nil map", map[string]int(nil), true},
		{"a nil slice", []int(nil), true},
		{"a nil channel", (chan int)(nil), true},
		{"a pointer", new(int), false},
		{"a function", failing(func() error { return nil }), false},
		{"an error", errors.New("x"), false},
		{"a number", 0, false},
		{"a struct", struct{}{}, false},
	} {
		if got := absent.Is(test.v); got != test.want {
			t.Errorf("Is(%s) = %v, want %v", test.name, got, test.want)
		}
	}
}
