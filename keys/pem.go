package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

var pemBegin = []byte("-----BEGIN ")

// isPEM reports whether doc holds a PEM block, perhaps after other text.
func isPEM(doc []byte) bool { return bytes.Contains(doc, pemBegin) }

// pem reads every block that holds a key. Text around the blocks is ignored
// (RFC 7468 §2), and so is white space around their lines, which indented
// configuration files add.
func (p parser) pem(doc []byte) ([]*Key, []Skipped, error) {
	var f findings
	var certs chains
	var place int
	for text := range pemTexts(doc) {
		place++
		if f.full() {
			f.unread++
			continue
		}
		k, err := p.block(text, &certs)
		if err != nil {
			err = fmt.Errorf("PEM block %d, %s: %s", place, message.Quote(pemLabel(text)), message.Bare(err))
		}
		f.add(k, err, func() string { return "" })
	}
	return f.result()
}

// pemTexts returns the parts of doc that begin with a BEGIN line, each up to the
// next one, so that a damaged block does not spoil those after it.
func pemTexts(doc []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		i := bytes.Index(doc, pemBegin)
		for i >= 0 {
			doc = doc[i:]
			i = bytes.Index(doc[len(pemBegin):], pemBegin)
			text := doc
			if i >= 0 {
				i += len(pemBegin)
				text = doc[:i]
			}
			if !yield(text) {
				return
			}
		}
	}
}

// pemLabel returns the label of the BEGIN line that text begins with.
func pemLabel(text []byte) string {
	line, _, _ := bytes.Cut(text[len(pemBegin):], []byte("\n"))
	label, _, _ := bytes.Cut(line, []byte("-----"))
	return string(bytes.TrimSpace(label))
}

// decodePEM decodes the block that text begins with.
func decodePEM(text []byte) (*pem.Block, error) {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimSpace(line)
	}
	block, _ := pem.Decode(bytes.Join(lines, []byte("\n")))
	switch {
	case block != nil:
		return block, nil
	case bytes.Contains(text, []byte(`\n`)):
		return nil, errors.New(`it has \n as two characters instead of line breaks; use real line breaks`)
	}
	return nil, errors.New("it is cut off or damaged")
}

// block reads the key in a block. Its error says what the block holds instead,
// and what to do about that.
func (p parser) block(text []byte, certs *chains) (*Key, error) {
	if err := unusedLabel(pemLabel(text)); err != nil {
		return nil, err
	}
	block, err := decodePEM(text)
	if err != nil {
		return nil, err
	}
	var pub crypto.PublicKey
	if block.Type == "CERTIFICATE" {
		pub, err = p.certificate(block.Bytes, certs)
	} else {
		pub, err = publicOf(block)
	}
	if err != nil {
		return nil, err
	}
	if err := unusedKind(pub); err != nil {
		return nil, err
	}
	k, err := p.anonymous(pub)
	if err != nil {
		return nil, err
	}
	return p.identified(k), nil
}

// anonymous makes a key of which only the material is known: PEM has neither a key
// ID nor an algorithm.
func (p parser) anonymous(pub crypto.PublicKey) (*Key, error) {
	if p.use != "" { // PEM cannot state it
		return nil, p.otherUse("")
	}
	var alg, alias Algorithm
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		alg = p.rsa
	case *ecdsa.PublicKey:
		alg, _ = p.algorithm(jwk{KeyType: "EC", Curve: signature.CurveName(pub.Curve)})
	case ed25519.PublicKey:
		alg, alias = EdDSA, Ed25519
	}
	return newKey("", alg, alias, p.issuer, pub)
}

// publicOf returns the public key in a PEM block; of a private key, its public
// half. The private half is not kept.
func publicOf(block *pem.Block) (pub crypto.PublicKey, err error) {
	var priv any
	switch block.Type {
	case "PUBLIC KEY":
		pub, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		pub, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "PRIVATE KEY":
		priv, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		priv, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		priv, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, errors.New("it is not a key")
	}
	if err != nil && block.Headers["Proc-Type"] != "" { // RFC 1421 §4.6.1.1
		return nil, errEncrypted
	}
	if err != nil {
		return nil, unreadable(block)
	}
	if signer, ok := priv.(crypto.Signer); ok {
		return signer.Public(), nil
	}
	if priv != nil { // such as an X25519 key
		return priv, nil
	}
	return pub, nil
}

// chains tells leaf certificates from the certificates after them that issued
// them. The zero chains has seen none.
type chains struct{ last *x509.Certificate }

// follows reports whether cert issued the certificate before it, as in a chain
// (RFC 8446 §4.4.2), and makes cert the last one.
func (c *chains) follows(cert *x509.Certificate) bool {
	child := c.last
	c.last = cert
	// Self-signed certificates of one name are no chain: each has a key, as when
	// the second is to replace the first.
	return child != nil && string(child.RawIssuer) == string(cert.RawSubject) && string(child.RawIssuer) != string(child.RawSubject)
}

// certificate returns the key of a certificate that may sign tokens now. Its chain
// is not verified: the trust in it comes from the document that it stands in.
func (p parser) certificate(der []byte, certs *chains) (crypto.PublicKey, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, unreadable(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	follows := certs.follows(cert)
	if err := p.mayVerify(cert, follows); err != nil {
		return nil, fmt.Errorf("%w (subject %s)", err, message.Quote(cert.Subject.String()))
	}
	return cert.PublicKey, nil
}

// mayVerify returns an error for a certificate whose key must not verify tokens.
func (p parser) mayVerify(cert *x509.Certificate, follows bool) error {
	now := p.now()
	switch {
	case cert.BasicConstraintsValid && cert.IsCA, cert.KeyUsage&x509.KeyUsageCertSign != 0: // RFC 5280 §4.2.1.9
		return errors.New("it is the certificate of a CA, which signs certificates and not tokens; if tokens are signed with it, give its public key: openssl x509 -in FILE -noout -pubkey")
	case follows:
		return errors.New("it vouches for the certificate before it; only the first certificate of a chain is used")
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0: // RFC 5280 §4.2.1.3
		return errors.New("its key usage does not include digitalSignature")
	case now.Before(cert.NotBefore): // RFC 5280 §4.1.2.5
		return fmt.Errorf("it is not valid before %s", cert.NotBefore.UTC().Format(time.RFC3339))
	case now.After(cert.NotAfter):
		return fmt.Errorf("it expired at %s", cert.NotAfter.UTC().Format(time.RFC3339))
	case cert.PublicKey == nil:
		if kind, known := kindOf(cert.RawSubjectPublicKeyInfo); known {
			return kind
		}
		return errors.New("its kind of key is not used")
	}
	return nil
}
