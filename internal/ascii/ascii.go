// Package ascii compares words of protocols without case. Those of package
// strings also fold letters outside ASCII, such as K, the sign for kelvin.
package ascii

// EqualFold reports whether s and t are equal but for the case of the letters A
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
