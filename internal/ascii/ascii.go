// Package ascii compares words of protocols without regard to case.
//
// strings.EqualFold does not do: it also folds letters outside ASCII, so that
// "\u212a" (the kelvin sign) equals "k", and "\u017f" (the long s) equals "s".
package ascii

// EqualFold reports whether s and t are equal apart from the case of the letters A
// to Z.
func EqualFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
