package httpauth

import (
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/url"
	"strings"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// readClientCert reads a byte sequence (RFC 9440 §2.1, RFC 9651 §3.3.5), which is
// the DER of the certificate. An empty one means that there is none.
func readClientCert(value string) (sum [sha256.Size]byte, ok bool, err error) {
	if len(value) < 2 || value[0] != ':' || value[len(value)-1] != ':' {
		return sum, false, severalOr(value)
	}
	text := value[1 : len(value)-1]
	if strings.ContainsAny(text, "\r\n") { // which package base64 skips
		return sum, false, errUnreadable
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil:
		return sum, false, severalOr(value)
	case len(der) == 0:
		return sum, false, nil
	case !isSequence(der):
		return sum, false, errUnreadable
	}
	return sha256.Sum256(der), true, nil
}

// severalOr says of a value that is not one byte sequence what is wrong with it.
func severalOr(value string) error {
	if strings.Contains(value, ",") {
		return errSeveral
	}
	return errUnreadable
}

// isSequence reports whether der is one ASN.1 sequence and nothing else, as a
// certificate is (RFC 5280 §4.1). The hash decides on the rest.
func isSequence(der []byte) bool {
	var raw asn1.RawValue
	rest, err := asn1.Unmarshal(der, &raw)
	return err == nil && len(rest) == 0 && raw.Class == asn1.ClassUniversal && raw.Tag == asn1.TagSequence && raw.IsCompound
}

// readForwarded reads one element of Envoy's field: pairs of key and value,
// separated by semicolons, where a value may be a quoted string. Hash is the SHA-256
// of the certificate in hexadecimal, and Cert its PEM, escaped as in a URL.
func readForwarded(element string) (sum [sha256.Size]byte, err error) {
	var stated [2][]byte // by Hash and by Cert
	for rest := element; ; {
		key, value, next, more, err := nextPair(rest)
		if err != nil {
			return sum, err
		}
		i, read := -1, fromHex
		switch {
		case ascii.EqualFold(key, "Hash"):
			i = 0
		case ascii.EqualFold(key, "Cert"):
			i, read = 1, fromPEM
		}
		if i >= 0 {
			if stated[i] != nil {
				return sum, errUnreadable
			}
			if stated[i] = read(value); stated[i] == nil {
				return sum, errUnreadable
			}
		}
		if rest = next; !more {
			break
		}
	}
	hash, cert := stated[0], stated[1]
	switch {
	case hash == nil && cert == nil:
		return sum, errNeither
	case hash == nil:
		hash = cert
	case cert != nil && string(hash) != string(cert):
		return sum, errContradicts
	}
	return [sha256.Size]byte(hash), nil
}

// nextPair takes one pair from the front of an element. more says that a semicolon
// follows it.
func nextPair(s string) (key, value, rest string, more bool, err error) {
	key, s, ok := strings.Cut(s, "=")
	if !ok || !isToken(key) {
		return "", "", "", false, severalOr(key)
	}
	if quoted, isQuoted := strings.CutPrefix(s, `"`); isQuoted {
		value, s, ok = unquoted(quoted)
		if !ok {
			return "", "", "", false, errUnreadable
		}
	} else {
		end := strings.IndexAny(s, `;,"`)
		if end < 0 {
			end = len(s)
		}
		value, s = s[:end], s[end:]
	}
	switch {
	case s == "":
		return key, value, "", false, nil
	case s[0] == ';':
		return key, value, s[1:], true, nil
	case s[0] == ',':
		return "", "", "", false, errSeveral
	}
	return "", "", "", false, errUnreadable
}

// unquoted reads up to the quote that ends the string, and what follows it.
func unquoted(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// fromHex returns a SHA-256 that is written in hexadecimal, or nil.
func fromHex(value string) []byte {
	sum, err := hex.DecodeString(value)
	if err != nil || len(sum) != sha256.Size {
		return nil
	}
	return sum
}

// fromPEM returns the SHA-256 of the one certificate in an escaped PEM, or nil.
func fromPEM(value string) []byte {
	text, err := url.PathUnescape(value)
	if err != nil || !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----") {
		return nil
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(block.Headers) > 0 || strings.TrimSpace(string(rest)) != "" || !isSequence(block.Bytes) {
		return nil
	}
	sum := sha256.Sum256(block.Bytes)
	return sum[:]
}
