package keys

import (
	"crypto"
	//lint:ignore SA1019 to name such a key, not to use it
	"crypto/dsa"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// This file names what is in a PEM block that has no key for verifying, and says
// what to do about it. Nothing here makes a key.

var errEncrypted = errors.New("it is encrypted; give the public key: openssl pkey -in FILE -pubout")

// unusedLabel returns an error for a block that its label shows to hold no usable
// key. It goes before decoding: package pem does not read the body of some.
func unusedLabel(label string) error {
	switch {
	case label == "OPENSSH PRIVATE KEY":
		return errors.New("it is the private key of an ssh tool; give the public key: ssh-keygen -e -m PKCS8 -f FILE")
	case label == "ENCRYPTED PRIVATE KEY":
		return errEncrypted
	case strings.HasPrefix(label, "PGP "):
		return errors.New("it is OpenPGP, which is not supported; give the key as PUBLIC KEY (SPKI) or a JWK")
	case label == "CERTIFICATE REQUEST", label == "NEW CERTIFICATE REQUEST":
		return errors.New("it is a certificate request; give the certificate or the public key")
	case label == "X509 CERTIFICATE", label == "TRUSTED CERTIFICATE":
		return errors.New("it is not labelled CERTIFICATE; convert it: openssl x509 -in FILE")
	case label == "DSA PRIVATE KEY":
		return errKind("a DSA key")
	}
	return nil
}

// errKind is the error for a kind of key that no algorithm of a [Key] uses.
func errKind(kind string) error {
	return fmt.Errorf("it is %s, which no supported algorithm uses; use RSA, EC (P-256, P-384, P-521) or Ed25519", kind)
}

// unusedKind returns an error for a key that crypto/x509 reads and that cannot
// verify tokens.
func unusedKind(pub crypto.PublicKey) error {
	switch pub := pub.(type) {
	case *dsa.PublicKey:
		return errKind("a DSA key")
	case *ecdh.PublicKey, *ecdh.PrivateKey:
		return errKind("an X25519 key (key agreement)")
	case *ecdsa.PublicKey:
		if pub.Curve == elliptic.P224() {
			return errKind("an EC key on P-224")
		}
	}
	return nil
}

// unreadable returns an error that says what a block is when it could not be
// parsed as its label says: of a kind that crypto/x509 does not know, or
// labelled wrongly.
func unreadable(block *pem.Block) error {
	if kind, known := kindOf(block.Bytes); known {
		return kind
	}
	for _, other := range []struct {
		label string
		parse func([]byte) error
	}{
		{"CERTIFICATE", func(der []byte) error { _, err := x509.ParseCertificate(der); return err }},
		{"PUBLIC KEY", func(der []byte) error { _, err := x509.ParsePKIXPublicKey(der); return err }},
		{"RSA PUBLIC KEY", func(der []byte) error { _, err := x509.ParsePKCS1PublicKey(der); return err }},
		{"PRIVATE KEY", func(der []byte) error { _, err := x509.ParsePKCS8PrivateKey(der); return err }},
		{"RSA PRIVATE KEY", func(der []byte) error { _, err := x509.ParsePKCS1PrivateKey(der); return err }},
		{"EC PRIVATE KEY", func(der []byte) error { _, err := x509.ParseECPrivateKey(der); return err }},
		{"CERTIFICATE REQUEST", func(der []byte) error { _, err := x509.ParseCertificateRequest(der); return err }},
	} {
		if other.label != block.Type && other.parse(block.Bytes) == nil {
			return fmt.Errorf("its label is wrong: it holds what is labelled %q", other.label)
		}
	}
	return errors.New("it cannot be read; it is damaged")
}

// kindOf names the kind of a key by its algorithm identifier (RFC 5280 §4.1.1.2),
// in a public key or in PKCS #8 (RFC 5958 §2). It is for keys that crypto/x509
// does not read; known is false for those that it does.
func kindOf(der []byte) (err error, known bool) {
	var public struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	var private struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	id := &public.Algorithm
	if _, err := asn1.Unmarshal(der, &public); err != nil {
		if _, err := asn1.Unmarshal(der, &private); err != nil {
			return nil, false
		}
		id = &private.Algorithm
	}
	switch oid := id.Algorithm.String(); oid {
	case "1.2.840.113549.1.1.10": // RFC 4055 §3.1
		return errors.New("it is an RSA key for PSS only (id-RSASSA-PSS), which is not read; give it as a JWK with an alg of PS256, PS384 or PS512"), true
	case "1.2.840.10045.2.1": // RFC 5480 §2.1.1
		return curveOf(id)
	case "1.2.840.10040.4.1":
		return errKind("a DSA key"), true
	case "1.3.101.110", "1.3.101.111": // RFC 8410 §3
		return errKind("an X25519 or X448 key (key agreement)"), true
	case "1.3.101.113":
		return errKind("an Ed448 key"), true
	case "2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.3.19": // RFC 9881 §2
		return errors.New("it is an ML-DSA key; give it as a JWK (RFC 9964)"), true
	case "1.2.840.113549.1.1.1", "1.3.101.112": // RSA, Ed25519: then something else is wrong
		return nil, false
	default:
		return errKind("a key of an unknown kind (" + oid + ")"), true
	}
}

// curveOf names the curve of an EC key (RFC 5480 §2.1.1.1). known is false for the
// supported curves.
func curveOf(id *pkix.AlgorithmIdentifier) (err error, known bool) {
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(id.Parameters.FullBytes, &curve); err != nil {
		return errKind("an EC key that names no curve"), true
	}
	switch oid := curve.String(); {
	case oid == "1.3.132.0.10":
		return errKind("an EC key on secp256k1"), true
	case strings.HasPrefix(oid, "1.3.36.3.3.2.8.1.1."):
		return errKind("an EC key on a brainpool curve"), true
	case oid == "1.2.840.10045.3.1.7", oid == "1.3.132.0.34", oid == "1.3.132.0.35":
		return nil, false
	default:
		return errKind("an EC key on another curve (" + oid + ")"), true
	}
}
