package keys_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jwtverify/jwtverify/keys"
)

// publicTexts returns texts that others may know, by what they are.
func publicTexts(t *testing.T) map[string][]byte {
	t.Helper()
	ecKey, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p521, err2 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	edPub, edPrivate, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	must := func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour)}
	texts := map[string][]byte{
		"RSA PKIX":       must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey)),
		"RSA PKCS #1":    x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey),
		"RSA private":    x509.MarshalPKCS1PrivateKey(rsaKey()),
		"RSA PKCS #8":    must(x509.MarshalPKCS8PrivateKey(rsaKey())),
		"EC PKIX":        must(x509.MarshalPKIXPublicKey(&ecKey.PublicKey)),
		"EC P-521 PKIX":  must(x509.MarshalPKIXPublicKey(&p521.PublicKey)),
		"EC private":     must(x509.MarshalECPrivateKey(ecKey)),
		"EC PKCS #8":     must(x509.MarshalPKCS8PrivateKey(ecKey)),
		"EC point":       must(ecKey.PublicKey.Bytes()),
		"Ed25519 PKIX":   must(x509.MarshalPKIXPublicKey(edPub)),
		"Ed25519 PKCS#8": must(x509.MarshalPKCS8PrivateKey(edPrivate)),
		"X25519 PKIX":    x25519DER("302a300506032b656e032100"),
		"certificate":    must(x509.CreateCertificate(rand.Reader, template, template, &ecKey.PublicKey, ecKey)),
		"request":        must(x509.CreateCertificateRequest(rand.Reader, new(x509.CertificateRequest), ecKey)),
	}
	for name, label := range map[string]string{
		"RSA PKIX": "PUBLIC KEY", "RSA PKCS #1": "RSA PUBLIC KEY", "EC private": "EC PRIVATE KEY", "certificate": "CERTIFICATE",
	} {
		texts[name+" in PEM"] = pem.EncodeToMemory(&pem.Block{Type: label, Bytes: texts[name]})
	}
	for _, alg := range []keys.Algorithm{keys.RS256, keys.ES384, keys.EdDSA, keys.HS256} {
		jwk := signerOf(alg).JWK()
		texts[string(alg)+" JWK"], texts[string(alg)+" JWKS"] = jwk, []byte(set(string(jwk)))
	}
	for _, kind := range []string{
		"ssh-rsa", "ssh-dss", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com", "ssh-ed25519-cert-v01@openssh.com", "ssh-ed448",
	} {
		blob := sshBlob(kind, edPub, edPub)
		texts[kind+" blob"] = blob
		texts[kind+" line"] = []byte(kind + " " + base64.StdEncoding.EncodeToString(blob) + " user@host")
		texts[kind+" word"] = []byte(base64.StdEncoding.EncodeToString(blob) + " user@host")
	}
	texts["XML"] = []byte("<RSAKeyValue><Modulus>" + base64.StdEncoding.EncodeToString(rsaKey().N.Bytes()) + "</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>")
	texts["OpenPGP"] = []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZQAAABYJKwYBBAHaRw8BAQdA\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n")
	texts["SSH2"] = []byte("---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EAAAADAQABAAABAQC7\n---- END SSH2 PUBLIC KEY ----\n")
	return texts
}

func sshBlob(kind string, parts ...[]byte) []byte {
	var blob []byte
	for _, part := range append([][]byte{[]byte(kind)}, parts...) {
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(part))), part...)
	}
	return blob
}

// encodings are the ways in which people, shells and tools rewrite a text.
var encodings = map[string]func([]byte) []byte{
	"as it is":   func(b []byte) []byte { return b },
	"base64":     func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) },
	"raw base64": func(b []byte) []byte { return []byte(base64.RawStdEncoding.EncodeToString(b)) },
	"base64url":  func(b []byte) []byte { return []byte(base64.RawURLEncoding.EncodeToString(b)) },
	"MIME":       func(b []byte) []byte { return inLines(base64.StdEncoding.EncodeToString(b), 76, "\r\n") },
	"hex":        func(b []byte) []byte { return []byte(hex.EncodeToString(b)) },
	"HEX":        func(b []byte) []byte { return []byte(strings.ToUpper(hex.EncodeToString(b))) },
	"colons":     func(b []byte) []byte { return inLines(hex.EncodeToString(b), 2, ":") },
	"0x":         func(b []byte) []byte { return []byte("0x" + hex.EncodeToString(b)) },
	"quoted":     func(b []byte) []byte { return slices.Concat([]byte(`"`), b, []byte(`"`)) },
	"single":     func(b []byte) []byte { return slices.Concat([]byte(" '"), b, []byte("'\n")) },
	"percent":    func(b []byte) []byte { return []byte(url.QueryEscape(string(b))) },
	"JSON":       func(b []byte) []byte { doc, _ := json.Marshal(string(b)); return doc },
	"Go":         func(b []byte) []byte { return fmt.Appendf(nil, "%+q", b) },
	"BOM":        func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
	"line end":   func(b []byte) []byte { return append(slices.Clone(b), "\r\n"...) },
	"UTF-16 LE":  func(b []byte) []byte { return wide(binary.LittleEndian, "\ufeff"+string(b)) },
	"UTF-16 BE":  func(b []byte) []byte { return wide(binary.BigEndian, string(b)) },
	"a data URL": func(b []byte) []byte {
		return []byte("data:application/octet-stream;base64," + base64.StdEncoding.EncodeToString(b))
	},
	"an array":     func(b []byte) []byte { return slices.Concat([]byte("["), b, []byte("]")) },
	"HTML":         func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), `"`, "&quot;")) },
	"after a word": func(b []byte) []byte { return []byte("key " + base64.StdEncoding.EncodeToString(b)) },
}

