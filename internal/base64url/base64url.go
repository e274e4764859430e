// Package base64url decodes base64url as JOSE writes it (RFC 7515 §2): without
// padding, without unused bits and without anything between the digits. A value
// has one spelling, and all others are refused.
//
// encoding/base64 does not do: even in strict mode it skips line breaks, so that a
// token would have many spellings. It is also slower, and every part of every
// token passes through here.
package base64url

import "encoding/binary"

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// notDigit marks a byte that is not in the alphabet. It is above the 24 bits that
// four digits have, so that it survives when digits are combined with OR and one
// comparison at the end finds it.
const notDigit = 1 << 31

// digits holds the bits of each digit, shifted to its place among four.
var digits = func() *[4][256]uint32 {
	var d [4][256]uint32
	for place := range d {
		for c := range d[place] {
			d[place][c] = notDigit
		}
		for v, c := range []byte(alphabet) {
			d[place][c] = uint32(v) << (18 - 6*place)
		}
	}
	return &d
}()

// Unpad takes the padding off a text that is padded to a multiple of four, as RFC
// 4648 §3.2 has it and JOSE does not. ok is false if the padding is not exactly
// that, so that a value still has one spelling; what Decode refuses in the digits
// that are left stays refused.
func Unpad[T string | []byte](padded T) (digits T, ok bool) {
	n := len(padded)
	if n%4 != 0 {
		return padded[:0], false
	}
	for range 2 { // with a third, too few digits for a byte would be left
		if n > 0 && padded[n-1] == '=' {
			n--
		}
	}
	return padded[:n], true
}

// DecodedLen returns how many bytes n digits decode to.
func DecodedLen(n int) int { return n/4*3 + n%4*6/8 }

// DecodeString decodes s. It returns nil and false if s is not canonical.
func DecodeString(s string) (decoded []byte, ok bool) {
	decoded = make([]byte, DecodedLen(len(s)))
	_, ok = Decode(decoded, []byte(s))
	if !ok {
		return nil, false
	}
	return decoded, true
}

// Decode decodes src into dst, which must have room for DecodedLen(len(src)) bytes,
// and returns how many it wrote. What follows them in dst may be overwritten. If
// src is not canonical, ok is false and dst holds nothing of use.
func Decode(dst, src []byte) (n int, ok bool) {
	var all uint32
	d := digits // all four tables in one register: the loop is short of them
	i := 0
	for ; i+8 <= len(src) && n+8 <= len(dst); i, n = i+8, n+6 { // 6 bytes, and 2 that the next ones overwrite
		s := src[i : i+8]
		v := d[0][s[0]] | d[1][s[1]] | d[2][s[2]] | d[3][s[3]]
		w := d[0][s[4]] | d[1][s[5]] | d[2][s[6]] | d[3][s[7]]
		binary.BigEndian.PutUint64(dst[n:n+8], uint64(v)<<40|uint64(w)<<16)
		all |= v | w
	}
	for src = src[i:]; len(src) >= 4; src, n = src[4:], n+3 {
		v := d[0][src[0]] | d[1][src[1]] | d[2][src[2]] | d[3][src[3]]
		dst[n], dst[n+1], dst[n+2] = byte(v>>16), byte(v>>8), byte(v)
		all |= v
	}
	// Two or three digits are left for the last one or two bytes. Their unused bits
	// must be zero, or a value would have several spellings (RFC 4648 §3.5).
	var unused uint32
	switch len(src) {
	case 3:
		v := d[0][src[0]] | d[1][src[1]] | d[2][src[2]]
		dst[n], dst[n+1] = byte(v>>16), byte(v>>8)
		all, unused, n = all|v, v&0xff, n+2
	case 2:
		v := d[0][src[0]] | d[1][src[1]]
		dst[n] = byte(v >> 16)
		all, unused, n = all|v, v&0xffff, n+1
	case 1: // a single digit is too little for a byte
		return n, false
	}
	return n, all < notDigit && unused == 0
}
