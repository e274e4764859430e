package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"

	"filippo.io/mldsa"
	"github.com/go-jose/go-jose/v4"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A Key verifies signatures with exactly one algorithm (RFC 8725 §3.1).
//
// It is immutable and valid by construction: [NewSecret], [NewPublic] and
// [ParseSet] are the ways to get one. Goroutines may share it. Printing or
// logging a Key never shows a secret. A nil or zero Key verifies nothing.
//
// A *Key is also a jose.OpaqueVerifier, so go-jose can verify with it.
type Key struct {
	id     string
	alg    Algorithm
	alias  Algorithm // a second name of the same operation, or ""
	issuer string    // what the configuration binds it to, or ""
	scope  string    // "issuer" of the JWK, in which {tenantid} is any GUID; or ""
	material

	bound    atomic.Pointer[boundKey]  // what ForIssuer last made of this key
	variants atomic.Pointer[[]Variant] // what Variants made of it
}

// material is what one kind of key is made of.
type material interface {
	verify(message, signature []byte) bool
	equal(material) bool
	public() crypto.PublicKey // a copy; nil for a secret
	members() publicMembers   // as a JWK has them
	thumbprint() string       // "" for a secret
}

var _ jose.OpaqueVerifier = (*Key)(nil)

var errSignature = errors.New("keys: the signature does not verify")

// NewSecret returns a key for HS256, HS384 or HS512. The secret is copied.
//
// It is an error when alg is another, when secret is shorter than the hash
// (32, 48 or 64 bytes; RFC 7518 §3.2), or when it is a text that others may
// know, as in an algorithm-confusion attack: the key of a pair or a certificate,
// in PEM, DER, JWK, ssh or XML, also encoded. id may be "".
func NewSecret(id string, alg Algorithm, secret []byte) (*Key, error) {
	m, err := newHMAC(alg, secret)
	if err != nil {
		return nil, err
	}
	return &Key{id: id, alg: alg, material: m}, nil
}

// NewPublic returns a key for an asymmetric algorithm: pub is an
// *rsa.PublicKey of 2048 to 8192 bits, an *ecdsa.PublicKey on the curve of
// alg, an ed25519.PublicKey, or an *mldsa.PublicKey of filippo.io/mldsa. It is
// copied.
//
// It is an error when pub is of another type, does not fit alg, or is weak; a
// private key is an error too, since a verifier has no use for one. id may
// be "".
func NewPublic(id string, alg Algorithm, pub crypto.PublicKey) (*Key, error) {
	return newKey(id, alg, "", "", pub)
}

func newKey(id string, alg, alias Algorithm, issuer string, pub crypto.PublicKey) (*Key, error) {
	m, err := newPublicMaterial(alg, pub)
	if err != nil {
		return nil, err
	}
	return &Key{id: id, alg: alg, alias: alias, issuer: issuer, material: m}, nil
}

func newPublicMaterial(alg Algorithm, pub crypto.PublicKey) (material, error) {
	f, hash := scheme(alg)
	if f == "" || f == familyHMAC {
		return nil, fmt.Errorf("keys: %s is not an algorithm for a public key", message.Quote(string(alg)))
	}
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		if f == familyRSA || f == familyPSS {
			return newRSA(f, hash, pub)
		}
	case *ecdsa.PublicKey:
		if f == familyECDSA {
			return newECDSA(alg, hash, pub)
		}
	case ed25519.PublicKey:
		if f == familyEd {
			return newEd25519(pub)
		}
	case *mldsa.PublicKey:
		if f == familyMLDSA {
			return newMLDSA(alg, pub)
		}
	case interface{ Public() crypto.PublicKey }:
		return nil, errors.New("keys: this is a private key; give its public half")
	default:
		return nil, fmt.Errorf("keys: cannot verify with a %T; give an *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or *mldsa.PublicKey", pub)
	}
	return nil, fmt.Errorf("keys: a %T cannot be a key for %s", pub, alg)
}

// ID is the key ID ("kid"), or "".
func (k *Key) ID() string { return k.id }

// Algorithm is the one algorithm of the key. An Ed25519 key that was read from
// a JWK or PEM without "alg" says EdDSA and accepts both names of it.
func (k *Key) Algorithm() Algorithm { return k.alg }

// Accepts reports whether a token may name alg for this key: its algorithm,
// or the other name of the same operation (RFC 9864).
func (k *Key) Accepts(alg Algorithm) bool {
	return alg != "" && (alg == k.alg || alg == k.alias)
}

// Issuer is the issuer that the key is bound to, or "" when it is bound to
// none: tokens it verifies must then name that issuer.
func (k *Key) Issuer() string { return k.issuer }

// VouchesFor reports whether the key may sign for issuer: it is bound to none, or
// to that one. A JWK binds its key by the member "issuer", in which {tenantid}
// stands for a GUID.
func (k *Key) VouchesFor(issuer string) bool {
	return (k.issuer == "" || k.issuer == issuer) && (k.scope == "" || inScope(k.scope, issuer))
}

// Thumbprint is the JWK thumbprint (RFC 7638) with SHA-256 in base64url, or
// "" for a secret.
func (k *Key) Thumbprint() string {
	if k == nil || k.material == nil {
		return ""
	}
	return k.thumbprint()
}

// Equal reports whether other has the same ID, algorithm, issuer and material.
// A refreshed key set holds new pointers to equal keys.
func (k *Key) Equal(other *Key) bool {
	if k == other {
		return true
	}
	if k == nil || other == nil || k.material == nil || other.material == nil {
		return false
	}
	return k.id == other.id && k.alg == other.alg && k.alias == other.alias &&
		k.issuer == other.issuer && k.scope == other.scope && k.equal(other.material)
}

// Verify returns nil when signature, as it stands in a JWS, is one of this key
// over message, and otherwise an error that tells no more than that.
func (k *Key) Verify(message, signature []byte) error {
	if k == nil || k.material == nil || !k.verify(message, signature) {
		return errSignature
	}
	return nil
}

// VerifyPayload is [Key.Verify] for go-jose: a *Key is a jose.OpaqueVerifier.
func (k *Key) VerifyPayload(payload, signature []byte, alg jose.SignatureAlgorithm) error {
	if k == nil || !k.Accepts(alg) {
		return fmt.Errorf("keys: the key does not answer to %s", message.Quote(string(alg)))
	}
	return k.Verify(payload, signature)
}

// String names the key by ID, algorithm and thumbprint, never its secret.
func (k *Key) String() string {
	if k == nil {
		return "no key"
	}
	s := "key " + strconv.QuoteToASCII(k.id) + " (" + string(k.alg)
	if t := k.Thumbprint(); t != "" {
		s += " " + t
	}
	return s + ")"
}

// GoString is String, so that no verb of fmt shows a secret.
func (k *Key) GoString() string { return k.String() }

// LogValue logs what String shows.
func (k *Key) LogValue() slog.Value {
	if k == nil {
		return slog.StringValue(k.String())
	}
	return slog.GroupValue(
		slog.String("kid", k.id),
		slog.String("alg", string(k.alg)),
		slog.String("thumbprint", k.Thumbprint()),
	)
}

// thumbprint computes an RFC 7638 thumbprint with go-jose, which also refuses
// Ed25519 points of low order.
func thumbprint(pub crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: pub}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}