func inLines(text string, size int, end string) []byte {
	var lines []string
	for line := range slices.Chunk([]byte(text), size) {
		lines = append(lines, string(line))
	}
	return []byte(strings.Join(lines, end))
}

func wide(order binary.AppendByteOrder, text string) (b []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// onlyText are the encodings that arbitrary bytes do not survive.
var onlyText = []string{"JSON", "UTF-16 LE", "UTF-16 BE", "HTML"}

// TestS17Rule6PublicTextIsNotASecret: in any encoding, and in any two.
func TestS17Rule6PublicTextIsNotASecret(t *testing.T) {
	t.Parallel()
	for what, text := range publicTexts(t) {
		for outer, encode := range encodings {
			for inner, first := range encodings {
				if slices.Contains(onlyText, inner) && !utf8.Valid(text) || slices.Contains(onlyText, outer) && !utf8.Valid(first(text)) {
					continue
				}
				encoded := encode(first(text))
				if k, err := keys.NewSecret("", keys.HS256, encoded); k != nil || err == nil || !strings.Contains(err.Error(), "NewPublic or Parse") {
					t.Errorf("%s in %s in %s: %v, %v", what, inner, outer, k, err)
				}
			}
		}
	}
}

// TestS17Rule6PublicTextIsNotASecretAnywhere: in each place that a secret can come
// from.
func TestS17Rule6PublicTextIsNotASecretAnywhere(t *testing.T) {
	texts := publicTexts(t)
	dir := t.TempDir()
	for _, what := range []string{"RSA PKIX in PEM", "ES384 JWKS", "certificate", "ssh-ed25519 line", "EC point"} {
		for _, how := range []string{"base64", "hex", "quoted", "percent"} {
			text := encodings[how](texts[what])
			if strings.Contains(string(text), "\x00") {
				continue
			}
			name := what + " in " + how
			if p, err := keys.HMAC(keys.HS256, text); p != nil || err == nil {
				t.Errorf("%s: HMAC accepts it", name)
			}
			jwk := `{"kty":"oct","alg":"HS256","k":"` + base64url.EncodeToString(text) + `"}`
			if ks, _, err := keys.Parse([]byte(jwk)); ks != nil || err == nil {
				t.Errorf("%s: an oct JWK of it is accepted", name)
			}
			path := filepath.Join(dir, "key")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("KEY", string(text))
			for _, ref := range []string{"file:" + path, "env:KEY"} {
				for _, query := range []string{"", "?alg=HS256", "?alg=HS256&encoding=base64", "?alg=HS256&encoding=hex"} {
					p, err := keys.Open(t.Context(), ref+query)
					if err == nil {
						for _, k := range mustFind(t, p, keys.Hint{}) {
							if k.Accepts(keys.HS256) {
								t.Errorf("%s: %s%s makes it a secret", name, ref, query)
							}
						}
						continue
					}
					if strings.Contains(err.Error(), "?alg=") || strings.Contains(err.Error(), string(text[:12])) || strings.Contains(err.Error(), "KEY ") {
						t.Errorf("%s: %s%s: %v", name, ref, query, err)
					}
				}
			}
		}
	}
}

// TestS17Rule6RandomSecretsAreAccepted: as they are, and in each encoding.
func TestS17Rule6RandomSecretsAreAccepted(t *testing.T) {
	t.Parallel()
	for i := range 5_000 {
		random := make([]byte, 32+i%33)
		rand.Read(random)
		for _, how := range []string{"as it is", "base64", "raw base64", "base64url", "hex", "HEX", "colons"} {
			if k, err := keys.NewSecret("", keys.HS256, encodings[how](random)); k == nil || err != nil {
				t.Fatalf("%x in %s: %v", random, how, err)
			}
		}
	}
	large := make([]byte, 1<<18)
	rand.Read(large)
	for range 3 {
		large = encodings["base64"](large)
	}
	if _, err := keys.NewSecret("", keys.HS256, large); err != nil {
		t.Errorf("%d bytes: %v", len(large), err)
	}
}

// TestS17Rule6RawSecretIsNeverGuessed: a text that is neither JSON nor PEM needs an
// algorithm, and the error says how to give one.
func TestS17Rule6RawSecretIsNeverGuessed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", string(secret))
	for _, ref := range []string{"env:SECRET", "file:" + path, "env:SECRET?encoding=hex"} {
		p, err := keys.Open(t.Context(), ref)
		if p != nil || err == nil || !strings.Contains(err.Error(), "if it is a raw secret, add ?alg=HS256 to the reference") {
			t.Errorf("Open(%s) = %v, %v", ref, p, err)
		}
	}
	if f, err := keys.NewFile(path); f != nil || err == nil || !strings.Contains(err.Error(), "WithSecretAlgorithm") {
		t.Errorf("NewFile = %v, %v", f, err)
	}
	p, err := keys.Open(t.Context(), "env:SECRET", keys.WithSecretAlgorithm(keys.HS512))
	if err != nil || mustFind(t, p, keys.Hint{Algorithm: keys.HS512})[0].Algorithm() != keys.HS512 {
		t.Errorf("WithSecretAlgorithm: %v, %v", p, err)
	}
}
