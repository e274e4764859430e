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

// An Algorithm is the "alg" of a JWS (RFC 7515 §4.1.1). It is go-jose's type, so
// that values pass between both libraries without conversion.
type Algorithm = signature.Algorithm

// The algorithms that a [Key] can have. There is no "none" (RFC 8725 §3.2).
const (
	// A secret of at least 32, 48 or 64 bytes (RFC 7518 §3.2).
	HS256 = jose.HS256
	HS384 = jose.HS384
	HS512 = jose.HS512

	// An RSA key of 2048 to 8192 bits with PKCS #1 v1.5 (RFC 7518 §3.3) ...
	RS256 = jose.RS256
	RS384 = jose.RS384
	RS512 = jose.RS512

	// ... or with PSS and a salt as long as the hash (RFC 7518 §3.5).
	PS256 = jose.PS256
	PS384 = jose.PS384
	PS512 = jose.PS512

	// An EC key on P-256, P-384 or P-521, in this order (RFC 7518 §3.4).
	ES256 = jose.ES256
	ES384 = jose.ES384
	ES512 = jose.ES512

	// EdDSA (RFC 8037 §3.1) and Ed25519 (RFC 9864 §2.2) name the same operation;
	// EdDSA is the older name. A key made for one of them accepts only that one.
	EdDSA   = jose.EdDSA
	Ed25519 = signature.Ed25519

	// A post-quantum ML-DSA key of one of three sizes (RFC 9964).
	MLDSA44 = jose.MLDSA44
	MLDSA65 = jose.MLDSA65
	MLDSA87 = jose.MLDSA87
)

// Algorithms returns every algorithm that a [Key] can have, in a new slice. In
// FIPS 140-only mode (GODEBUG=fips140=only) it leaves out ML-DSA before Go 1.27.
func Algorithms() []Algorithm { return signature.Algorithms() }

// A Key verifies signatures with exactly one algorithm (RFC 8725 §3.1).
//
// A Key is immutable and valid by construction: [NewSecret], [NewPublic] and
// [Parse] are the ways to get one. Goroutines may share it. Printing or
// logging a Key never shows a secret. A nil or zero Key verifies nothing.
//
// A *Key is also a jose.OpaqueVerifier, so that go-jose can verify with it.
type Key struct {
	id       string
	alg      Algorithm
	alias    Algorithm // a second name for the same operation, or ""
	issuer   string    // the issuer that the configuration binds it to, or ""
	scope    string    // "issuer" of its JWK, in which {tenantid} is any GUID; or ""
	material signature.Key

	// Both cache a derived value, which never differs in what it verifies, so
	// the Key is still immutable to its users.
	bound    atomic.Pointer[boundKey]  // what ForIssuer last made of it
	variants atomic.Pointer[[]Variant] // what Variants made of it
}

var _ jose.OpaqueVerifier = (*Key)(nil)

var errSignature = errors.New("keys: the signature does not verify")

// NewSecret returns a key for HS256, HS384 or HS512. The secret is copied. id is
// compared with the "kid" of a token; with "" the key is tried for every token
// of its algorithm.
//
// NewSecret fails when alg is another algorithm, when secret is shorter than the
// hash (32, 48 or 64 bytes; RFC 7518 §3.2), and when it is a text that others may
// know: a key of a pair or a certificate, in PEM, DER, JWK, ssh or XML, encoded
// or not. Such a secret is how an algorithm-confusion attack works (RFC 8725
// §2.1): anyone with the public key could sign.
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
// copied. id is compared with the "kid" of a token; with "" the key is tried for
// every token of its algorithm.
//
// NewPublic fails when pub has another type, does not fit alg, or is weak: not
// on its curve, of low order, or an RSA key that can be factored
// (CVE-2017-15361). A private key is an error too: a verifier has no use for one.
func NewPublic(id string, alg Algorithm, pub crypto.PublicKey) (*Key, error) {
	return newKey(id, alg, "", "", pub)
}

// newKey is NewPublic for a key that may have a second algorithm name and an
// issuer.
func newKey(id string, alg, alias Algorithm, issuer string, pub crypto.PublicKey) (*Key, error) {
	m, err := signature.NewPublic(alg, pub)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return &Key{id: id, alg: alg, alias: alias, issuer: issuer, material: m}, nil
}

// ID returns the key ID ("kid"), or "". Like Algorithm, Accepts, Issuer and
// VouchesFor, it needs a Key that is not nil.
func (k *Key) ID() string { return k.id }

