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

func isPEM(doc []byte) bool { return bytes.Contains(doc, pemBegin) }

// pem reads every block that holds a key. Text around the blocks is ignored,
// as RFC 7468 §2 has it, and so is white space around their lines.
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

// pemTexts are the parts of doc that begin with a BEGIN line, each up to the
// next one: a damaged block costs no other.
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

// pemLabel is what a BEGIN line says the block is.
func pemLabel(text []byte) string {
	line, _, _ := bytes.Cut(text[len(pemBegin):], []byte("\n"))
	label, _, _ := bytes.Cut(line, []byte("-----"))
	return string(bytes.TrimSpace(label))
}

// decodePEM reads the block that text begins with.
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
		return nil, errors.New(`it holds \n as two characters; give real line breaks`)
	}
	return nil, errors.New("it is cut off or damaged")
}

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

// anonymous is a key of which nothing but the material is known.
func (p parser) anonymous(pub crypto.PublicKey) (*Key, error) {
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

// publicOf is the public key in a PEM block, of a private key its public half.
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

// chains finds out which certificates of a document vouch for the others: what
// stands before each.
type chains struct{ last *x509.Certificate }

// follows reports whether cert goes on with the chain of the one before it,
// and makes cert the last one (RFC 8446 §4.4.2: each certifies the one before
// it).
func (c *chains) follows(cert *x509.Certificate) bool {
	child := c.last
	c.last = cert
	// Of self-signed certificates with one name each is a key of its own, as
	// when the first is to be replaced by the second.
	return child != nil && string(child.RawIssuer) == string(cert.RawSubject) && string(child.RawIssuer) != string(child.RawSubject)
}

// certificate is the key of a certificate that may sign tokens now. The trust
// in it comes from the document: no chain is verified.
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

func (p parser) mayVerify(cert *x509.Certificate, follows bool) error {
	now := p.now()
	switch {
	case cert.BasicConstraintsValid && cert.IsCA, cert.KeyUsage&x509.KeyUsageCertSign != 0: // RFC 5280 §4.2.1.9
		return errors.New("it is the certificate of a CA, which signs certificates and not tokens; if tokens are signed with it, give its public key: openssl x509 -in FILE -noout -pubkey")
	case follows:
		return errors.New("it vouches for the certificate before it; only the first certificate of a chain is a key")
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0: // RFC 5280 §4.2.1.3
		return errors.New("its key usage is without digitalSignature")
	case now.Before(cert.NotBefore): // RFC 5280 §4.1.2.5
		return fmt.Errorf("it is not valid before %s", cert.NotBefore.UTC().Format(time.RFC3339))
	case now.After(cert.NotAfter):
		return fmt.Errorf("it expired at %s", cert.NotAfter.UTC().Format(time.RFC3339))
	case cert.PublicKey == nil:
		if kind, known := kindOf(cert.RawSubjectPublicKeyInfo); known {
			return kind
		}
		return errors.New("its key is of a kind that is not used")
	}
	return nil
}
