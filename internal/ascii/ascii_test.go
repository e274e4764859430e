package ascii_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

func TestEqualFold(t *testing.T) {
	for _, test := range []struct {
		s, t string
		want bool
	}{
		{"", "", true},
		{"Bearer", "bEARER", true},
		{"[]{}@`", "[]{}@`", true},
		{"[", "{", false},
		{"@", "`", false},
		{"jwt", "jw", false},
		{"k", "\u212a", false}, // the sign for kelvin
		{"JOSE", "JO\u017fE", false},
		{"é", "É", false},
	} {
		if got := ascii.EqualFold(test.s, test.t); got != test.want {
			t.Errorf("EqualFold(%q, %q) = %v, want %v", test.s, test.t, got, test.want)
		}
	}
}
