package keys

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A jwk is a JSON Web Key (RFC 7517 §4) with the members that matter here. Unknown
// members are ignored (RFC 7517 §4), duplicate ones are an error.
type jwk struct {
	KeyType    string   `json:"kty"`
	KeyID      string   `json:"kid"`
	Algorithm  nonEmpty `json:"alg"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Issuer     nonEmpty `json:"issuer"` // whose tokens it may sign; a member of Microsoft's sets

	Curve string `json:"crv"` // EC, OKP (RFC 7518 §6.2, RFC 8037 §2)
	X     string `json:"x"`
	Y     string `json:"y"`
	N     string `json:"n"` // RSA (RFC 7518 §6.3)
	E     string `json:"e"`
	K     string `json:"k"`   // oct (RFC 7518 §6.4)
	Pub   string `json:"pub"` // AKP (RFC 9964 §4)

	// Private members (RFC 7518 §6.2.2, §6.3.2; RFC 9964 §4): their values are
	// never decoded.
	D     present `json:"d"`
	P     present `json:"p"`
	Q     present `json:"q"`
	DP    present `json:"dp"`
	DQ    present `json:"dq"`
	QI    present `json:"qi"`
	Priv  present `json:"priv"`
	Chain present `json:"x5c"` // not read: the key itself is required
}

// nonEmpty is a string that must not be empty when it is there: a key whose "alg"
// is "" must not count as one that states no algorithm.
type nonEmpty string

var errEmpty = errors.New("empty")

// UnmarshalJSON refuses null and "".
func (s *nonEmpty) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text == nil || *text == "" {
		return errEmpty
	}
	*s = nonEmpty(*text)
	return nil
}

// present is a member of which only the presence counts.
type present bool

// UnmarshalJSON keeps nothing of the value.
func (p *present) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

// jwk reads one JWK. Its error is a reason to skip the key; it names the member at
// fault, and shows no value but the type, curve, algorithm, use and issuer.
func (p parser) jwk(raw jsontext.Value) (*Key, error) {
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, memberError(err)
	}
	if err := p.admits(j); err != nil {
		return nil, err
	}
	k, err := p.key(j)
	if err != nil {
		return nil, err
	}
	k.scope = string(j.Issuer)
	return p.identified(k), nil
}

// key makes a key of a JWK that admits has let through.
func (p parser) key(j jwk) (*Key, error) {
	alg, alias := p.algorithm(j)
	if j.KeyType == "oct" {
		return j.secret(alg)
	}
	pub, err := j.public(alg, p.remote)
	if err != nil {
		return nil, err
	}
	return newKey(j.KeyID, alg, alias, p.issuer, pub)
}

// identified gives k its thumbprint as its ID, where it has none and the
// configuration wants one. It may change k, which nobody else has yet.
func (p parser) identified(k *Key) *Key {
	if p.thumbprintIDs && k.id == "" {
		k.id = k.Thumbprint()
	}
	return k
}

// memberError returns an error that names the member at fault and not its value,
// which may be a secret.
func memberError(err error) error {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("not a JWK: %s is a duplicate", memberName(syntactic.JSONPointer))
		}
		return fmt.Errorf("not a JWK: %s is not valid JSON in UTF-8", memberName(syntactic.JSONPointer))
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok || semantic.JSONPointer == "":
		return errors.New("not a JWK: it is not a JSON object")
	case errors.Is(err, errEmpty):
		return fmt.Errorf("not a JWK: %s is empty", memberName(semantic.JSONPointer))
	}
	return fmt.Errorf("not a JWK: %s has the wrong type", memberName(semantic.JSONPointer))
}

// memberName returns the name of the member that a pointer leads into.
func memberName(p jsontext.Pointer) string {
	for name := range p.Tokens() {
		return message.Plain(name)
	}
	return "a member"
}

// admits returns an error for a key that must not verify here, regardless of its
// material.
func (p parser) admits(j jwk) error {
	switch private := j.private(); {
	case len(j.KeyID) > jws.MaxKeyID:
		return fmt.Errorf("kid is longer than %d bytes", jws.MaxKeyID)
	case p.use != "" && j.Use != p.use:
		return p.otherUse(j.Use)
	case p.use == "" && j.Use != "" && j.Use != "sig" && j.Use != "jwt-svid": // RFC 7517 §4.2; SPIFFE bundles
		return fmt.Errorf("use is %s", message.Quote(j.Use))
	case j.Operations != nil && !slices.Contains(j.Operations, "verify"): // RFC 7517 §4.3
		return errors.New("key_ops does not include verify")
	case p.remote && j.KeyType == "oct": // rule 6
		return errors.New(`kty "oct": a published secret is not a secret`)
	case p.remote && private != "": // rule 6: whoever reads it can sign
		return fmt.Errorf("its private half is published (%s)", private)
	case p.issuer != "" && j.Issuer != "" && !inScope(string(j.Issuer), p.issuer):
		return fmt.Errorf("issuer is %s, not %s", message.Quote(string(j.Issuer)), message.Quote(p.issuer))
	}
	return nil
}

// otherUse is the reason to skip a key that states use, or none.
func (p parser) otherUse(use string) error {
	if use == "" {
		return fmt.Errorf("it states no use, and %s is required", message.Quote(p.use))
	}
	return fmt.Errorf("use is %s, and %s is required", message.Quote(use), message.Quote(p.use))
}

// private returns the name of a private member that the key has, or "". For an
// "oct" key that is "k".
func (j jwk) private() string {
	for _, m := range []struct {
		name string
		is   bool
	}{
		{"d", bool(j.D)}, {"priv", bool(j.Priv)}, {"k", j.K != ""},
		{"p", bool(j.P)}, {"q", bool(j.Q)}, {"dp", bool(j.DP)}, {"dq", bool(j.DQ)}, {"qi", bool(j.QI)},
	} {
		if m.is {
			return m.name
		}
	}
	return ""
}

// algorithm returns the algorithm that the key states, else the one that its kind
// implies (rule 11), or "" where it implies none. alias is a second name for it.
func (p parser) algorithm(j jwk) (alg, alias Algorithm) {
	if j.Algorithm != "" {
		return Algorithm(j.Algorithm), "" // newKey checks that it fits the key
	}
	switch j.KeyType + " " + j.Curve {
	case "RSA ":
		return p.rsa, ""
	case "EC P-256":
		return ES256, ""
	case "EC P-384":
		return ES384, ""
	case "EC P-521":
		return ES512, ""
	case "OKP Ed25519":
		return EdDSA, Ed25519 // RFC 9864 §2.2
	}
	return "", ""
}

// secret makes the key of a local "oct" JWK. Its length implies no algorithm.
func (j jwk) secret(alg Algorithm) (*Key, error) {
	if alg == "" {
		return nil, errors.New(`alg is missing: an "oct" key needs an "alg"`)
	}
	secret, err := j.bytes("k", j.K)
	if err != nil {
		return nil, err
	}
	return NewSecret(j.KeyID, alg, secret)
}

// bytes decodes a required member, which is unpadded base64url (RFC 7515 §2).
func (j jwk) bytes(name, value string) ([]byte, error) {
	if value == "" {
		if j.Chain {
			return nil, fmt.Errorf("%s is missing; x5c is not read", name)
		}
		return nil, fmt.Errorf("%s is missing", name)
	}
	decoded, ok := base64url.DecodeString(value)
	switch {
	case ok:
		return decoded, nil
	case strings.HasSuffix(value, "="):
		return nil, fmt.Errorf("%s is not base64url: it has padding", name)
	}
	return nil, fmt.Errorf("%s is not base64url", name)
}
