package keys

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"unicode"
)

// isPublicKey reports whether secret is something that everybody may know: a
// verifier with it as secret would accept what anybody signs.
func isPublicKey(secret []byte) bool {
	for _, mark := range []string{
		"-----BEGIN ", "---- BEGIN ", `"kty"`,
		"ssh-rsa AAAA", "ssh-dss AAAA", "ssh-ed25519 AAAA", "ecdsa-sha2-nistp",
	} {
		if bytes.Contains(secret, []byte(mark)) {
			return true
		}
	}
	// Of DER only one line end may be taken off: its last byte may look like one.
	return isPublicDER(secret) || isPublicDER(bytes.TrimSuffix(secret, []byte("\n"))) ||
		isPublicDER(bytes.TrimSuffix(secret, []byte("\r\n"))) || isPublicDER(fromBase64(secret))
}

func isPublicDER(der []byte) bool {
	_, errPKIX := x509.ParsePKIXPublicKey(der)
	_, errPKCS1 := x509.ParsePKCS1PublicKey(der)
	_, errCert := x509.ParseCertificate(der)
	return errPKIX == nil || errPKCS1 == nil || errCert == nil
}

// fromBase64 decodes any of its alphabets, padded or not, with or without line
// breaks; nil when it is none of them.
func fromBase64(text []byte) []byte {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '=':
			return -1
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		}
		return r
	}, string(text))
	decoded, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return nil
	}
	return decoded
}
