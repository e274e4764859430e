package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

func pemOf(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

// spki returns the DER of a public key with that algorithm identifier.
func spki(t *testing.T, parameters any, oid ...int) []byte {
	t.Helper()
	id := pkix.AlgorithmIdentifier{Algorithm: oid}
	if parameters != nil {
		der, err := asn1.Marshal(parameters)
		if err != nil {
			t.Fatal(err)
		}
		id.Parameters.FullBytes = der
	}
	der, err := asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}{id, asn1.BitString{Bytes: make([]byte, 65), BitLength: 520}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// x25519DER returns an X25519 key (RFC 8410 §4, §7). It is spelled out because FIPS
// 140-only mode does not generate one.
func x25519DER(prefix string) []byte {
	der, err := hex.DecodeString(prefix)
	if err != nil {
		panic(err)
	}
	return append(der, bytes.Repeat([]byte{9}, 32)...)
}

func edPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(edKey(t, "").Public())
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("PUBLIC KEY", der)
}

// TestK01EveryBlockIsReported: a good block is used regardless of the others, and every
// BEGIN that gave no key is in Skipped.
func TestK01EveryBlockIsReported(t *testing.T) {
	a, b, c := edPEM(t), edPEM(t), edPEM(t)
	indented := "  " + strings.ReplaceAll(a, "\n", "\n  ")
	damaged := strings.Replace(b, "MCow", "M?ow", 1)
	for _, test := range []struct {
		name, doc string
		keys      int
		skipped   []string
	}{
		{"byte order mark", "\ufeff" + a, 1, nil},
		{"byte order mark, two", "\ufeff" + a + b, 2, nil},
		{"CRLF", strings.ReplaceAll(a+b, "\n", "\r\n"), 2, nil},
		{"indented", indented + "\n" + indented, 2, nil},
		{"tabs and spaces at the ends", strings.ReplaceAll(a, "\n", " \t\n"), 1, nil},
		{"text between", "# a:\n" + a + "\nb: this one\n" + b + "\nend", 2, nil},
		{"no line end", strings.TrimSpace(a), 1, nil},
		{"damaged between good ones", a + damaged + c, 2, []string{"PEM block 2, \"PUBLIC KEY\": it is cut off or damaged"}},
		{"damaged first", damaged + c, 1, []string{"PEM block 1"}},
		{"damaged last", a + damaged, 1, []string{"PEM block 2"}},
		{"without its END", strings.Split(a, "-----END")[0] + c, 1, []string{"PEM block 1, \"PUBLIC KEY\": it is cut off"}},
		{"cut off at the end", a + c[:60], 1, []string{"PEM block 2"}},
		{"without the dashes after BEGIN", strings.Replace(a, "KEY-----\nMC", "KEY\nMC", 1) + c, 1, []string{"PEM block 1"}},
		{"another END", strings.Replace(a, "END PUBLIC", "END PRIVATE", 1) + c, 1, []string{"PEM block 1"}},
		{"parameters before a key", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + a, 1, []string{`PEM block 1, "EC PARAMETERS": it is not a key`}},
	} {
		path := filepath.Join(t.TempDir(), "keys.pem")
		if err := os.WriteFile(path, []byte(test.doc), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := keys.NewFile(path)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		s := f.Status()
		if len(s.Keys) != test.keys || len(s.Skipped) != len(test.skipped) {
			t.Errorf("%s: %d keys, skipped %v", test.name, len(s.Keys), s.Skipped)
			continue
		}
		for i, want := range test.skipped {
			if got := s.Skipped[i].Reason; !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %q", test.name, got, want)
			}
		}
	}
}

// TestK01UTF16IsNamed: PEM and JSON in UTF-16, in a file and in a variable.
func TestK01UTF16IsNamed(t *testing.T) {
	for _, doc := range []string{edPEM(t), set(edJWK + `}`), `{"keys":[]}`} {
		for _, how := range []string{"UTF-16 LE", "UTF-16 BE"} {
			text := encodings[how]([]byte(doc))
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := keys.NewFile(path)
			_, _, parsed := keys.Parse(text)
			for _, err := range []error{err, parsed} {
				if err == nil || !strings.Contains(err.Error(), "it is in UTF-16; save it in UTF-8") {
					t.Errorf("%.12q: %v", text, err)
				}
			}
		}
	}
}

// TestM01PEMOfAnotherKind: the error names the kind and says what to do.
func TestM01PEMOfAnotherKind(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	rsaSPKI := der(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))
	cert := certify(t, "x", nil).cert.Raw
	encrypted := &pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00112233445566778899aabbccddeeff"}, Bytes: make([]byte, 64)}
	ec := []int{1, 2, 840, 10045, 2, 1}
	for _, test := range []struct{ name, doc, want string }{
		{"RSA-PSS", pemOf("PUBLIC KEY", spki(t, nil, 1, 2, 840, 113549, 1, 1, 10)), "RSA key for PSS only (id-RSASSA-PSS), which is not read; give it as a JWK with an alg of PS256"},
		{"X25519", pemOf("PUBLIC KEY", x25519DER("302a300506032b656e032100")), "X25519"},
		{"X25519 private", pemOf("PRIVATE KEY", x25519DER("302e020100300506032b656e04220420")), "X25519"},
		{"X448", pemOf("PUBLIC KEY", spki(t, nil, 1, 3, 101, 111)), "X448"},
		{"Ed448", pemOf("PUBLIC KEY", spki(t, nil, 1, 3, 101, 113)), "an Ed448 key, which no supported algorithm uses; use RSA, EC"},
		{"DSA", pemOf("PUBLIC KEY", spki(t, nil, 1, 2, 840, 10040, 4, 1)), "a DSA key"},
		{"DSA private", pemOf("DSA PRIVATE KEY", []byte{0x30, 0}), "a DSA key"},
		{"secp256k1", pemOf("PUBLIC KEY", spki(t, asn1.ObjectIdentifier{1, 3, 132, 0, 10}, ec...)), "EC key on secp256k1"},
		{"brainpool", pemOf("PUBLIC KEY", spki(t, asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}, ec...)), "EC key on a brainpool curve"},
		{"P-224", pemOf("PUBLIC KEY", der(x509.MarshalPKIXPublicKey(&p224.PublicKey))), "EC key on P-224"},
		{"another curve", pemOf("PUBLIC KEY", spki(t, asn1.ObjectIdentifier{1, 2, 3}, ec...)), "EC key on another curve (1.2.3)"},
		{"no curve", pemOf("PUBLIC KEY", spki(t, []int{1, 2}, ec...)), "names no curve"},
		{"ML-DSA", pemOf("PUBLIC KEY", spki(t, nil, 2, 16, 840, 1, 101, 3, 4, 3, 18)), "ML-DSA key; give it as a JWK"},
		{"unknown", pemOf("PUBLIC KEY", spki(t, nil, 1, 2, 643, 7)), "an unknown kind (1.2.643.7)"},
		{"OPENSSH", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n", "ssh-keygen -e -m PKCS8"},
		{"ENCRYPTED", pemOf("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), "it is encrypted; give the public key: openssl pkey"},
		{"Proc-Type", string(pem.EncodeToMemory(encrypted)), "it is encrypted"},
		{"SPKI labelled CERTIFICATE", pemOf("CERTIFICATE", rsaSPKI), `it holds what is labelled "PUBLIC KEY"`},
		{"certificate labelled PUBLIC KEY", pemOf("PUBLIC KEY", cert), `it holds what is labelled "CERTIFICATE"`},
		{"PKCS #1 labelled PUBLIC KEY", pemOf("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), `"RSA PUBLIC KEY"`},
		{"SPKI labelled RSA PUBLIC KEY", pemOf("RSA PUBLIC KEY", rsaSPKI), `"PUBLIC KEY"`},
		{"PKCS #8 labelled RSA PRIVATE KEY", pemOf("RSA PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(rsaKey()))), `"PRIVATE KEY"`},
		{"TRUSTED CERTIFICATE", pemOf("TRUSTED CERTIFICATE", cert), "openssl x509"},
		{"a request", pemOf("CERTIFICATE REQUEST", []byte{0x30, 0}), "request"},
		{"OpenPGP", "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\nmDME\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n", "OpenPGP"},
		{"garbage", pemOf("PUBLIC KEY", []byte("garbage")), "it cannot be read; it is damaged"},
	} {
		good := edPEM(t)
		ks, skipped, err := keys.Parse([]byte(good + test.doc))
		if err != nil || len(ks) != 1 || len(skipped) != 1 || !strings.Contains(skipped[0].Reason, test.want) {
			t.Errorf("%s: %v, skipped %v, %v; want %q", test.name, ks, skipped, err, test.want)
		}
		if _, _, err := keys.Parse([]byte(test.doc)); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s alone: %v; want %q", test.name, err, test.want)
		}
	}
}

// TestM02EscapedLineBreaksAreNamed: a variable often holds \n as two characters.
func TestM02EscapedLineBreaksAreNamed(t *testing.T) {
	flat := strings.ReplaceAll(edPEM(t), "\n", `\n`)
	for _, text := range []string{flat, `"` + flat + `"`, strings.ReplaceAll(flat, `\n`, `\r\n`), flat + flat} {
		t.Setenv("KEY", text)
		for _, ref := range []string{"env:KEY", "env:KEY?alg=HS256"} {
			if p, err := keys.Open(t.Context(), ref); p != nil || err == nil || !strings.Contains(err.Error(), `it has \n as two characters instead of line breaks`) {
				t.Errorf("%s = %.40q: %v, %v", ref, text, p, err)
			}
		}
	}
}
