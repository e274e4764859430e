package keys

import (
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// A Key verifies signatures with exactly one algorithm (RFC 8725 §3.1).
//
// It is immutable and valid by construction: [NewSecret], [NewPublic] and
// [Parse] are the ways to get one. Goroutines may share it. Printing or
// logging a Key never shows a secret. A nil or zero Key verifies nothing.
//
// A *Key is also a jose.OpaqueVerifier, so go-jose can verify with it.
type Key struct {
	id       string
	alg      Algorithm
	alias    Algorithm // a second name of the same operation, or ""
	issuer   string    // what the configuration binds it to, or ""
	scope    string    // "issuer" of the JWK, in which {tenantid} is any GUID; or ""
	material signature.Key

	bound    atomic.Pointer[boundKey]  // what ForIssuer last made of this key
	variants atomic.Pointer[[]Variant] // what Variants made of it
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
	m, err := signature.NewSecret(alg, secret)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
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
	m, err := signature.NewPublic(alg, pub)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return &Key{id: id, alg: alg, alias: alias, issuer: issuer, material: m}, nil
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
	return k.material.Thumbprint()
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
		k.issuer == other.issuer && k.scope == other.scope && k.material.Equal(other.material)
}

// Verify returns nil when sig, as it stands in a JWS, is a signature of this key
// over message, and otherwise an error that tells no more than that.
func (k *Key) Verify(message, sig []byte) error {
	if k == nil || k.material == nil || !k.material.Verify(message, sig) {
		return errSignature
	}
	return nil
}

// VerifyPayload is [Key.Verify] for go-jose: a *Key is a jose.OpaqueVerifier.
func (k *Key) VerifyPayload(payload, sig []byte, alg jose.SignatureAlgorithm) error {
	if k == nil || !k.Accepts(alg) {
		return fmt.Errorf("keys: the key does not answer to %s", message.Quote(string(alg)))
	}
	return k.Verify(payload, sig)
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

// Public returns a copy of the public key: an *rsa.PublicKey, *ecdsa.PublicKey,
// ed25519.PublicKey or *mldsa.PublicKey. It is nil for a secret and for a nil or
// zero Key.
func (k *Key) Public() crypto.PublicKey {
	if k == nil || k.material == nil {
		return nil
	}
	return k.material.Public()
}

// JWK returns the key as a JWK (RFC 7517 §4) with kid, use and alg, so that
// [Parse] reads an equal key. An Ed25519 key that answers to both names has
// no alg. A key that is bound to an issuer names it in "issuer". JWK is nil for
// a secret, which is never shown, and for a nil or zero Key, and where the ID
// or issuer is not UTF-8, so that no JSON can hold it.
func (k *Key) JWK() []byte {
	if k == nil || k.material == nil || k.material.Public() == nil {
		return nil
	}
	j := publishedJWK{KeyID: k.id, Use: "sig", Algorithm: k.alg, Issuer: k.scope, Members: k.material.Members()}
	if k.alias != "" {
		j.Algorithm = ""
	}
	if k.issuer != "" {
		j.Issuer = k.issuer
	}
	doc, err := json.Marshal(j)
	if err != nil {
		return nil
	}
	return doc
}

// MarshalJSON is [Key.JWK], and null for a secret.
func (k *Key) MarshalJSON() ([]byte, error) {
	if doc := k.JWK(); doc != nil {
		return doc, nil
	}
	return []byte("null"), nil
}

type publishedJWK struct {
	signature.Members
	KeyID     string    `json:"kid,omitzero"`
	Use       string    `json:"use"`
	Algorithm Algorithm `json:"alg,omitzero"`
	Issuer    string    `json:"issuer,omitzero"`
}
