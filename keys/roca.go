package keys

import "math/big"

// isROCA reports whether a modulus was made by the library of CVE-2017-15361,
// whose keys can be factored: modulo each small prime it is a power of 65537.
// Hardly any other modulus is.
func isROCA(n *big.Int) bool {
	for _, p := range []uint64{
		3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
		89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	} {
		rest := new(big.Int).Mod(n, new(big.Int).SetUint64(p)).Uint64()
		if !isPowerOf65537(rest, p) {
			return false
		}
	}
	return true
}

func isPowerOf65537(rest, p uint64) bool {
	power := uint64(1)
	for range p {
		if power == rest {
			return true
		}
		power = power * 65537 % p
	}
	return false
}