// Algorithm returns the one algorithm of the key. An Ed25519 key that was read
// from a JWK or PEM without "alg" returns EdDSA and accepts both of its names.
func (k *Key) Algorithm() Algorithm { return k.alg }

// Accepts reports whether a token may name alg for this key: its algorithm,
// or the other name of the same operation (RFC 9864 §2.2).
func (k *Key) Accepts(alg Algorithm) bool {
	return alg != "" && (alg == k.alg || alg == k.alias) // rule 3: one key, one algorithm
}

// Issuer returns the issuer that [ForIssuer] or [NewOIDC] binds the key to: a
// token that it verifies must name that issuer. It is "" when the key is bound
// to none.
func (k *Key) Issuer() string { return k.issuer }

// VouchesFor reports whether the key may sign for issuer: it is bound to none, or
// to that one. A JWK can bind its key too, with the member "issuer", in which
// {tenantid} stands for any GUID, as Microsoft Entra publishes it.
func (k *Key) VouchesFor(issuer string) bool {
	return (k.issuer == "" || k.issuer == issuer) && (k.scope == "" || inScope(k.scope, issuer)) // rule 8: a bound key, one issuer
}

// Thumbprint returns the JWK thumbprint (RFC 7638) with SHA-256 in base64url. It
// names the key material, whatever its ID. It is "" for a secret, of which it
// would reveal a hash, and for a nil or zero Key.
func (k *Key) Thumbprint() string {
	if k == nil || k.material == nil {
		return ""
	}
	return k.material.Thumbprint()
}

// Equal reports whether other has the same ID, algorithm, issuer and material.
// Use it instead of ==: a refreshed key set holds new pointers to equal keys. A
// nil or zero Key equals only itself.
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

// Verify returns nil when sig is a signature of this key over message. sig is
// decoded, in the form that a JWS has: for ECDSA, R and S in full length
// (RFC 7518 §3.4). The error is always the same, so that it reveals nothing about
// the key. Verify checks the signature alone and no claim; to decide whether
// to trust a token, use package verifier.
func (k *Key) Verify(message, sig []byte) error {
	if k == nil || k.material == nil || !k.material.Verify(message, sig) {
		return errSignature
	}
	return nil
}

// VerifyPayload is [Key.Verify] for go-jose: a *Key is a jose.OpaqueVerifier. It
// fails when the key does not accept alg.
func (k *Key) VerifyPayload(payload, sig []byte, alg jose.SignatureAlgorithm) error {
	if k == nil || !k.Accepts(alg) {
		return fmt.Errorf("keys: the key is not for %s", message.Quote(string(alg)))
	}
	return k.Verify(payload, sig)
}

// String names the key by ID, algorithm and thumbprint. It never shows a secret.
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

// GoString is String, so that no verb of package fmt shows a secret.
func (k *Key) GoString() string { return k.String() }

// LogValue logs the key ID, algorithm and thumbprint.
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
// ed25519.PublicKey or *mldsa.PublicKey. It returns nil for a secret and for a
// nil or zero Key.
func (k *Key) Public() crypto.PublicKey {
	if k == nil || k.material == nil {
		return nil
	}
	return k.material.Public()
}

// JWK returns the key as a JWK (RFC 7517 §4) with "kid", "use" and "alg", so that
// [Parse] reads an equal key. An Ed25519 key that accepts both of its names has
// no "alg". A key that is bound to an issuer names it in "issuer".
//
// JWK returns nil for a secret, which is never shown, for a nil or zero Key, and
// when the ID or issuer is not UTF-8, which JSON cannot hold.
func (k *Key) JWK() []byte {
	if k == nil || k.material == nil || k.material.Public() == nil {
		return nil
	}
	j := writtenJWK{KeyID: k.id, Use: "sig", Algorithm: k.alg, Issuer: k.scope, Members: k.material.Members()}
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

// MarshalJSON returns [Key.JWK], or null where that is nil. A list of public keys
// therefore marshals as the "keys" of a JWK Set.
func (k *Key) MarshalJSON() ([]byte, error) {
	if doc := k.JWK(); doc != nil {
		return doc, nil
	}
	return []byte("null"), nil
}

// writtenJWK is a JWK as it is written; type jwk is one as it is read.
type writtenJWK struct {
	signature.Members
	KeyID     string    `json:"kid,omitzero"`
	Use       string    `json:"use"`
	Algorithm Algorithm `json:"alg,omitzero"`
	Issuer    string    `json:"issuer,omitzero"`
}
